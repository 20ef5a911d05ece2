"""scripts/cook.py and scripts/recipes.py, on a cookbook of two tiny recipes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cook
import kitchen
import nbformat
import pytest
import recipes
from tqdm.auto import tqdm


def load(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both recipes, cooked in the default profile."""
    # Braces, because papermill fills in `{…}` of the paths that it is given.
    root = kitchen.cookbook(tmp_path_factory.mktemp("cook") / "a {b} c")
    assert cook.main([], root) == 0
    return root


def test_writes_notebook_page_results_and_gallery(quick: Path):
    results = json.loads((quick / "build/results/01_sum.json").read_text(encoding="utf-8"))
    assert results["profile"] == "quick"
    assert results["metrics"] == {"accuracy": 0.77}  # STEPS = 2, from profiles.toml
    executed = load(quick / "build/notebooks/01_sum.ipynb")
    assert recipes.results_of(executed) == results
    assert executed.metadata["rnn_cookbook"]["status"] == "done"
    assert "papermill" not in executed.metadata
    assert recipes.absolute_paths(executed) == []
    assert "<h1" in (quick / "build/html/01_sum.html").read_text(encoding="utf-8")
    assert "77.00 %" in (quick / "build/index.html").read_text(encoding="utf-8")


def test_leaves_the_committed_notebook_alone(quick: Path):
    assert all(not cell.get("outputs") for cell in load(quick / "notebooks/01_sum.ipynb").cells)


