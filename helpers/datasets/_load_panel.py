"""Series of one table as networks read them: scaled by the training part, cut into windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.datasets.fetch import listed

if TYPE_CHECKING:  # imported where it is used: most recipes do without
    import pandas as pd

__all__ = ["LoadPanel"]

PARTS = ("train", "validation", "test")


class LoadPanel:
    """Windows of a table of `datasets.power_load`; each belongs to one series, and to one origin.

    An *origin* is the first row to be forecast: a window reads the rows before it. The targets of a part lie
    wholly in it; what is read may reach back into the part before. Missing values: filled with the last known
    one in what is read, NaN in the targets.

    Attributes:
        scale: column → (mean, standard deviation), of the training part unless it was given.
        values: `(time, series)` float32, scaled and filled.
        truth: the same, with NaN where there is no value.
        ahead: `(time, columns)`: what is known ahead, and the calendar; may have no column.
        read: `(time, columns)`: the columns that help, known so far, and then those of `ahead`.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        borders: Sequence[int],
        series: Sequence[str],
        known_ahead: Sequence[str] = (),
        *,
        look_back: int,
        segment: int = 1,
        calendar: bool = False,
        scale: Mapping[str, Sequence[float]] | None = None,
    ):
        """Cut `table` at `borders`, the ends of its parts for training, validation and test.

        Args:
            table: on a regular `DatetimeIndex`, oldest first.
            borders: three rows, ascending.
            series: the columns to forecast; those neither here nor known ahead are read to help.
            known_ahead: the columns whose value at a time is known before it.
            look_back: rows before the origin that are read.
            segment: what is known ahead is cut into whole segments of so many rows.
            calendar: whether sine and cosine of the place in the day and in the week are known ahead, too.
            scale: that of another panel; None: the mean and deviation of the training part.

        Raises: `ValueError` for columns that are not there or named twice, borders that do not ascend within
            the table, a look-back or segment below 1.
        """
        used, inside = [*series, *known_ahead], [0, *borders, len(table)]
        if not series or len({*used}) < len(used) or not {*used} <= {*table.columns}:
            raise ValueError(
                f"series and known_ahead must be different ones of {listed(table.columns)}, "
                f"got {listed(series)} and {listed(known_ahead)}"
            )
        if len(borders) != len(PARTS) or sorted(inside) != inside or min(look_back, segment) < 1:
            raise ValueError(
                f"three borders must ascend up to {len(table)}, look_back and segment be at least 1, "
                f"got {list(borders)}, {look_back}, {segment}"
            )
        self.borders, self.look_back, self.segment = [0, *borders], look_back, segment
        self.scale = dict(scale or _scale_of(table[: borders[0]]))
        mean, deviation = (np.array([self.scale[name][part] for name in table]) for part in (0, 1))
        scaled = (table - mean) / deviation
        filled = scaled.ffill().fillna(0)
        circles = _circles(table.index) if calendar else np.empty((len(table), 0))
        self.truth = scaled[list(series)].to_numpy("float32")
        self.values = filled[list(series)].to_numpy("float32")
        self.ahead = np.hstack([filled[list(known_ahead)], circles]).astype("float32")
        helping = filled.drop(columns=used)
        self.read = np.hstack([helping, self.ahead]).astype("float32")

    @classmethod
    def after(
        cls, table: pd.DataFrame, target: str, horizon: int, **settings
    ) -> tuple[dict[str, np.ndarray], pd.DatetimeIndex, tuple[float, float]]:
        """What a network may know to forecast the rows after the last value of `target`.

        Args:
            table: as above; what is known ahead must go on for `horizon` rows after that value.
            target: one of `settings["series"]`.
            horizon: rows to forecast.
            settings: the options of a panel, with the `scale` of the training.

        Returns: `inputs` of one window; the times to forecast; mean and deviation of the target.

        Raises: `ValueError` for a table that lacks a column of `scale`, rows to read or rows known ahead.
        """
        import pandas as pd

        if lacking := sorted({*settings["scale"]} - {*table.columns}):
            raise ValueError(
                f"the table lacks {listed(lacking)} of the training; a loader leaves out what never changes: "
                "add it"
            )
        if target not in settings["series"]:
            raise ValueError(f"target must be one of {listed(settings['series'])}, got {target!r}")
        now = table.index.get_indexer([table[target].last_valid_index()])[0] + 1
        if now < settings["look_back"]:
            raise ValueError(f"{settings['look_back']} rows before the forecast are needed, there are {now}")
        if settings.get("known_ahead") and len(table) < now + horizon:
            raise ValueError(
                f"{listed(settings['known_ahead'])} must be known {horizon} rows ahead, "
                f"{now + horizon - len(table)} of them are missing"
            )
        times = pd.date_range(table.index[0], periods=now + horizon, freq=table.index[1] - table.index[0])
        panel = cls(table[[*settings["scale"]]].reindex(times), [now] * 3, **settings)
        which = np.array([list(settings["series"]).index(target)], "int32")
        return panel.inputs(np.array([now]), which, horizon), times[now:], panel.scale[target]

    def origins(self, part: str, horizon: int) -> np.ndarray:
        """Every origin of `"train"`, `"validation"` or `"test"` that `horizon` rows of the part follow."""
        start, end = self.borders[PARTS.index(part) :][:2]
        return np.arange(max(start, self.look_back), end - horizon + 1)

    def pairs(self, origins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each of `origins` with every series: two arrays, `(origins · series,)`."""
        count = self.values.shape[1]
        return np.repeat(origins, count), np.tile(np.arange(count, dtype="int32"), len(origins))

    def inputs(self, origins: np.ndarray, which: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
        """What a network may know at each origin, about the series `which`; both `(batch,)`.

        Returns: `past` `(batch, look_back)`, the values before the origin; `series` `(batch,)`; `read`
            `(batch, look_back, columns)`; `ahead` `(batch, steps, columns)`, as many whole segments as the
            horizon needs: beyond its end the last row is repeated. The last two only if they have columns.
        """
        back = origins[:, None] + np.arange(-self.look_back, 0)
        steps = np.arange(-(-horizon // self.segment) * self.segment)
        front = origins[:, None] + np.minimum(steps, horizon - 1)
        inputs = {"past": self.values[back, which[:, None]], "series": which}
        for name, part, rows in (("read", self.read, back), ("ahead", self.ahead, front)):
            if part.shape[1]:
                inputs[name] = part[rows]
        return inputs

    def targets(self, origins: np.ndarray, which: np.ndarray, horizon: int) -> np.ndarray:
        """`(batch, horizon)`: the true values from each origin on, NaN where there is none."""
        return self.truth[origins[:, None] + np.arange(horizon), which[:, None]]

    def errors(
        self,
        forecast: Callable[[np.ndarray, np.ndarray], np.ndarray],
        origins: np.ndarray,
        horizon: int,
        levels: Sequence[float] = (0.5,),
    ) -> pd.DataFrame:
        """Errors of a forecast, a row for each origin and series: sums over the rows that have a value.

        Args:
            forecast: takes `pairs` of some origins, returns `(batch, horizon)`, or `(batch, horizon, levels)`
                ascending quantiles.
            origins: `(n,)`.
            horizon: rows to score after each.
            levels: of the quantiles, ascending, the median in the middle; not used for one number.

        Returns: columns `origin`, `series` (its number); `count`, the values that are there; `mse` and `mae`,
            squared and absolute errors of the median; `crps`, twice the mean pinball loss over the levels,
            for one number the same as `mae`; `coverage`, how many values lie between the outermost levels.
            Divide sums by the sum of `count`.

        Source: T. Gneiting and A. Raftery, Strictly proper scoring rules, prediction, and estimation, Journal
        of the American Statistical Association 102 (2007).
        """
        import pandas as pd

        blocks = []
        for some in np.array_split(origins, len(origins) // 200 + 1):
            pairs = self.pairs(some)
            truth = self.targets(*pairs, horizon)
            quantiles = np.reshape(forecast(*pairs), (*truth.shape, -1))
            used = np.asarray(levels if quantiles.shape[-1] > 1 else (0.5,), "float32")
            known = ~np.isnan(truth)
            error = np.where(known[..., None], truth[..., None] - quantiles, 0)
            middle = error[..., len(used) // 2]
            pinball = np.maximum(used * error, (used - 1) * error).mean(axis=-1)
            inside = known & (error[..., 0] >= 0) & (error[..., -1] <= 0)
            parts = {"count": known, "mse": middle**2, "mae": abs(middle), "crps": 2 * pinball}
            sums = {name: part.sum(axis=1) for name, part in (parts | {"coverage": inside}).items()}
            blocks.append(pd.DataFrame({"origin": pairs[0], "series": pairs[1], **sums}))
        return pd.concat(blocks, ignore_index=True)


def _scale_of(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Mean and deviation of what is there; 0 for a column without values, 1 for one that never changes."""
    mean, deviation = table.mean().fillna(0), table.std(ddof=0)
    deviation = deviation.where(deviation > 0, 1)
    return {name: (float(mean[name]), float(deviation[name])) for name in table}


def _circles(index: pd.DatetimeIndex) -> np.ndarray:
    """Sine and cosine of the place in the day, then in the week: `(time, 4)`."""
    days = (index.to_numpy() - np.datetime64("2001-01-01")) / np.timedelta64(1, "D")  # a Monday
    angles = 2 * np.pi * days[:, None] / np.array([1, 1, 7, 7])
    return np.where([True, False, True, False], np.sin(angles), np.cos(angles))
