"""What nbgrader lacks for these lessons: nbgrader_config.py of a released course names it.

Only the machine that grades needs nbgrader; nothing else of the package imports this file.
"""

import re

import nbformat
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import DeduplicateIds, Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade

HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", flags=re.DOTALL)
WHAT_HAPPENED = {
    CellTimeoutError: "This cell did not come to an end in time. It was left out.",
    DeadKernelError: "This cell ended Python. It was left out.",
}


class LastCopyCounts(DeduplicateIds):
    """Of a cell that was copied with its metadata, grade the last one.

    So does nbgrader 0.9; but it leaves empty metadata in the others, takes these for a file of an
    old version, and grades nobody any more.
    """

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """Make a cell that does not count an ordinary one."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.metadata.get("nbgrader") == {}:
            del cell.metadata["nbgrader"]
        return cell, resources


class ExecutePastFailures(Execute):
    """Run a submission to its last cell, also past an endless loop and past the end of Python.

    nbgrader interrupts an endless loop, which a bare ``except`` survives, so that every later cell
    waits for its turn in vain; and where a kernel dies it gives up the submission. Here the
    notebook is run anew, without the cell that failed.
    """

    interrupt_on_timeout = False  # it raises CellTimeoutError instead
    store_widget_state = False
    running: int | None = None  # the cell's place in the notebook

    def preprocess(
        self, nb: NotebookNode, resources: dict, km: object = None
    ) -> tuple[NotebookNode, dict]:
        """Run the notebook, as often as it takes; at most once for each cell."""
        self.failures: dict[int | None, str] = {}
        while True:
            try:
                return super().preprocess(nb, resources, km)
            except tuple(WHAT_HAPPENED) as error:
                if self.running in self.failures:
                    raise
                self.failures[self.running] = WHAT_HAPPENED[type(error)]

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """Run a cell, or say why it is not run again."""
        self.running = cell_index
        if cell_index not in self.failures:
            return super().preprocess_cell(cell, resources, cell_index)
        said = self.failures[cell_index]
        cell.outputs = [
            nbformat.v4.new_output("error", ename="LeftOut", evalue=said, traceback=[said])
        ]
        return cell, resources


class LeaveOutHiddenTests(NbGraderPreprocessor):
    """Take the hidden tests out of what students get back."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, cell_index: int
    ) -> tuple[NotebookNode, dict]:
        """Take them out of a cell that has points; a student's own words are left alone."""
        if is_grade(cell):
            cell.source = HIDDEN.sub("", cell.source)
        return cell, resources