def test_kernel_is_the_running_interpreter_whatever_python3_means(tmp_path: Path, monkeypatch):
    spec = tmp_path / "jupyter/kernels/python3/kernel.json"
    spec.parent.mkdir(parents=True)
    broken = {"argv": ["/no/such/python"], "display_name": "Elsewhere", "language": "python"}
    spec.write_text(json.dumps(broken), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    work = "import sys; open('which.txt', 'w').write(sys.executable)"
    root = kitchen.cookbook(tmp_path / "book", kitchen.notebook(work=work))
    assert cook.main([], root) == 0
    assert (root / "notebooks/which.txt").read_text(encoding="utf-8") == sys.executable


def test_set_and_data_change_parameters_and_say_so(tmp_path: Path, capsys):
    root = kitchen.cookbook(tmp_path / "book", kitchen.notebook(work="open('data.txt', 'w').write(DATA)"))
    mine = tmp_path / "mine.npz"
    mine.touch()
    assert cook.main(["--profile", "gpu", "--set", "STEPS=1 SEED=3", "--data", str(mine)], root) == 0
    assert (root / "notebooks/data.txt").read_text(encoding="utf-8") == str(mine)
    assert "76.00 % accuracy" in capsys.readouterr().out
    assert "with other DATA, SEED, STEPS" in (root / "build/index.html").read_text(encoding="utf-8")


def test_the_clock_goes_on_in_a_long_cell():
    shown = io.StringIO()
    bar = tqdm(total=2, file=shown, **{**cook.PROGRESS, "bar_format": "[{elapsed_s:.2f}]"})
    with cook._ticking(0.02):
        time.sleep(0.5)
    seen = shown.getvalue()
    assert len(set(seen.split("\r"))) > 5
    time.sleep(0.1)
    assert shown.getvalue() == seen
    bar.close()


def test_only_one_recipe(tmp_path: Path):
    root = kitchen.cookbook(tmp_path / "book")
    assert cook.main(["--only", "2"], root) == 0
    assert [path.name for path in (root / "build/results").iterdir()] == ["02_more.json"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (None, ["01_sum", "02_more"]),
        ("", ["01_sum", "02_more"]),
        ("1", ["01_sum"]),
        ("02", ["02_more"]),
        ("02_more, 01_s", ["01_sum", "02_more"]),
        ("01_sum.ipynb", ["01_sum"]),
        ("0", None),  # a number is a whole number
        ("01_sum,3", None),
    ],
)
def test_choose(tmp_path: Path, only: str | None, expected: list[str] | None):
    every = recipes.load(kitchen.cookbook(tmp_path / "book"))
    if expected is None:
        with pytest.raises(recipes.CookbookError, match=r"there are 01_sum, 02_more"):
            recipes.choose(every, only)
    else:
        assert [recipe.name for recipe in recipes.choose(every, only)] == expected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--profile", "best"], "no profile 'best'"),
        (["--set", "STEP=1"], "01_sum has no parameter 'STEP'; it has SEED, DATA, STEPS, LOG_DIR"),
        (["--set", "STEPS=many"], "STEPS must be a number"),
        (["--set", "STEPS=2.5"], "SET: STEPS must be a whole number, got 2.5"),
        (["--set", "STEPS=0"], "SET: STEPS must be in [1, 100], got 0"),
        (["--set", "STEPS=101"], "SET: STEPS must be in [1, 100], got 101"),
        (["--set", "LOG_DIR=/proc/x"], "SET: LOG_DIR must be a folder that can be written to, got '/proc/x'"),
        (["--set", "LOG_DIR=5"], "SET: LOG_DIR must be a text such as a path or a day, or None, got 5"),
        (["--set", "LOG_DIR=True"], "or None, got True"),
        (["--set", "LOG_DIR=[]"], "or None, got []"),
        (["--set", "LOG_DIR="], "or None, got ''"),
        (["--set", "STEPS"], "got 'STEPS'"),
        (
            ["--set", "DATA=a fine file SEED=1"],
            """got 'fine'. A value with spaces needs quotes: SET='DATA="a fine file"'""",
        ),
        (["--set", "DATA=it's"], "a quote that is not closed: DATA=it's"),
        (["--set", "DATA=nowhere.npz"], "DATA='nowhere.npz' is none of auto"),
        (["--data", "nowhere.npz"], "DATA='nowhere.npz'"),
        (["--data", __file__], "one file for 2 recipes"),
        (["--only", "7"], "no recipe is called '7': there are "),
        (["--only", "01_smu"], "no recipe is called '01_smu': did you mean 01_sum? There are "),
        (["--write-back"], "profile cpu"),
        (["--write-back", "--profile", "cpu", "--set", "STEPS=1"], "without DATA or SET"),
    ],
)
def test_refuses_what_cannot_be_met_before_cooking(
    tmp_path: Path, capsys, arguments: list[str], complaint: str
):
    root = kitchen.cookbook(tmp_path / "book")
    assert cook.main(arguments, root) == 2
    assert complaint in capsys.readouterr().err
    assert not (root / "build").exists()


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("STEPS = 2", "STEP = 2", r"\[01_sum.quick\]: 01_sum has no parameter 'STEP'"),
        ("[01_sum.quick]", "[01_sum.fast]", "no profile 'quick': choose one of cpu, smoke, fast, gpu"),
        ("[01_sum.gpu]", "[01_sum.cpu]", "cpu is the notebook as it stands"),
        ("[02_more.card]", "[03_less.card]", "speaks of 03_less: no such notebook"),
        ('summary = "Adds more."', "", r"\[02_more.card\] lacks summary"),
        ('format = "number"', 'format = "letters"', "got 'letters'"),
        ('unit = "points"', 'also = "clever"', r"\[02_more.card\] lacks also_label: also and also_label go"),
        ('unit = "points"', 'also_label = "clever"', "lacks also:"),
        (
            'unit = "points"',
            'also = "guess"\nalso_label = "guessing"',
            "also is 'guess', which a run has to beat",
        ),
        (
            'unit = "points"',
            'also = "x"\nalso_label = "x"\nrivals = ["x"]',
            "also is 'x', which a run has to beat",
        ),
        ("[01_sum.quick]", "[01_sum.quick", "cannot be read"),
    ],
)
def test_profiles_that_do_not_match_the_notebooks(tmp_path: Path, before: str, after: str, complaint: str):
    root = kitchen.cookbook(tmp_path / "book")
    profiles = root / "notebooks/profiles.toml"
    profiles.write_text(profiles.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(recipes.CookbookError, match=complaint):
        for recipe in recipes.load(root):
            recipe.changes("quick")


@pytest.mark.parametrize(
    ("comment", "good", "bad", "shown"),
    [
        ("rows, in [1, 10]", (1, 10, [1, 2]), (0, 11, [1, 0], None), "in [1, 10]"),
        ("share, in [0, 1)", (0, 0.5), (-0.1, 1), "in [0, 1)"),
        ("rate, in (0, inf)", (1e-9, 1e9), (0, -5), "in (0, inf)"),
        ("rate, in [-1, 1], or None", (None, -1), (2,), "in [-1, 1], or None"),
        ('order, one of "rows", "pixels"', ("rows",), ("Rows", ""), 'one of "rows", "pixels"'),
    ],
)
def test_ranges(comment: str, good: tuple, bad: tuple, shown: str):
    made = kitchen.notebook()
    made.cells[2].source = f"X = [\n    1,\n]  # {comment}\nSEED = 1  # no range [1, 2] here"
    ranges = recipes.ranges_of(made)
    assert list(ranges) == ["X"] and str(ranges["X"]) == shown
    assert [ranges["X"].fault(value) for value in good] == [None] * len(good)
    assert all(ranges["X"].fault(value) for value in bad)


def test_a_range_that_is_none_is_an_error():
    made = kitchen.notebook()
    made.cells[2].source = "X = 1  # rows, in [10, 1]"
    with pytest.raises(recipes.CookbookError, match=r"beside X gives the range \[10, 1\], which is none"):
        recipes.ranges_of(made)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (3, None),
        (None, None),
        (11, r"must be in \[1, 10\], or None, got 11"),
        ("x", "must be a number or None"),
    ],
)
def test_a_parameter_that_stands_as_none(tmp_path: Path, value: object, complaint: str | None):
    made = kitchen.notebook()
    made.cells[2].source += "\nLIMIT = None  # rows, in [1, 10], or None"
    (recipe,) = recipes.load(kitchen.cookbook(tmp_path / "book", made))
    if complaint is None:
        recipe.check_names({"LIMIT": value}, "SET")
    else:
        with pytest.raises(recipes.CookbookError, match=f"SET: LIMIT {complaint}"):
            recipe.check_names({"LIMIT": value}, "SET")


