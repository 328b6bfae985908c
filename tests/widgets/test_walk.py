"""How far it is from a hand's move to the pixels, in files and functions of the package."""

import sys
from pathlib import Path

import pytest

import gradcam_lab
from gradcam_lab import GradCAMExplorer
from gradcam_lab.widgets.explorer_base import Explorer

PACKAGE = Path(gradcam_lab.__file__).parent
PARTS_OF_A_FUNCTION = ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>")


def walk(move):
    """Return the (file, function) pairs of the package that run during a move, in their order."""
    steps = {}

    def note(frame, event, _argument):
        code = frame.f_code
        file = Path(code.co_filename)
        ours = event == "call" and file.is_relative_to(PACKAGE)
        if ours and code.co_name not in PARTS_OF_A_FUNCTION:
            steps[str(file.relative_to(PACKAGE)), code.co_qualname] = None

    sys.setprofile(note)
    try:
        move()
    finally:
        sys.setprofile(None)
    return list(steps)


@pytest.fixture
def explorer(cnn, digits):
    explorer = GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
    explorer.index = 1  # the first answers were traced, this one and the next are not
    return explorer


@pytest.mark.parametrize(
    ("control", "moved", "files", "functions"),
    [
        ("index", {"value": 2}, 8, 25),
        ("layer", {"index": 0}, 6, 18),
        ("alpha", {"value": 0.9}, 3, 6),
    ],
)
def test_one_move_is_one_short_walk(explorer, find, control, moved, files, functions):
    slider, view = find(explorer, f"gradcam-{control}"), find(explorer, "gradcam-view")
    before = view.heatmap, explorer.alpha
    steps = walk(lambda: slider.set_state(moved))
    assert (view.heatmap, explorer.alpha) != before
    assert len({file for file, _ in steps}) <= files, steps
    assert len(steps) <= functions, steps


def test_walk_counts_every_function_once(explorer):
    assert walk(lambda: (explorer.small_picture(0), explorer.small_picture(0))) == [
        ("widgets/explorer_base.py", "Explorer.small_picture")
    ]


EXPLORERS = [
    getattr(gradcam_lab, name) for name in gradcam_lab.__all__ if name.endswith("Explorer")
]
EXPLORERS += [getattr(gradcam_lab, name) for name in gradcam_lab.__all__ if "Comparison" in name]


@pytest.mark.parametrize("explorer", EXPLORERS, ids=lambda explorer: explorer.__name__)
def test_explorer_adds_to_one_base_and_takes_nothing_away(explorer):
    ours = [each for each in explorer.__mro__ if each.__module__.startswith("gradcam_lab")]
    assert ours == [explorer, Explorer]
    assert set(Explorer.asked) | set(Explorer.drawn) <= {*explorer.asked, *explorer.drawn}
    assert {*explorer.asked, *explorer.drawn} <= set(explorer.class_traits())


def test_all_nine_explorers_are_looked_at():
    assert len(EXPLORERS) == 9
