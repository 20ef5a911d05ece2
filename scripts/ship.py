"""Cook what the service and the demo need and lack: what `make serve` and `make demo` call first.

python scripts/ship.py                   nothing, if the files are there and newer than the networks
python scripts/ship.py --profile cpu     in full, where something is absent
python scripts/ship.py --npm             look for npm and onnxruntime-web before anything is cooked
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import build_demo
import cook
from recipes import PROFILES, ROOT, CookbookError, load, results_of

NETWORKS = {
    "01_mnist_rows": ("01_mnist_rows.keras",),
    "02_imdb_sentiment": ("02_imdb_sentiment.keras", "02_vocabulary.json", "02_held_out.npz"),
    "04_poetry_generation": ("04_poetry_generation.keras", "04_poetry_generation.json"),
    "05_translation": ("05_translation.keras", "05_translation.source", "05_translation.target"),
}
SHIPPED = {
    "20_shipping": ("digits", "digits_step", "sentiment"),
    "20_shipping_study": ("poem_step", "translation_encoder", "translation_step"),
}
QUICK_MINUTES = 1.5  # that a recipe takes at most in the profile quick


def absent(models: Path) -> list[str]:
    """The notebooks to cook, in order: recipes that left no network, and 20 where a file is absent or old."""
    names = [name for name, files in NETWORKS.items() if not all((models / file).exists() for file in files)]
    files = [models / "20_shipping" / f"{file}.onnx" for files in SHIPPED.values() for file in files]
    if not names and all(file.exists() for file in files):
        newest = max((models / file[0]).stat().st_mtime for file in NETWORKS.values())
        if newest <= min(file.stat().st_mtime for file in files):
            return []
    return [*names, *SHIPPED]


def minutes(names: list[str], profile: str, root: Path = ROOT) -> float:
    """About how many minutes these take: as the committed notebooks say, and no more in the profile quick."""
    total = 0.0
    for recipe in load(root, studies=True):
        if recipe.name in names:
            results = results_of(recipe.read()) if profile == "cpu" else None
            total += results["seconds"] / 60 if results else QUICK_MINUTES
    return total


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Cook what is absent; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Cook what the service and the demo need and lack.", allow_abbrev=False
    )
    parser.add_argument("--profile", default="quick", help=f"{', '.join(PROFILES)} (default: quick)")
    parser.add_argument("--npm", action="store_true", help="look for onnxruntime-web first")
    options = parser.parse_args(argv)
    names = absent(root / "build" / "models")
    try:
        if options.npm:
            build_demo.library(root)
    except CookbookError as error:
        print(f"ship: {error}", file=sys.stderr)
        return 2
    if not names:
        return 0
    about = minutes(names, options.profile, root)
    print(f"To be cooked first: {', '.join(names)}; about {about:.0f} minutes on two cores.", flush=True)
    return cook.main(["--profile", options.profile, "--only", ",".join(names)], root)


if __name__ == "__main__":
    sys.exit(main())