def test_a_relative_log_folder_is_where_it_is_typed(tmp_path: Path, monkeypatch):
    work = "from pathlib import Path\n\nPath(LOG_DIR or 'none').mkdir(parents=True)"
    book = kitchen.cookbook(tmp_path / "book", kitchen.notebook(work=work))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert cook.main(["--set", "LOG_DIR=logs/run"], book) == 0
    assert (tmp_path / "here" / "logs" / "run").is_dir()


def test_a_relative_log_folder_of_a_profile_is_where_the_notebook_runs(tmp_path: Path):
    book = kitchen.cookbook(tmp_path / "book")
    profiles = book / "notebooks/profiles.toml"
    (book / "logs").write_text("a file", encoding="utf-8")
    text = profiles.read_text(encoding="utf-8").replace("STEPS = 2", 'LOG_DIR = "../logs"')
    profiles.write_text(text, encoding="utf-8")
    with pytest.raises(recipes.CookbookError, match=r"LOG_DIR must be a folder.*Not a directory"):
        recipes.load(book)[0].changes("quick")


def test_a_log_folder_leaves_no_trace_of_its_check(tmp_path: Path):
    recipe = recipes.load(kitchen.cookbook(tmp_path / "book"))[0]
    recipe.check_names({"LOG_DIR": str(tmp_path / "logs" / "deep")}, "SET")
    assert not (tmp_path / "logs").exists()


