"""What went wrong with data, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class DataError(ValueError):
    """Data that is missing, damaged or not what a recipe can use.

    Args:
        what: what is wrong, with the value.
        way_out: what the reader can do about it; the message is both.
        tries: how many tries in all a download that fails like this is worth.
    """

    def __init__(self, what: str, way_out: str = "", tries: int = 1):
        super().__init__(f"{what}. {way_out}".strip())
        self.what, self.way_out, self.tries = what, way_out, tries


class DaysMissing(DataError):
    """Sound data that ends before the days asked for."""


class MemberMissing(DataError):
    """An archive without the file asked for; `found` names those that it has."""

    def __init__(self, what: str, found: Sequence[str]):
        super().__init__(what)
        self.found = found


def require(condition: object, what: str, way_out: str = "", tries: int = 1) -> None:
    """Raises `DataError`, with the arguments that it takes, unless the condition holds."""
    if not condition:
        raise DataError(what, way_out, tries)


def first(values: Iterable) -> Any:
    """The first value, for a message; None where there is none."""
    return next(iter(values), None)


def listed(values: Sequence) -> str:
    """The first ten values, for a message."""
    return ", ".join(str(value) for value in values[:10]) + (", …" if len(values) > 10 else "")


def dropped_for(reasons: Mapping[str, int]) -> str:
    """How many entries were left out, by reason, for a message."""
    return "dropped: " + (", ".join(f"{n:,} {reason}" for reason, n in sorted(reasons.items())) or "none")
