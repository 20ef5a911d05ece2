"""Dates and times as untrusted files write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.datasets.fetch.errors import require

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd


def read_times(texts: Sequence[str], lines: Sequence[int], name: str) -> pd.DatetimeIndex:
    """Times from ISO 8601, such as `2014-07-01 00:30:00`; those with an offset are brought to UTC.

    Args:
        texts: N times.
        lines: the line of each, for messages.
        name: what the file calls them, for messages.

    Returns: N times, without a zone, in the order given.
    Raises: `DataError` where one is no time.
    """
    import pandas as pd

    times = pd.to_datetime(
        pd.Series(texts, dtype=str).str.strip(), format="ISO8601", utc=True, errors="coerce"
    )
    wrong = times.isna().to_numpy().nonzero()[0]
    at = wrong[0] if len(wrong) else 0
    what = f"{len(wrong):,} values of {name} are no times, the first on line {lines[at]}: {texts[at]!r}"
    require(not len(wrong), what, "Write 2014-07-01 00:30:00.")
    return pd.DatetimeIndex(times.dt.tz_localize(None).astype("datetime64[ns]"), name=name)