WITH_FILES = """
OWN = ""  # the path of a recording of your own
TUNE = "C4 D4"  # notes, or the path of a MIDI file
LIKE_DATA = "bundled"  # where that comes from
VOICE = "low"  # one of "low", "high"
"""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("OWN=my.wav", "here/my.wav"),
        ("OWN=../here/sounds", "here/sounds"),  # no ending, but its comment says what it is
        ("OWN=bundled", "bundled"),
        ("TUNE=tune.mid", "here/tune.mid"),
        ("TUNE='E5 F5:1.5'", "E5 F5:1.5"),
        (f"TUNE={'C4' * 500}", "C4" * 500),  # too long for the name of a file
        ("LIKE_DATA=my.wav", "here/my.wav"),
        ("LIKE_DATA=sounds", "sounds"),  # a word that is a folder's name, too
        ("LIKE_DATA=online", "online"),
        ("VOICE=high", "high"),
        ("DATA=my.wav", "here/my.wav"),
        ("OWN=my.flac", None),
        ("OWN=mine", None),
        ("OWN=~nobody-of-this-name/my.wav", None),
        ("TUNE=lost.MID", None),
        ("LIKE_DATA=lost.csv.gz", None),
    ],
)
def test_a_file_that_set_names_is_sought_where_it_is_typed(
    tmp_path: Path, monkeypatch, asked: str, expected: str | None
):
    made = kitchen.notebook()
    made.cells[2].source += WITH_FILES
    (recipe,) = recipes.load(kitchen.cookbook(tmp_path / "book", made))
    (tmp_path / "here" / "sounds").mkdir(parents=True)
    for name in ("my.wav", "tune.mid"):
        (tmp_path / "here" / name).touch()
    monkeypatch.chdir(tmp_path / "here")
    options = cook._options(["--set", asked])
    if expected is None:
        value = asked.partition("=")[2]
        with pytest.raises(recipes.CookbookError, match=f"='{value}': there is no such file.* from .*/here"):
            cook._changes(options, [recipe])
    else:
        (found,) = cook._changes(options, [recipe]).values()
        assert found == (str(tmp_path / expected) if expected.startswith("here/") else expected)


PLACES = """# Sums

It is <!--=metrics.accuracy:percent-->99.00 %<!--/=-->, once <!--=metrics.gone:percent-->99.00 %<!--/=-->."""


def test_the_page_of_your_own_run_shows_its_own_figures(tmp_path: Path, capsys):
    made = kitchen.notebook()
    made.cells[0].source = PLACES
    root, mine = kitchen.cookbook(tmp_path / "book", made), tmp_path / "mine.csv"
    mine.touch()
    before = (root / "notebooks/01_sum.ipynb").read_bytes()
    assert cook.main(["--only", "1", "--data", str(mine), "--set", "SEED=3"], root) == 0
    assert load(root / "build/notebooks/01_sum.ipynb").cells[0].source == (
        "*This run: `mine.csv`, profile quick, with other SEED. The figures in these tables are this run's; "
        "sentences that judge results speak of the committed run.*\n\n# Sums\n\nIt is "
        "<!--=metrics.accuracy:percent-->77.00 %<!--/=-->, once <!--=metrics.gone:percent-->–<!--/=-->."
    )
    page = (root / "build/html/01_sum.html").read_text(encoding="utf-8")
    assert "77.00 %" in page and "99.00 %" not in page
    assert "<dt>Data</dt><dd>your file (mine.csv)</dd>" in (root / "build/index.html").read_text(
        encoding="utf-8"
    )
    assert capsys.readouterr().out.count("mine.csv") == 1  # in the table of the runs
    assert (root / "notebooks/01_sum.ipynb").read_bytes() == before


def test_a_run_that_failed_shows_no_figures(tmp_path: Path):
    made = kitchen.notebook(work="1 / 0")
    made.cells[0].source = PLACES
    root = kitchen.cookbook(tmp_path / "book", made)
    assert cook.main(["--profile", "cpu"], root) == 1
    texts = [cell.source for cell in load(root / "build/notebooks/01_sum.ipynb").cells]
    (first,) = [text for text in texts if "# Sums" in text]
    assert first.startswith("*This run: profile cpu. It did not finish, so these tables show no figures;")
    assert "percent-->–<!" in first and "99" not in first


