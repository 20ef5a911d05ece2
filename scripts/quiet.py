"""A plug-in of pytest: under nbval, a cell that writes to stderr has failed, whatever it wrote.

pytest -p scripts.quiet --nbval-lax …
"""

from __future__ import annotations

import pytest


class NoiseError(AssertionError):
    """A cell wrote to stderr."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Run a cell, then look at what it wrote."""
    result = yield
    for output in getattr(item, "test_outputs", None) or ():
        if output.get("output_type") == "stream" and output.get("name") == "stderr":
            raise NoiseError(f"{item.name} writes to stderr: {output['text'].strip()[:500]!r}")
    return result
