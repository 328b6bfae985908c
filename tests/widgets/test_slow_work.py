import subprocess
import sys
import time
from threading import Event, Thread

import ipywidgets as widgets
import pytest

from gradcam_lab.widgets.slow_work import SlowWork


@pytest.fixture
def presses():
    return []


@pytest.fixture
def slow_work(presses):
    work = SlowWork("counting", lambda: presses.append("cancelled"))
    yield work
    work.cancel()
    work.wait()


class Endless:
    """Work that reports progress until it is stopped."""

    def __init__(self):
        self.running, self.stopped, self.errors = Event(), Event(), []

    def __call__(self, progress):
        try:
            while True:
                progress(1, 100)
                self.running.set()
                time.sleep(0.002)
        except Exception as error:  # as any code on the way might
            self.errors.append(error)
        finally:
            self.stopped.set()


def is_seen(slow_work):
    return slow_work.layout.display != "none"


def test_nothing_is_seen_before_there_is_work_and_after_it(slow_work):
    assert not is_seen(slow_work)
    gate = Event()
    slow_work.begin(lambda progress: gate.wait(10))
    assert is_seen(slow_work)
    gate.set()
    slow_work.wait()
    assert not is_seen(slow_work)


def test_work_runs_in_another_thread_and_can_be_waited_for(slow_work):
    done, gate = [], Event()
    slow_work.wait()  # there is none yet
    slow_work.begin(lambda progress: (gate.wait(10), done.append("work")))
    assert done == []
    gate.set()
    slow_work.wait()
    assert done == ["work"]


def test_progress_is_shown_at_most_ten_times_a_second(slow_work, find, monkeypatch):
    shown, milliseconds = [], 0
    monkeypatch.setattr("gradcam_lab.widgets.slow_work.time.monotonic", lambda: milliseconds / 1000)
    bar = find(slow_work, widgets.IntProgress)
    bar.observe(lambda change: shown.append((milliseconds, bar.value, bar.max)), "value")

    def count_to_400(progress):
        nonlocal milliseconds
        for milliseconds in range(1, 401):
            progress(milliseconds, 400)

    slow_work.begin(count_to_400)
    slow_work.wait()
    assert shown == [(done, done, 400) for done in (101, 202, 303)]


def test_new_work_starts_from_zero(slow_work, find):
    slow_work.begin(lambda progress: (time.sleep(0.11), progress(70, 100)))
    slow_work.wait()
    bar = find(slow_work, widgets.IntProgress)
    assert bar.value == 70
    slow_work.begin(Endless())
    assert bar.value == 0


def test_cancelled_work_stops_at_its_next_report(slow_work, presses):
    endless = Endless()
    slow_work.begin(endless)
    endless.running.wait(10)
    slow_work.cancel()
    assert not is_seen(slow_work)
    slow_work.wait()
    assert endless.stopped.is_set()
    assert endless.errors == []
    assert presses == []


def test_button_cancels_and_says_so_afterwards(slow_work, presses, find):
    endless = Endless()
    slow_work.begin(endless)
    endless.running.wait(10)
    find(slow_work, "gradcam-cancel").click()
    assert endless.stopped.wait(10)
    assert not is_seen(slow_work)
    assert presses == ["cancelled"]


def test_new_work_takes_the_place_of_what_is_still_running(slow_work):
    first, second = Endless(), Endless()
    slow_work.begin(first)
    first.running.wait(10)
    slow_work.begin(second)
    assert first.stopped.wait(10)
    assert second.running.wait(10)
    assert not second.stopped.is_set()
    assert is_seen(slow_work)


def test_work_that_ends_late_does_not_hide_the_work_in_its_place(slow_work):
    gate, ended, second = Event(), Event(), Endless()
    slow_work.begin(lambda progress: (gate.wait(10), ended.set()))
    late = slow_work._thread
    slow_work.begin(second)
    gate.set()
    late.join(10)
    assert ended.is_set()
    assert is_seen(slow_work)


def test_whoever_waits_waits_also_for_work_that_takes_the_place(slow_work):
    first, gate, done = Endless(), Event(), []
    slow_work.begin(first)
    first.running.wait(10)
    waiting = Thread(target=lambda: (slow_work.wait(), done.append("wait")))
    waiting.start()
    slow_work.begin(lambda progress: (gate.wait(10), done.append("work")))
    first.stopped.wait(10)
    time.sleep(0.05)  # time enough to stop waiting too early
    gate.set()
    waiting.join(10)
    assert done == ["work", "wait"]


def test_script_that_ends_while_score_cam_runs_waits_for_it():
    code = """
import atexit
atexit.register(lambda: print("at work:", explorer._slow_work._thread.is_alive()))  # runs last
import gradcam_lab as lab
network = lab.load_pretrained("efficientnet_lite0")
explorer = lab.GradCAMExplorer(network, [lab.sample_image("cat")])
explorer.method = "scorecam"
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "at work: False\n", "")