def test_a_run_that_never_began_shows_nothing_of_the_committed_one(tmp_path: Path, monkeypatch):
    def stopped(*given, **options):
        raise KeyboardInterrupt

    made = kitchen.with_outputs(kitchen.notebook())
    made.cells[0].source = PLACES
    root = kitchen.cookbook(tmp_path / "book", made)
    monkeypatch.setattr(cook.papermill, "execute_notebook", stopped)
    assert cook.main([], root) == 130
    left = load(root / "build/notebooks/01_sum.ipynb")
    assert "99" not in left.cells[0].source
    assert [cell.outputs for cell in left.cells if cell.cell_type == "code"] == [[]] * 6


@pytest.mark.parametrize(
    ("profile", "changed", "own", "source", "begin"),
    [
        ("cpu", [], None, "full", None),
        ("cpu", ["DATA"], None, "full", None),  # as with DATA=cache
        ("cpu", ["DATA"], "mine.csv", "full", "*This run: `mine.csv`, profile cpu. The figures"),
        ("cpu", [], None, "sample", "*This run: bundled sample, profile cpu. The figures"),
        ("cpu", ["SEED"], None, "full", "*This run: full data, profile cpu, with other SEED. The figures"),
        ("gpu", [], None, "full", "*This run: full data, profile gpu. The figures"),
        ("gpu", ["DATA"], "mine.csv", None, "*This run: `mine.csv`, profile gpu. It did not finish"),
    ],
)
def test_a_page_says_whose_figures_it_shows(
    profile: str, changed: list[str], own: str | None, source: str | None, begin: str | None
):
    said = cook._whose(profile, changed, own, {"source": source} if source else None)
    assert said is None if begin is None else said.startswith(begin)


def with_study(root: Path) -> Path:
    """A cookbook of one recipe and its study, which fails where the recipe did not run before."""
    made = kitchen.cookbook(root, kitchen.notebook())
    looks = "open('../build/results/01_sum.json').close()\nimport os\n"
    work = looks + "open('log.txt', 'a').write(os.environ['RNN_COOKBOOK_SOURCE'])"
    nbformat.write(kitchen.notebook("01_sum_study", work=work), made / "notebooks" / "01_sum_study.ipynb")
    with open(made / "notebooks" / "profiles.toml", "a", encoding="utf-8") as profiles:
        profiles.write('\n[01_sum_study.smoke]\n[01_sum_study.quick]\nDATA = "bundled"\n[01_sum_study.gpu]\n')
    return made


def test_a_study_is_left_out_unless_asked_for(tmp_path: Path):
    root = with_study(tmp_path / "book")
    assert cook.main([], root) == 0
    assert not (root / "build/results/01_sum_study.json").exists()
    assert cook.main(["--studies"], root) == 0
    assert (root / "build/results/01_sum_study.json").exists()
    page = (root / "build/index.html").read_text(encoding="utf-8")
    assert page.count("<article") == 1 and 'href="html/01_sum_study.html"' in page
    assert (root / "build/html/01_sum_study.html").exists()


def test_a_study_brings_its_recipe_along_once(tmp_path: Path, capsys):
    root = with_study(tmp_path / "book")
    assert cook.main(["--only", "01_sum_study", "--set", "STEPS=5"], root) == 0
    assert "1 recipe and 1 study" in capsys.readouterr().out
    assert cook.main(["--only", "01_sum_study"], root) == 0
    assert "Cooking 1 study," in capsys.readouterr().out
    assert (root / "notebooks/log.txt").read_text(encoding="utf-8") == "bundledbundled"  # its DATA


def test_a_study_without_its_recipe_is_an_error(tmp_path: Path):
    root = with_study(tmp_path / "book")
    (root / "notebooks/01_sum_study.ipynb").rename(root / "notebooks/07_x_study.ipynb")
    profiles = root / "notebooks/profiles.toml"
    text = profiles.read_text(encoding="utf-8")
    profiles.write_text(text.replace("01_sum_study", "07_x_study"), encoding="utf-8")
    with pytest.raises(
        recipes.CookbookError, match="07_x_study is the study of 07_x, and there is no such recipe"
    ):
        recipes.load(root)
    assert recipes.choose([], None) == []


