"""Forty submissions of lesson 2: right, blank, and with faults, each of which has its price."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import combinations

from nbformat import NotebookNode

COUNT = 40
POINTS = {1: 3, 2: 1, 3: 1, 4: 1, 5: 1}  # of each exercise
TURNED = "signed = -A[0]\n"

Code = dict[int, str]  # what stands in place of the dots of an exercise
Change = Callable[[NotebookNode], None]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, in one exercise: the points that it costs, and what is said."""

    name: str
    exercise: int
    code: str
    said: str
    costs: int = 1


def by_hand(weights: str, signed_map: str, heatmap: str) -> str:
    """Return an answer to exercise 1."""
    return f"my_weights = {weights}\nmy_signed_map = {signed_map}\nmy_heatmap = {heatmap}\n"


WEIGHTS, SIGNED_MAP = "[2, -1]", "2 * A[0] - A[1]"
HEATMAP = "np.maximum(2 * A[0] - A[1], 0) / 10"
PREDICTED = 'predicted = engine.explain(digits.test_x, layers="conv2d_1").target\n'

FAULTS = [
    Fault("ends Python", 4, "import os\nos._exit(1)", "This cell ended Python."),
    Fault("an endless loop", 2, "while True:\n    pass", "did not come to an end in time"),
    Fault(
        "an endless loop that no interrupt ends",
        5,
        "while True:\n    try:\n        pass\n    except:\n        pass",
        "did not come to an end in time",
    ),
    Fault(
        "an endless print", 3, "while True:\n    print('seven')", "did not come to an end in time"
    ),
    Fault(
        "the sum for the mean",
        1,
        by_hand("[18, -9]", "18 * A[0] - 9 * A[1]", HEATMAP),
        "no mean. These are the sums",
        costs=2,
    ),
    Fault(
        "ReLU on the weights",
        1,
        by_hand("[2, 0]", "2 * A[0]", "A[0] / A[0].max()"),
        "ReLU too early: a weight may be negative.",
        costs=3,
    ),
    Fault(
        "ReLU in the signed map",
        1,
        by_hand(WEIGHTS, f"np.maximum({SIGNED_MAP}, 0)", HEATMAP),
        "ReLU too early: this map keeps what is below zero.",
    ),
    Fault(
        "not scaled",
        1,
        by_hand(WEIGHTS, SIGNED_MAP, f"np.maximum({SIGNED_MAP}, 0)"),
        "not scaled. Divide by the largest value.",
    ),
    Fault("unfinished", 1, by_hand(WEIGHTS, SIGNED_MAP, "..."), "Right so far. Now the heatmap."),
    Fault("words for numbers", 1, by_hand("'two'", "len", "{}"), "Not yet, the weights", costs=3),
    Fault("0 / 0", 2, "my_second_heatmap = np.full((3, 3), np.nan)", "0 / 0."),
    Fault("turned", 2, f"{TURNED}my_second_heatmap = signed / signed.min()", "negative number"),
    Fault("another layer's shape", 3, "my_shape = (14, 14)", "Look for this layer"),
    Fault("all four axes", 3, "my_shape = (1, 7, 7, 1)", "Look for this layer"),
    Fault("a crash", 3, "my_shape = 7 / 0", "ZeroDivisionError"),
    Fault("no sign", 4, "against = np.maximum(signed_map, 0) / signed_map.max()", "the sign"),
    Fault("not divided", 4, "against = np.maximum(-signed_map, 0)", "then divide."),
    Fault("ReLU, then sign", 4, "against = -np.maximum(signed_map, 0)", "change the sign"),
    Fault("all fours", 5, "four_as_nine = np.flatnonzero(digits.test_y == 4)", "Not these."),
    Fault(
        "nines read as fours",
        5,
        f"{PREDICTED}four_as_nine = np.flatnonzero((digits.test_y == 9) & (predicted == 4))",
        "Not these.",
    ),
    Fault(
        "joined with and",
        5,
        f"{PREDICTED}four_as_nine = np.flatnonzero((digits.test_y == 4) and (predicted == 9))",
        "The truth value of an array",
    ),
]


@dataclass(frozen=True)
class Submission:
    """What one student hands in, and what it must be given."""

    student: str
    kind: str
    answers: Code
    points: dict[int, int]
    said: Sequence[str] = ()
    change: Change | None = field(default=None, compare=False)

    def write_into(self, released: NotebookNode) -> NotebookNode:
        """Return the released notebook, answered."""
        notebook = deepcopy(released)
        for number, code in self.answers.items():
            cell = cell_of(notebook, number, "answer")
            kept = [line for line in cell.source.splitlines() if not line.endswith("= ...")]
            cell.source = "\n".join([*kept, code])
        if self.change:
            self.change(notebook)
        return notebook


