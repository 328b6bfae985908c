import numpy as np

from gradcam_lab import AnatomyExplorer, DrawingExplorer, GradCAMExplorer, MethodComparison


def test_bars_show_how_likely_each_class_is_and_which_one_is_explained(digits, cnn, find):
    for make in (GradCAMExplorer, MethodComparison, AnatomyExplorer):
        explorer = make(cnn, digits.test_x[:9])
        bars, (expected, *_) = find(explorer, "gradcam-target"), cnn.predict(digits.test_x[[8]])
        explorer.index = 8
        found = np.frombuffer(bars.probabilities, "<f4")
        np.testing.assert_allclose(found, expected, atol=1e-4)
        assert (bars.value, bars.explained) == (-1, expected.argmax())
        explorer.target = 2
        assert (bars.value, bars.explained) == (2, 2)
        explorer.close()


def test_bars_know_the_true_class_where_there_are_labels(digits, cnn, find):
    explorer = GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
    for index in (3, 5):
        explorer.index = index
        assert find(explorer, "gradcam-target").label == digits.test_y[index]
    assert find(GradCAMExplorer(cnn, digits.test_x), "gradcam-target").label == -1


def test_cleared_pad_asks_about_the_predicted_class_again(cnn, find):
    drawing = DrawingExplorer(cnn, strokes=[[[0.5, 0.1], [0.5, 0.9]]])
    drawing.target = 3
    drawing.strokes = []
    assert drawing.target is None
    bars = find(drawing, "gradcam-target")
    assert (bars.value, bars.probabilities, bars.explained) == (-1, b"", -1)
