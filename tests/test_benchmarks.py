"""benchmarks/: every script runs in a tiny size; the shared tools, the runner and its pages."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import measure
import pytest
import report
import run
import tiny_networks

KEYS = measure.Row.__annotations__.keys()


def row(**changes: object) -> dict:
    """A row as it stands in results.json."""
    found = measure.Row(
        what="poetry",
        measure="seconds",
        ours=2.0,
        alternative=1500.0,
        alternative_name="a|b",
        ratio=750.0,
        ratio_min=700.0,
        ratio_max=812.3,
        goal=40,
        met=True,
        device="CPU, 2 cores",
        note="",
    )
    about = {"script": "poetry", "date": "2026-02-03", "machine": "A box", "versions": "Python 3"}
    return {**about, **found, **changes}


# --- the scripts -------------------------------------------------------------------------------------------


# Runs scripts one after another, as `python NAME.py --tiny --json FILE` would: importing Keras takes longer
# than most of them. What a script prints, and why it failed, goes into NAME.txt.
PROGRAM = """
import contextlib, runpy, sys, traceback
from pathlib import Path

scripts, folder = Path(sys.argv[1]), Path(sys.argv[2])
sys.path.insert(0, str(scripts))
for name in sys.argv[3:]:
    sys.argv = [name, "--tiny", "--json", str(folder / f"{name}.json")]
    with (folder / f"{name}.txt").open("w") as shown, contextlib.redirect_stdout(shown):
        try:
            runpy.run_path(str(scripts / f"{name}.py"), run_name="__main__")
        except (Exception, SystemExit):
            traceback.print_exc(file=shown)
