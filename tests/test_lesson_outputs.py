"""A lesson's test fails where a cell prints something else than its notebook shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
SHOWN = "loss 0.512, 1 of 20\nlogit  9.1\n"
PRINTED = {
    "loss 0.512, 1 of 20\nlogit  9.1\n": "same",
    "loss 0.536, 1 of 20\nlogit  9.1\n": "0.024 more",
    "loss 0.5, 1 of 20\nlogit  9.13\n": "other digits",
    "loss 0.512, 1 of 20\nlogit -9.1\n": "other sign",
    "loss 0.540, 1 of 20\nlogit  9.1\n": "0.028 more",
    "loss 0.512, 1 of 20\nlogit 10.1\n": "one more",
    "loss 0.512, 2 of 20\nlogit  9.1\n": "other count",
    "cost 0.512, 1 of 20\nlogit  9.1\n": "other word",
    "loss 0.512, 1 of 20\nlogit  nan\n": "no number",
    "loss 0.512, 1 of 20\n": "line less",
    "loss 0.512, 1 of 20\nlogit  9.1\nlogit  9.1\n": "line more",
}
AGREE = ("same", "0.024 more", "other digits")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run a notebook whose cells print one of the texts each, and show the same one."""
    shown = nbformat.v4.new_output("stream", name="stdout", text=SHOWN)
    cells = [
        nbformat.v4.new_code_cell(f"print({text!r}, end='')", outputs=[shown], execution_count=1)
        for text in PRINTED
    ]
    path = tmp_path_factory.mktemp("lesson") / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "conftest"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", "-rA", path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    found = re.findall(r"^(PASSED|FAILED) \S*::Cell (\d+)", run.stdout, flags=re.MULTILINE)
    return {list(PRINTED.values())[int(number)]: outcome for outcome, number in found}


@pytest.mark.parametrize("difference", PRINTED.values())
def test_only_numbers_with_a_point_may_differ_and_by_little(outcomes, difference):
    assert outcomes[difference] == ("PASSED" if difference in AGREE else "FAILED")
