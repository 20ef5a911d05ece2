import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import font_manager

from helpers import plots


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_learning_curves_draws_both_and_marks_the_lowest_validation_loss():
    axes = plots.learning_curves({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.5, 2.7]}, title="t")
    training, validation, best = axes.get_lines()
    np.testing.assert_array_equal(training.get_xydata(), [[1, 3], [2, 2], [3, 1]])
    np.testing.assert_array_equal(validation.get_ydata(), [3.0, 2.5, 2.7])
    np.testing.assert_array_equal(best.get_xydata(), [[2, 2.5]])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("epoch", "loss", "t")


def test_learning_curves_marks_the_highest_accuracy():
    axes = plots.learning_curves({"accuracy": [0.1, 0.2], "val_accuracy": [0.4, 0.3]}, "accuracy")
    np.testing.assert_array_equal(axes.get_lines()[2].get_xydata(), [[1, 0.4]])


def test_learning_curves_names_what_is_there():
    with pytest.raises(KeyError, match="no 'accuracy', only loss"):
        plots.learning_curves({"loss": [1.0]}, "accuracy")


def test_confusion_matrix_counts_rows_as_true_class():
    axes = plots.confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), labels=["a", "b", "c"])
    written = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in axes.texts}
    assert written == {(0, 0): "1", (0, 1): "1", (1, 1): "1", (2, 0): "1"}
    coloured = np.asarray(axes.get_images()[0].get_array())
    np.testing.assert_array_equal(coloured, [[0, 1, 0], [0, 0, 0], [1, 0, 0]])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]


@pytest.mark.parametrize(("true", "predicted"), [([1, 2], [1]), ([], []), ([[1]], [[1]])])
def test_confusion_matrix_refuses_unequal_arrays(true, predicted):
    with pytest.raises(ValueError, match="alike, got"):
        plots.confusion_matrix(np.array(true, int), np.array(predicted, int))


@pytest.mark.parametrize(
    ("true", "predicted", "found"), [([0, 1], [2, 1], "0 to 2"), ([0, -1], [1, 1], "-1 to 1")]
)
def test_confusion_matrix_refuses_a_class_that_the_labels_lack(true, predicted, found):
    with pytest.raises(ValueError, match=f"from 0 to 1, as labels names them, got {found}"):
        plots.confusion_matrix(np.array(true), np.array(predicted), labels=["a", "b"])


def test_draws_on_the_given_axes():
    _, axes = plt.subplots()
    assert plots.learning_curves({"loss": [1.0]}, axes=axes) is axes
    assert plots.confusion_matrix(np.array([0]), np.array([0]), axes=axes) is axes


def test_use_style_sets_the_palette():
    with matplotlib.rc_context():
        plots.use_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"


def test_dates_on_an_axis_have_room():
    with matplotlib.rc_context():
        plots.use_style()
        figure, axes = plt.subplots()
        axes.plot(np.arange("2014-07-07", "2014-07-26", dtype="datetime64[D]"), np.arange(19))
        figure.canvas.draw()
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert "15" in labels and max(map(len, labels)) <= 3
        assert axes.xaxis.get_offset_text().get_text() == "2014-Jul"
    assert plt.rcParams["date.converter"] == "auto"


def drawn(text: str) -> np.ndarray:
    figure = plt.figure(figsize=(2, 1))
    figure.text(0.1, 0.3, text, fontsize=30)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


@pytest.fixture
def fonts():
    """The registered fonts and the settings, as they were before."""
    before = list(font_manager.fontManager.ttflist)
    with matplotlib.rc_context():
        yield
    font_manager.fontManager.ttflist[:] = before
    font_manager.fontManager._findfont_cached.cache_clear()


def test_chinese_is_drawn_without_a_warning(fonts, capsys):
    if not plots.use_chinese():
        pytest.skip("no Chinese font here")
    before = plt.rcParams["font.family"]
    assert plots.use_chinese() and plt.rcParams["font.family"] == before  # twice is as good as once
    assert before[-1] in plots.CHINESE_FONTS and capsys.readouterr().out == ""
    one, other = drawn("山，a"), drawn("月，a")  # missing glyphs would warn, which fails here, and look alike
    assert (one != other).any()


def test_without_a_chinese_font_one_line_says_so(fonts, capsys, monkeypatch):
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setattr(font_manager, "get_font_names", lambda: ["DejaVu Sans"])
    families = plt.rcParams["font.family"]
    assert plots.use_chinese() is False and plt.rcParams["font.family"] == families
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("No Chinese font here") and line.endswith("pip install noto-cjk-sans-otc")


def test_a_system_font_will_do(fonts, monkeypatch):
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setattr(font_manager, "get_font_names", lambda: ["DejaVu Sans", "SimHei", "PingFang SC"])
    assert plots.use_chinese() and plt.rcParams["font.family"] == ["sans-serif", "PingFang SC"]


@pytest.mark.filterwarnings("error")
def test_attention_map_has_a_row_for_each_piece_written(fonts, capsys):
    axes = plots.attention_map(np.eye(2, 3), ["▁我", "去", "<end>"], ["▁Hi", "▁"], title="t")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["我", "去", "<end>"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Hi", "▁"]
    axes.figure.canvas.draw()
    with pytest.raises(ValueError, match=r"weights must be \(1, 3\) for these labels, got \(2, 3\)"):
        plots.attention_map(np.eye(2, 3), ["a", "b", "c"], ["d"])


@pytest.mark.filterwarnings("error")
def test_attention_map_adds_fonts_to_axes_that_are_there_already():
    axes = plt.subplots()[1]
    plots.attention_map(np.eye(2), ["▁我", "去"], ["▁Hi", "▁ปี"], axes=axes)
    axes.figure.canvas.draw()


@pytest.mark.parametrize(("bar", "axes_drawn"), [(True, 2), (False, 1)])
def test_attention_map_leaves_out_its_colour_bar(bar, axes_drawn):
    axes = plots.attention_map(np.eye(2), ["a", "b"], ["c", "d"], bar=bar)
    assert len(axes.figure.axes) == axes_drawn


@pytest.mark.filterwarnings("error")
def test_characters_without_a_font_are_replaced_and_named(capsys):
    labels = plots.legible(["ปี", "Où", "дом", "بيت"])
    if "□" in labels[0]:
        assert labels == ["□□", "Où", "дом", "بيت"]
        assert "No font here for" in capsys.readouterr().out
    axes = plt.subplots()[1]
    axes.set_xticks(range(4), labels)
    axes.figure.canvas.draw()
