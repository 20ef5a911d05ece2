import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

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


def test_draws_on_the_given_axes():
    _, axes = plt.subplots()
    assert plots.learning_curves({"loss": [1.0]}, axes=axes) is axes
    assert plots.confusion_matrix(np.array([0]), np.array([0]), axes=axes) is axes


def test_use_style_sets_the_palette():
    with matplotlib.rc_context():
        plots.use_style()
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"
