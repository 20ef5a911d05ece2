"""helpers.datasets.template: its normal form, the reader's own file, and its faults."""

import re

import numpy as np
import pytest

from helpers.datasets import DataError, template

HEADER = "split,target,values,marks\n"
GOOD = HEADER + "train,0.5,0.1 0.2 0.4,0 2\ntest,0.6,0.5 0.1 0.9,0 1\n"

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def own(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_sample(capsys):
    data = template("bundled")
    assert data.source == "sample" and len(data.x_train) > len(data.x_test) > 0
    marked = np.where(data.x_train[..., 1] == 1, data.x_train[..., 0], 0)
    np.testing.assert_allclose(marked.sum(axis=1), data.y_train, atol=1e-5)
    assert "the bundled template-sample.csv.gz" in capsys.readouterr().out


def test_the_origin_and_then_the_cache(cache, capsys):
    fetched, kept = template("online"), template("cache")
    assert (cache / "template.csv.gz").exists() and fetched.source == kept.source == "full"
    assert np.array_equal(fetched.x_test, kept.x_test)
    assert "from the cache (template.csv.gz)" in capsys.readouterr().out


def test_a_file_of_ones_own(own):
    data = template(own(GOOD))
    np.testing.assert_allclose(data.x_train, [[[0.1, 1], [0.2, 0], [0.4, 1]]])
    np.testing.assert_allclose(data.y_test, [0.6])
    assert data.origin == "your file (mine.csv)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no row below the first line"),
        (GOOD.replace("target", "total"), "target is missing"),
        (GOOD.replace("0.4", "four"), "line 2 is no series"),
        (GOOD.replace("0 2", "0 3"), "line 2 is no series"),
        (GOOD.replace("0.5 0.1", "0.5"), "series have 2 to 3 values"),
        (GOOD.replace("0.9", "nan"), "line 3 has a number that is not finite"),
        (GOOD.replace("0.6", "inf"), "line 3 has a number that is not finite"),
        (GOOD.replace("test", "train"), "one part is empty"),
        (GOOD.replace("test", "later"), "split must be train or test, got 'later' on line 3"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(own, text, message):
    path = own(text)
    with pytest.raises(DataError, match=f"{re.escape(str(path))}.*{message}"):
        template(path)
