"""For every test, lessons included: no download, no weights from the user's own cache.

And for lessons: what a cell prints is what its notebook shows, as far as processors agree.
"""

import os
import re
from pathlib import Path

from nbval.plugin import IPyNbCell

from tools.sync_lessons import for_readers

os.environ["GRADCAM_LAB_OFFLINE"] = "1"
os.environ["KERAS_HOME"] = str(Path(__file__).parent / "build" / "keras")
for name in ("GRADCAM_LAB_WEIGHTS", "GRADCAM_LAB_WEIGHTS_URL"):
    os.environ.pop(name, None)
if "PYTEST_XDIST_WORKER" in os.environ:  # each core has a worker: more threads only wait
    os.environ["TF_NUM_INTRAOP_THREADS"] = "1"

# Numbers with a point or an exponent; the blanks before them align columns. All else is words.
NUMBER = re.compile(r" *-?\d+(?:\.\d*(?:e[+-]\d+)?|e[+-]\d+)")
# The heatmaps of EfficientNet-Lite0, in [0, 1], differ by up to 0.023 from processor to processor.
ABSOLUTE, RELATIVE = 0.025, 0.001


class Printed(str):
    """What a cell prints: equal if the words are, whole numbers too, and the others nearly."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        """Tell whether two texts are the same on another processor."""
        if not isinstance(other, str) or NUMBER.sub("0.", self) != NUMBER.sub("0.", other):
            return False
        pairs = zip(NUMBER.findall(self), NUMBER.findall(other), strict=True)
        numbers = [(float(a), float(b)) for a, b in pairs]
        return all(abs(a - b) <= ABSOLUTE + RELATIVE * max(abs(a), abs(b)) for a, b in numbers)

    def __ne__(self, other: object) -> bool:
        """Tell whether they are not; text has a way of its own, and nbval asks this."""
        return not self == other


def as_printed(_: IPyNbCell, text: object) -> object:
    """Take an output just before nbval compares it with another."""
    return Printed(text) if isinstance(text, str) else text


IPyNbCell.sanitize = as_printed


def compare_as_readers(cell: IPyNbCell, test: list, ref: list, skip: tuple | None = None) -> tuple:
    """Compare what a cell gave with its notebook after leaving out what that leaves out."""
    return compare_outputs(cell, for_readers(test), ref, skip)


compare_outputs = IPyNbCell.compare_outputs
IPyNbCell.compare_outputs = compare_as_readers