def cell_of(notebook: NotebookNode, number: int, part: str) -> NotebookNode:
    """Return an exercise's cell: its answer, its check or its marks."""
    name = f"exercise-{number}-{part}"
    cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name]
    return cells[-1]


def all_submissions(solutions: Sequence[str]) -> list[Submission]:
    """Return the forty: the last ones have two faults each.

    Parameters
    ----------
    solutions : sequence of str
        The lesson's own code for each exercise, from the first on.
    """
    right = dict(enumerate(solutions, 1))
    nothing = dict.fromkeys(POINTS, 0)
    kinds: list[tuple[str, Code, dict[int, int], Sequence[str], Change | None]] = [
        ("right", right, POINTS, ["Correct."], None),
        ("right, otherwise written", right | otherwise(), POINTS, ["Correct."], None),
        ("right, late cells copied", right, POINTS, ["Correct."], copy_late),
        ("blank", {}, nothing, ["Not answered yet."], None),
        ("blank, late cells copied", {}, nothing, ["Not answered yet."], copy_late),
        ("wrong, then right in late copies", right, POINTS, ["Look for this"], correct_late),
        ("right, then wrong in late copies", right, POINTS | {3: 0}, ["Look for this"], spoil_late),
        ("a check that is made to praise", right, POINTS | {3: 0}, ["Look for this"], praise),
        ("marks that are given by the student", right, POINTS | {3: 0}, (), mark_oneself),
        ("marks that are deleted", right, POINTS | {3: 0}, (), delete_marks),
    ]
    for fault in FAULTS:
        points = POINTS | {fault.exercise: POINTS[fault.exercise] - fault.costs}
        kinds.append((fault.name, right | {fault.exercise: fault.code}, points, [fault.said], None))
    for one, other in pairs()[: COUNT - len(kinds)]:
        answers = right | {fault.exercise: fault.code for fault in (one, other)}
        points = POINTS | {f.exercise: POINTS[f.exercise] - f.costs for f in (one, other)}
        kinds.append((f"{one.name}; {other.name}", answers, points, [one.said, other.said], None))
    return [Submission(f"student{i:02}", *kind) for i, kind in enumerate(kinds, 1)]


def pairs() -> list[tuple[Fault, Fault]]:
    """Return faults in different exercises, two and two, without those that stop or take long."""
    quick = [
        fault for fault in FAULTS if "endless" not in fault.name and "Python" not in fault.name
    ]
    different = [pair for pair in combinations(quick, 2) if pair[0].exercise != pair[1].exercise]
    return different[:: len(different) // COUNT]


def otherwise() -> Code:
    """Return right answers that are not written as the lesson's solutions are."""
    return {
        1: "import numpy\n" + by_hand("G.mean(axis=(1, 2))", SIGNED_MAP, HEATMAP),
        2: "my_second_heatmap = numpy.zeros((3, 3), int).tolist()",
        3: 'my_shape = list(lab.make_gradcam_heatmap(image, model, "max_pooling2d_1").shape)',
        4: "against = tf.nn.relu(-signed_map) / -signed_map.min()",
        5: f"{PREDICTED}four_as_nine = [i for i, (y, p) in enumerate(zip(digits.test_y, predicted))"
        " if (y, p) == (4, 9)][::-1]",
    }


def copy_late(notebook: NotebookNode) -> None:
    """Copy each exercise's cells to the end, with all that nbgrader and Jupyter know of them."""
    late = [
        deepcopy(cell_of(notebook, number, part))
        for number in POINTS
        for part in ("answer", "check", "marks")
    ]
    notebook.cells += late


def correct_late(notebook: NotebookNode) -> None:
    """Answer exercise 3 wrongly, and rightly in copies at the end."""
    copy_late(notebook)
    first = next(c for c in notebook.cells if c.source == cell_of(notebook, 3, "answer").source)
    first.source = "my_shape = (14, 14)"


def spoil_late(notebook: NotebookNode) -> None:
    """Answer exercise 3 rightly, and wrongly in copies at the end."""
    copy_late(notebook)
    cell_of(notebook, 3, "answer").source = "my_shape = (14, 14)"


def praise(notebook: NotebookNode) -> None:
    """Answer exercise 3 wrongly, and let its check say something else."""
    cell_of(notebook, 3, "answer").source = "my_shape = (14, 14)"
    cell_of(notebook, 3, "check").source = 'print("Correct.")'


def mark_oneself(notebook: NotebookNode) -> None:
    """Answer exercise 3 wrongly, and give it a hundred points."""
    cell_of(notebook, 3, "answer").source = "my_shape = (14, 14)"
    marks = cell_of(notebook, 3, "marks")
    marks.source, marks.metadata["nbgrader"]["points"] = "100", 100


def delete_marks(notebook: NotebookNode) -> None:
    """Delete the cell that has the points of exercise 3."""
    notebook.cells.remove(cell_of(notebook, 3, "marks"))