def test_the_gallery_is_there_while_recipes_cook(tmp_path: Path):
    look = "import shutil\nshutil.copy('../build/index.html', 'seen.html')"
    root = kitchen.cookbook(
        tmp_path / "book", kitchen.notebook(work=look), kitchen.notebook("02_more", "error")
    )
    assert cook.main([], root) == 0
    seen = (root / "notebooks/seen.html").read_text(encoding="utf-8")
    assert "Cooking now" in seen and "Waiting for its turn" in seen and 'http-equiv="refresh"' in seen
    done = (root / "build/index.html").read_text(encoding="utf-8")
    assert "Cooking now" not in done and "Waiting" not in done and "refresh" not in done
    assert "took" in done and "in all" in done


def test_an_empty_cookbook_is_an_error(tmp_path: Path, capsys):
    assert cook.main([], tmp_path) == 2
    assert "no file named NN_name.ipynb" in capsys.readouterr().err


def test_a_failure_is_named_and_the_others_still_run(tmp_path: Path, capsys):
    work = "def share(total, parts):\n    return total / parts\n\nshare(1, 0)"
    root = kitchen.cookbook(
        tmp_path / "book", kitchen.notebook(work=work), kitchen.notebook("02_more", "error")
    )
    stale = root / "build/results/01_sum.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}", encoding="utf-8")
    assert cook.main([], root) == 1
    said = capsys.readouterr().out
    assert 'code cell 3 of 6, which begins "def share(total, parts):"' in said
    assert "----> 4 share(1, 0)" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "\x1b" not in said
    assert not stale.exists()
    assert (root / "build/results/02_more.json").exists()
    partial = load(root / "build/notebooks/01_sum.ipynb")
    assert any(out.output_type == "error" for cell in partial.cells for out in cell.get("outputs", ()))
    page = (root / "build/index.html").read_text(encoding="utf-8")
    assert "Stopped in code cell 3 of 6." in page
    assert page.count('class="card failed"') == 1


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        ("1 + 1", "saved no results"),
        ("SAVE\nprint('and more')", "saved no results"),
        ("SAVE\n1 / 0", "ZeroDivisionError"),
        ("import os; os._exit(1)", "Kernel died"),
    ],
)
def test_a_recipe_without_results_has_failed(tmp_path: Path, capsys, last: str, problem: str):
    recipe = kitchen.notebook()
    recipe.cells[-1].source = last.replace("SAVE", recipe.cells[-1].source)
    root = kitchen.cookbook(tmp_path / "book", recipe)
    assert cook.main([], root) == 1
    assert problem in capsys.readouterr().out
    assert not (root / "build/results/01_sum.json").exists()


def test_while_a_recipe_runs_its_last_results_are_gone(tmp_path: Path):
    work = "import os\nassert not os.path.exists('../build/results/01_sum.json')"
    root = kitchen.cookbook(tmp_path / "book", kitchen.notebook(work=work))
    assert [cook.main([], root), cook.main([], root)] == [0, 0]


