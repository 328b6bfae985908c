"""The rehearsal of a class counts, measures and listens as it says; `make class` runs it."""

import io
import subprocess
import sys
from pathlib import Path

import comm
import nbformat
import numpy as np
import psutil
import pytest
from comm.base_comm import BaseComm
from PIL import Image

import gradcam_lab as lab
from tools.class_rehearsal.front_end import (
    EXPLORER,
    WIDGET_VIEW,
    Message,
    Widgets,
    new_picture,
    set_value,
    shown_widget,
)
from tools.class_rehearsal.hub import LOOPBACK, free_ports, settings
from tools.class_rehearsal.processes import Memory, memory_by_student, read_memory
from tools.class_rehearsal.report import Record, percentile, report

ROOT = Path(__file__).parents[2]
ROLLUP = """55d0c0000000-7ffd00000000 ---p 00000000 00:00 0    [rollup]
Rss:              900000 kB
Pss:              700000 kB
Pss_Dirty:        600000 kB
"""
SLEEP = "import time; time.sleep(60)"
SAY_SO_AND_SLEEP = f"print('here', flush=True); {SLEEP}"
ITS_PARENT = f"""
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", {SLEEP!r}], stdout=-3, stderr=-3).pid)
"""
LEAVES_AN_ORPHAN = f"""
import subprocess, sys
from tools.class_rehearsal.processes import nothing_left_behind
with nothing_left_behind():
    subprocess.run([sys.executable, "-c", {ITS_PARENT!r}])
"""


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        (range(1, 101), 95, 95),
        (range(1, 21), 95, 19),
        ([3, 1, 2], 50, 2),
        ([5], 95, 5),
        ([2, 9], 100, 9),
    ],
)
def test_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values, percent, expected):
    assert percentile(values, percent) == expected


def test_percentile_of_random_values_lies_between_numpys_neighbours():
    values = list(np.random.default_rng(0).random(237))
    low, high = (np.percentile(values, 95, method=side) for side in ("lower", "higher"))
    assert low <= percentile(values, 95) <= high


def test_memory_is_read_in_bytes_and_added_up():
    one = read_memory(ROLLUP)
    assert one == Memory(shared_fairly=700_000 * 1024, resident=900_000 * 1024)
    assert one + one == Memory(1_400_000 * 1024, 1_800_000 * 1024)


def test_memory_of_a_student_is_that_of_the_processes_in_the_students_name():
    command, environment = [sys.executable, "-c", SAY_SO_AND_SLEEP], {"JUPYTERHUB_USER": "ada"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()  # a process that has only begun has no environment yet
            measured = memory_by_student()
        finally:
            process.kill()
    assert set(measured) == {"ada"}
    assert 0 < measured["ada"].shared_fairly <= measured["ada"].resident < 100e6


def test_a_process_whose_parent_has_ended_is_not_left_behind():
    run = subprocess.run(
        [sys.executable, "-c", LEAVES_AN_ORPHAN], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert not psutil.pid_exists(int(run.stdout))


def test_report_counts_and_names_every_failure():
    good = Record("ada", {"run lesson 2": 9.6}, [0.02] * 19 + [0.5], Memory(int(7e8), int(9e8)))
    bad = Record("bob", failures=["run lesson 2: no", "and again"])
    lines = report([good, bad], "2 cores", 61.2).splitlines()
    assert "| students | 2 |" in lines
    assert "| failures | 2 |" in lines
    assert "| moves of the explorer that were answered | 20 |" in lines
    assert "| from control to answer, 95th percentile | 20 ms |" in lines
    assert "| from control to answer, longest | 500 ms |" in lines
    assert "| run lesson 2, median and longest | 10 s, 10 s |" in lines
    assert lines[-2:] == ["- bob: run lesson 2: no", "- bob: and again"]


def test_report_of_a_class_that_met_nothing_but_failures_says_not_measured():
    text = report([Record("ada", failures=["log in: no"])], "2 cores", 1)
    assert "95th percentile | not measured |" in text
    assert "nan" not in text


def test_message_is_read_as_it_was_written():
    message = Message("shell", "comm_msg", {"comm_id": "ä"}, buffers=[b"\0\1", b""])
    read = Message.decode(message.encode("session", "subshell"))
    assert read == message


def test_everything_listens_on_loopback_alone():
    text = str(settings(Path("/folder"), "secret", 1, 2, 3))
    assert text.count("http://") == text.count(f"http://{LOOPBACK}:") == 3
    assert len(set(free_ports(3))) == 3


def test_one_cell_of_the_lesson_shows_the_explorer_that_is_moved():
    cells = nbformat.read(ROOT / "notebooks" / "02_grad_cam.ipynb", as_version=4).cells
    (cell,) = [cell for cell in cells if cell.cell_type == "code" and EXPLORER in cell.source]
    assert cell.source.splitlines()[-1] == "explorer"


class Wire(BaseComm):
    """Stands where the websocket is: notes each message as the rehearsal would receive it."""

    def __init__(self, heard, wires, **options):
        self._heard = heard
        super().__init__(**options)
        wires[self.comm_id] = self

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **_):
        content = {"comm_id": self.comm_id, "data": data}
        message = Message("iopub", msg_type, content, buffers=[bytes(b) for b in buffers or ()])
        self._heard.append(Message.decode(message.encode("session")))


def test_moved_control_is_answered_by_the_picture_that_was_asked_for(monkeypatch, cnn, digits):
    heard, wires, widgets = [], {}, Widgets()
    monkeypatch.setattr(comm, "create_comm", lambda **options: Wire(heard, wires, **options))
    explorer = lab.GradCAMExplorer(cnn, digits.test_x)
    for message in heard:
        widgets.hear(message)
    slider = widgets.find(explorer.model_id, "gradcam-index")
    view = widgets.find(explorer.model_id, "gradcam-view")
    assert widgets.models[slider]["value"] == 0
    heard.clear()
    wires[slider].handle_msg({"content": set_value(slider, 11).content, "buffers": []})
    assert explorer.index == 11
    (picture,) = [each for each in (new_picture(message, view) for message in heard) if each]
    shown = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    assert np.array_equal(shown, np.round(255 * digits.test_x[11, :, :, 0]))


def test_output_tells_which_widget_it_shows():
    data = {"text/plain": "", WIDGET_VIEW: {"model_id": "abc"}}
    assert shown_widget(Message("iopub", "execute_result", {"data": data})) == "abc"
    assert shown_widget(Message("iopub", "stream", {"text": "words"})) is None