"""


@pytest.fixture(scope="module")
def tiny_runs(tmp_path_factory) -> Path:
    """A folder with the rows of every script, and with what it printed."""
    folder = tmp_path_factory.mktemp("tiny")
    tiny_networks.write_all(folder)
    surroundings = {**os.environ, "RNN_COOKBOOK_DATA": str(folder / "empty"), "SHIPPED_MODELS": str(folder)}
    # The allocator's setting holds for a whole process: its script comes last.
    names = sorted(run.SCRIPTS, key="allocator".__eq__)
    command = [sys.executable, "-c", PROGRAM, str(run.ROOT / "benchmarks"), str(folder), *names]
    subprocess.run(command, cwd=folder, env=surroundings, check=False)
    return folder


@pytest.mark.parametrize("name", run.SCRIPTS)
def test_script_runs_in_a_tiny_size(name: str, tiny_runs: Path):
    shown, found = (tiny_runs / f"{name}.txt").read_text(encoding="utf-8"), tiny_runs / f"{name}.json"
    assert found.exists(), shown[-3_000:]
    rows = json.loads(found.read_text(encoding="utf-8"))
    if name == "allocator" and not sys.platform.startswith("linux"):
        return
    torch = importlib.util.find_spec("torch") is not None
    assert rows or (name in ("layers", "translation_training") and not torch)
    for one in rows:
        assert one.keys() == KEYS
        assert all(
            isinstance(one[key], str) for key in ("what", "measure", "alternative_name", "device", "note")
        )
        assert all(one[key] > 0 for key in ("ours", "alternative", "ratio", "ratio_min", "ratio_max"))
        assert one["ratio_min"] <= one["ratio"] <= one["ratio_max"]
        assert type(one["met"]) is (type(None) if one["goal"] is None else bool)
        assert one["measure"] in shown
    assert len({(one["what"], one["measure"], one["alternative_name"]) for one in rows}) == len(rows)


def test_committed_rows_without_a_goal_are_neither_met_nor_missed():
    rows = report.read(run.ROOT / "benchmarks" / "results.json")
    assert rows and {one["goal"] is None for one in rows if one["met"] is None} == {True}
    assert all(type(one["met"]) is (type(None) if one["goal"] is None else bool) for one in rows)


def test_every_script_is_in_the_list():
    scripts = {
        path.stem
        for path in (run.ROOT / "benchmarks").glob("*.py")
        if "    main(benchmark)" in path.read_text(encoding="utf-8")
    }
    assert scripts == set(run.SCRIPTS)


def test_every_script_is_explained():
    text = (run.ROOT / "benchmarks/README.md").read_text(encoding="utf-8")
    assert [name for name in run.SCRIPTS if f"| `{name}.py` |" not in text] == []


def test_the_lstm_with_its_own_gradient_is_keras_own():
    tensorflow = pytest.importorskip("tensorflow")
    import keras
    import lstm_roads

    keras.utils.set_random_seed(1)
    inputs, upstream = keras.random.normal((3, 5, 4)), keras.random.normal((3, 5, 6))
    usual, ours = keras.layers.LSTM(6, return_sequences=True), lstm_roads.OwnGradient(6)
    usual.build(inputs.shape)
    ours.build(inputs.shape)
    ours.set_weights(usual.get_weights())
    results = []
    for layer in (usual, ours, lstm_roads.Halves(ours)):
        with tensorflow.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
        wanted = [inputs, *(weight.value for weight in layer.trainable_variables)]
        results.append([outputs, *tape.gradient(outputs, wanted, output_gradients=upstream)])
    assert len(results[0]) == 5
    for found in results[1:]:
        for one, other in zip(found, results[0], strict=True):
            assert float(keras.ops.max(keras.ops.abs(one - other))) < 1e-5


# --- measuring ---------------------------------------------------------------------------------------------


def test_in_turn_alternates_the_order_after_a_warm_up():
    calls = []
    ways = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b") or time.sleep(0.02)}
    seconds = measure.in_turn(ways, rounds=3, warm_up=2)
    assert "".join(calls) == "aabb" + "ab" + "ba" + "ab"
    assert [len(found) for found in seconds.values()] == [3, 3]
    assert max(seconds["a"]) < 0.02 <= min(seconds["b"])


def test_compare_takes_the_median_of_the_rounds():
    found = measure.compare("x", "s", [1, 2, 4], [10, 30, 20], "usual", goal=10)
    assert (found["ours"], found["alternative"]) == (2, 20)
    assert (found["ratio"], found["ratio_min"], found["ratio_max"]) == (10, 5, 15)  # 10, 15, 5
    assert found["met"] is True
    assert measure.compare("x", "s", [1, 2, 4], [10, 30, 20], "usual", goal=10.1)["met"] is False
    assert measure.compare("x", "s", [1.0], [2.0], "usual")["met"] is None
    assert found.keys() == KEYS


def test_compare_when_more_is_better_and_with_one_alternative():
    found = measure.compare("x", "1/s", [10, 20, 40], [5], "usual", goal=3, better="more")
    assert (found["ratio"], found["ratio_min"], found["ratio_max"], found["met"]) == (4, 2, 8, True)


@pytest.mark.parametrize("options", [{"alternative": [1, 2]}, {"alternative": [1], "better": "higher"}])
def test_compare_refuses(options: dict):
    with pytest.raises(ValueError, match="shorter|less.*higher"):
        measure.compare("x", "s", [1, 2, 3], alternative_name="usual", **options)


def hold(mebibytes: int) -> int:
    """For `apart`: as much memory as that, all of it touched."""
    return len(b"x" * (mebibytes << 20))


def test_apart_measures_the_memory_of_the_call_alone():
    here = b"x" * (300 << 20)  # a forked process would count it
    length, seconds, peak = measure.apart(hold, 100)
    assert length == 100 << 20 < len(here)
    assert 0 < seconds < 60
    assert 95 << 20 < peak < 150 << 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere an old peak cannot be forgotten")
def test_a_peak_before_the_call_does_not_count():
    hold(300)
    _, _, peak = measure._watched(hold, (100,))
    assert 95 << 20 < peak < 150 << 20


def test_peak_memory_never_falls():
    block = b"x" * (50 << 20)
    peak = measure.peak_memory()
    assert peak > len(block)
    del block
    assert measure.peak_memory() >= peak


def test_without_torch_one_line_says_so(monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    measure.has_torch.cache_clear()
    assert [measure.has_torch(), measure.has_torch()] == [False, False]
    measure.has_torch.cache_clear()
    (line,) = capsys.readouterr().out.splitlines()
    assert "requirements-bench.txt" in line
    assert (run.ROOT / "requirements-bench.txt").is_file()


# --- the runner --------------------------------------------------------------------------------------------


SCRIPT = """
import json, pathlib, sys
pathlib.Path(sys.argv[2]).write_text(json.dumps({rows!r}))
sys.exit({code})
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch):
    """A suite of two scripts: `good` measures, `bad` fails; and a function that changes what they do."""
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setattr(run, "SCRIPTS", ("bad", "good"))

    def put(name: str, code: int = 0, **changes: object) -> None:
        bare = {key: value for key, value in row(what=name, **changes).items() if key in KEYS}
        script = tmp_path / "benchmarks" / f"{name}.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(SCRIPT.format(rows=[bare], code=code), encoding="utf-8")

    put("good")
    put("bad", code=3)
    return put


def stored(folder: Path) -> list[tuple]:
    return [(one["script"], one["device"], one["ratio"]) for one in report.read(folder / "results.json")]


def test_a_failing_script_keeps_its_old_rows_and_is_named(suite, tmp_path: Path, capsys):
    folder = tmp_path / "benchmarks"
    old = [row(script="bad", ratio=5.0), row(script="good", ratio=6.0), row(script="gone")]
    (folder / "results.json").write_text(json.dumps(old), encoding="utf-8")
    assert run.main([]) == 1
    assert stored(folder) == [("bad", "CPU, 2 cores", 5.0), ("good", "CPU, 2 cores", 750.0)]
    assert "old rows kept: bad" in capsys.readouterr().err