def test_the_environment_is_as_before(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("RNN_COOKBOOK_PROFILE", "mine")
    monkeypatch.delenv("RNN_COOKBOOK_BUILD", raising=False)
    cook.main([], kitchen.cookbook(tmp_path / "book", kitchen.notebook()))
    assert os.environ["RNN_COOKBOOK_PROFILE"] == "mine"
    assert "RNN_COOKBOOK_BUILD" not in os.environ


def test_write_back_fills_in_the_committed_notebook(tmp_path: Path):
    made = kitchen.notebook(work="import sys\nprint(1, flush=True)\nprint(STEPS, flush=True)")
    made.cells[0].source += "\n\n<!--=metrics.accuracy:percent--><!--/=-->"
    made.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    root = kitchen.cookbook(tmp_path / "book", made)
    assert cook.main(["--profile", "cpu", "--write-back"], root) == 0
    text = (root / "notebooks/01_sum.ipynb").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    done = load(root / "notebooks/01_sum.ipynb")
    filled = "# Sums\n\nAdds things up.\n\n<!--=metrics.accuracy:percent-->78.00 %<!--/=-->"
    for path in ("notebooks/01_sum.ipynb", "build/notebooks/01_sum.ipynb"):
        assert load(root / path).cells[0].source == filled
    assert [cell.source for cell in done.cells[1:]] == [cell.source for cell in made.cells[1:]]
    assert "78.00 %" in (root / "build/html/01_sum.html").read_text(encoding="utf-8")
    assert [cell.id for cell in done.cells] == [cell.id for cell in made.cells]
    assert [cell.execution_count for cell in done.cells if cell.cell_type == "code"] == [1, 2, 3, 4, 5, 6]
    assert [out.text for out in done.cells[3].outputs] == ["1\n3\n"]  # one text, however it was flushed
    assert done.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert "papermill" not in text
    assert recipes.results_of(done)["profile"] == "cpu"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('source="full"', 'source="sample"', "its results come from the sample"),
        (
            "total = ",
            "print('/home/' + 'someone/file')\ntotal = ",
            "a path of this machine (cell 3: /home/someone",
        ),
        ("Adds", "<!--=metrics.gain:percent-->9 %<!--/=--> Adds", "the results have no 'metrics.gain'"),
    ],
)
def test_write_back_refuses(tmp_path: Path, capsys, old: str, new: str, problem: str):
    recipe = kitchen.notebook()
    for cell in recipe.cells:
        cell.source = cell.source.replace(old, new)
    root = kitchen.cookbook(tmp_path / "book", recipe)
    before = (root / "notebooks/01_sum.ipynb").read_bytes()
    assert cook.main(["--profile", "cpu", "--write-back"], root) == 1
    assert problem in capsys.readouterr().out
    assert (root / "notebooks/01_sum.ipynb").read_bytes() == before


def test_write_back_refuses_what_was_edited_meanwhile(tmp_path: Path, capsys):
    work = "import pathlib\n\nbook = pathlib.Path('01_sum.ipynb')\n"
    work += "book.write_text(book.read_text().replace('Adds things', 'Puts things'))"
    root = kitchen.cookbook(tmp_path / "book", kitchen.notebook(work=work))
    assert cook.main(["--profile", "cpu", "--write-back"], root) == 1
    assert "the notebook was edited while it ran" in capsys.readouterr().out
    assert not any(cell.get("outputs") for cell in load(root / "notebooks/01_sum.ipynb").cells)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_ctrl_c_stops_and_leaves_no_kernel(tmp_path: Path):
    work = "import os, time; open('pid.txt', 'w').write(str(os.getpid())); time.sleep(60)"
    root = kitchen.cookbook(
        tmp_path / "book", kitchen.notebook(work=work), kitchen.notebook("02_more", "error")
    )
    start = "import cook, pathlib, sys; sys.exit(cook.main([], pathlib.Path(sys.argv[1])))"
    process = subprocess.Popen(
        [sys.executable, "-c", start, str(root)],
        env={**os.environ, "PYTHONPATH": str(Path(cook.__file__).parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    written = root / "notebooks/pid.txt"
    deadline = time.monotonic() + 60
    while not (written.exists() and written.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped with Ctrl-C" in said
    assert "not begun: 02_more" in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(written.read_text(encoding="utf-8")), 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see /home/me/x", ["/home/me/x"]),
        ("'/var/a b'", ["/var/a"]),
        ("file:///root/x", ["file:///root/x"]),
        (r"C:\Users\me", [r"C:\Users\me"]),
        ("https://example.org/home/me/x", []),
        ("../home/x and data/var/x and ~/.cache/rnn-cookbook", []),
        (r"$N:\Sigma \to x:\mathbb{R}$", []),
    ],
)
def test_absolute_paths(text: str, expected: list[str]):
    assert [found.group() for found in recipes.ABSOLUTE_PATH.finditer(text)] == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(5, "< 1 min"), (60, "1 min"), (90, "1.5 min"), (569, "9.5 min"), (700, "12 min")],
)
def test_show_minutes(seconds: float, expected: str):
    assert recipes.show_minutes(seconds) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("metrics.accuracy:percent", "78.10 %"),
        ("metrics.accuracy:number", "0.781"),
        ("metrics.parameters:number", "152,330"),
        ("seconds:minutes", "1.2 min"),
        ("metrics.train_seconds:minutes", "< 1 min"),
        ("device:text", "CPU, 2 cores"),
    ],
)
def test_fill(place: str, expected: str):
    results = {
        "seconds": 74,
        "device": "CPU, 2 cores",
        "metrics": {"accuracy": 0.781, "parameters": 152330, "train_seconds": 5},
    }
    once = recipes.fill(f"It is <!--={place}-->old<!--/=-->, so.", results)
    assert once == f"It is <!--={place}-->{expected}<!--/=-->, so."
    assert recipes.fill(once, results) == once


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("metrics.gain:percent", "the results have no 'metrics.gain'"),
        ("seconds.x:text", "no 'seconds.x'"),
        ("seconds:hours", "choose one of percent, number, minutes, text"),
    ],
)
def test_fill_refuses(place: str, complaint: str):
    with pytest.raises(recipes.CookbookError, match=complaint):
        recipes.fill(f"<!--={place}--><!--/=-->", {"seconds": 74, "metrics": {}})


