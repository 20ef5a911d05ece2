"""/docs: what the service answers, to be tried. One page of our own, which fetches nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 0 1rem 2rem; }
textarea { width: 100%; font: 0.85rem/1.4 ui-monospace, monospace; }
button { font: inherit; padding: 0.4rem 0.9rem; min-height: 2.75rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 1.5rem; }
"""
SCRIPT = """
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("pre"), button = form.querySelector("button");
    button.disabled = true;
    try {
      const headers = { "content-type": "application/json" };
      const body = form.querySelector("textarea").value;
      const answer = await fetch(form.dataset.path, { method: "POST", headers, body });
      shown.textContent = `${answer.status} ${await answer.text()}`;
    } catch (error) {
      shown.textContent = String(error);
    } finally {
      button.disabled = false;
    }
  });
}
"""


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "content-security-policy": (
        f"default-src 'none'; connect-src 'self'; script-src {_fingerprint(SCRIPT)};"
        f" style-src {_fingerprint(STYLE)}; base-uri 'none'; form-action 'none'"
    )
}


def examples(shape: Sequence[int]) -> dict[str, dict[str, Any]]:
    """A body for each path; the image is an upright stroke of so many rows and columns."""
    height, width = shape
    row = [255 if abs(2 * place - width + 1) <= width // 7 else 0 for place in range(width)]
    blank, edge = [0] * width, height // 7
    pixels = [row if edge <= place < height - edge else blank for place in range(height)]
    return {
        "/digits": {"pixels": pixels},
        "/sentiment": {"text": "The story is dull, but the ending is truly wonderful."},
        "/translation": {"text": "I didn’t see it."},
    }


def build(schema: Mapping[str, Any], bodies: Mapping[str, Any]) -> str:
    """The page, from what FastAPI knows of the paths."""
    parts = []
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            title = html.escape(f"{method.upper()} {path}")
            text = html.escape(about.get("description", ""))
            if method == "get":
                parts.append(f'<h2><a href="{html.escape(path)}">{title}</a></h2>\n<p>{text}</p>')
                continue
            if "application/json" not in about["requestBody"]["content"]:
                parts.append(f"<h2>{title}</h2>\n<p>{text}</p>")
                continue
            body = html.escape(json.dumps(bodies.get(path, {}), ensure_ascii=False))
            parts.append(
                f'<h2>{title}</h2>\n<p>{text}</p>\n<form data-path="{html.escape(path)}">\n'
                f'<textarea rows="4" aria-label="the request\'s body, JSON">{body}</textarea>\n'
                '<button>Send</button>\n<pre aria-live="polite"></pre>\n</form>'
            )
    info = schema["info"]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{html.escape(info["title"])}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{html.escape(info['title'])}</h1>\n"
        f"<p>{html.escape(info.get('description', ''))} The schema of requests and answers:"
        ' <a href="/openapi.json">openapi.json</a>.</p>\n'
        + "\n".join(parts)
        + f'\n<script type="module">{SCRIPT}</script>\n</body>\n</html>\n'
    )