def test_rows_of_another_device_stay(suite, tmp_path: Path):
    folder = tmp_path / "benchmarks"
    assert run.main(["--only", "good"]) == 0
    suite("good", device="GPU", ratio=9.0, met=False)
    assert run.main(["--only", "good"]) == 0
    assert stored(folder) == [("good", "CPU, 2 cores", 750.0), ("good", "GPU", 9.0)]
    page = (folder / "RESULTS.md").read_text(encoding="utf-8")
    assert (
        page.index("## CPU, 2 cores")
        < page.index("| met |")
        < page.index("## GPU")
        < page.index("**missed**")
    )


def test_tiny_figures_never_replace_real_ones(suite, tmp_path: Path):
    assert run.main(["--tiny", "--only", "good"]) == 0
    assert not (tmp_path / "benchmarks/results.json").exists()
    assert stored(tmp_path / "build/benchmarks") == [("good", "CPU, 2 cores", 750.0)]


def test_rows_say_where_they_come_from(suite, tmp_path: Path):
    run.main(["--only", "good"])
    (found,) = report.read(tmp_path / "benchmarks/results.json")
    assert found.keys() == KEYS | {"script", "date", "machine", "versions"}
    assert "GiB of memory" in found["machine"]
    assert f"Python {sys.version.split()[0]}, TensorFlow 2." in found["versions"]


def test_an_unknown_name_is_refused(suite, capsys):
    with pytest.raises(SystemExit):
        run.main(["--only", "good,nothing"])
    assert "no benchmark is called nothing: there are bad, good" in capsys.readouterr().err


# --- the pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.01234, "0.0123"), (1.0, "1"), (99.96, "100"), (123.4, "123"), (1234.5, "1,230"), (123456, "123,000")],
)
def test_number(value: float, expected: str):
    assert report.number(value) == expected


def test_readme_table_has_a_column_for_each_device():
    rows = [
        row(),
        row(measure="for information", goal=None, met=None),
        row(measure="GiB", goal=20, ratio=9.0, met=False, date="2026-02-05", note="a bound"),
        row(device="GPU", ratio=1234.0, machine="Another", versions="Python 3"),
    ]
    assert report.readme_table(rows, only=None).split("\n") == [
        "| What | Against | Goal | CPU, 2 cores | GPU |",
        "| --- | --- | --- | --- | --- |",
        "| poetry: seconds | a\\|b | ≥ 40 × | 2 against 1,500: 750 × (700–812), met "
        "| 2 against 1,500: 1,230 × (700–812), met |",
        "| poetry: GiB | a\\|b | ≥ 20 × | 2 against 1,500: 9 × (700–812), **missed** | – |",
        "",
        "2 of 3 goals were met. [All figures, machines and versions](benchmarks/RESULTS.md)",
    ]


def test_where_the_alternative_was_stopped_its_figure_and_the_ratio_are_bounds():
    stopped = row(ratio=41.0, ratio_min=41.0, ratio_max=41.0, note="stopped: a lower bound")
    assert "| 2 against ≥ 1,500: ≥ 41 ×, met |" in report.readme_table([stopped], only=None)
    assert "| 2 | ≥ 1,500 | a\\|b | ≥ 41 × | ≥ 40 × | met |" in report.results_page([stopped], "make bench")


def test_readme_table_of_chosen_rows_in_other_words():
    rows = [row(), row(measure="GiB", goal=20, ratio=9.0, met=False)]
    table = report.readme_table(rows, only=[("poetry", "GiB", "a|b")], translate={"poetry": "诗歌"})
    assert "| 诗歌: GiB |" in table and "seconds" not in table and "1 of 2 goals" in table
    with pytest.raises(KeyError, match="never measured"):
        report.readme_table(rows, only=[("poetry", "never measured", "a|b")])


def test_the_rows_of_the_readme_were_measured_and_the_missed_ones_among_them():
    stored = report.read(Path(report.__file__).with_name("results.json"))
    goals = {
        (row["what"], row["measure"], row["alternative_name"]): row["met"]
        for row in stored
        if row["goal"] is not None
    }
    shown = [goals[key] for key in report.HIGHLIGHTS]
    assert len(shown) == 10
    assert shown.count(False) / 10 >= list(goals.values()).count(False) / len(goals)  # no prettier than all


def test_readme_table_before_the_first_run(tmp_path: Path):
    assert "make bench" in report.readme_table(report.read(tmp_path / "results.json"))


def test_results_page_shows_all_rows_and_notes():
    page = report.results_page(
        [row(), row(measure="more", goal=None, met=None, note="a bound")], "make bench"
    )
    assert "| poetry | more | 2 | 1,500 | a\\|b | 750 × (700–812) | – | – |" in page
    assert "- poetry, more: a bound" in page
    assert "A box. Python 3. Run on 3 Feb 2026." in page