@pytest.mark.parametrize("place", ["metrics.gain:percent", "seconds:hours", "device:percent"])
def test_fill_shows_something_else_where_it_cannot(place: str):
    results = {"seconds": 74, "device": "CPU", "metrics": {}}
    text = f"<!--={place}-->9<!--/=--> in <!--=seconds:minutes-->9<!--/=-->"
    expected = f"<!--={place}-->–<!--/=--> in <!--=seconds:minutes-->1.2 min<!--/=-->"
    assert recipes.fill(text, results, "–") == expected


def test_results_line_is_the_last_thing_printed():
    done = kitchen.with_outputs(kitchen.notebook())
    assert recipes.results_of(done)["recipe"] == "01_sum"
    done.cells[-1].outputs[0].text += "and more\n"
    assert recipes.results_of(done) is None


@pytest.mark.parametrize(
    ("units", "complaint"),
    [
        ("[8,1.5]", "of whole numbers, got 1.5"),
        ("['a']", "each part a number, got 'a'"),
        ("[8,4]", None),
        ("[]", "with one part"),
    ],
)
def test_the_parts_of_a_list_are_checked_too(tmp_path: Path, units: str, complaint: str | None):
    made = kitchen.notebook()
    made.cells[2].source += "\nUNITS = [16]  # of each layer, in [1, 99]"
    (recipe,) = recipes.load(kitchen.cookbook(tmp_path / "book", made))
    changes = cook._changes(cook._options(["--profile", "quick"]), [recipe]) | {"UNITS": cook._value(units)}
    if complaint is None:
        recipe.check_names(changes, "SET")
    else:
        with pytest.raises(recipes.CookbookError, match=f"UNITS must be a list as .16. is, {complaint}"):
            recipe.check_names(changes, "SET")


@pytest.mark.parametrize("units", ["8", "[8]", "(8,)"])
def test_one_value_will_do_where_a_list_stands(tmp_path: Path, units: str):
    listed, plain = kitchen.notebook(), kitchen.notebook("02_more", "error")
    listed.cells[2].source += "\nUNITS = [16]  # of each layer, in [1, 99]"
    plain.cells[2].source += "\nUNITS = 16  # of the layer, in [1, 99]"
    both = recipes.load(kitchen.cookbook(tmp_path / "book", listed, plain))
    options = ["--profile", "quick", "--set", f"UNITS={units}"]
    changes = cook._changes(cook._options(options), both[:1])
    assert cook._parameters(both[0], "quick", changes, both[:1])["UNITS"] == [8]
    options[-1] = "UNITS=100"
    with pytest.raises(recipes.CookbookError, match=r"UNITS must be in \[1, 99\], got 100"):
        cook._changes(cook._options(options), both[:1])
    options[-1] = "UNITS=8"  # each recipe takes it in its own form
    changes = cook._changes(cook._options(options), both)
    assert [cook._parameters(recipe, "quick", changes, both)["UNITS"] for recipe in both] == [[8], 8]
