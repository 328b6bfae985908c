"""The limit under which `make pod` rehearses."""

import subprocess
import sys
import time

import pytest

from benchmarks.memory_limit import PAUSE, descendants, held_bytes, scope_command, watched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
MB = 2**20
LIMIT = 200 * MB
# A process that takes memory itself, or has a child that does, and then waits.
TAKE = "memory = b'x' * ({} * 2**20); print('ready', flush=True); input()"
LET_TAKE = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("generations", [1, 2, 3])
def test_who_holds_more_than_the_limit_is_killed_and_so_is_who_started_it(generations):
    ancestors = [LET_TAKE] * (generations - 1)
    with start(*ancestors, TAKE.format(400)) as process, watched(process.pid, LIMIT) as watchdog:
        assert process.wait(20) == -9
        assert watchdog.killed
        assert LIMIT < watchdog.peak < 500 * MB


def test_what_processes_hold_is_added_up():
    with start(LET_TAKE, TAKE.format(100)) as process, watched(process.pid, LIMIT) as watchdog:
        assert process.stdout.readline() == "ready\n"
        for _ in range(1000):  # as many looks as a busy machine needs
            if watchdog.peak > 100 * MB:
                break
            time.sleep(PAUSE)
        (of_process,) = descendants(process.pid)
        assert 100 * MB < held_bytes(of_process) < 130 * MB
        process.communicate("\n", 20)
    assert process.returncode == 0
    assert 100 * MB < watchdog.peak < LIMIT
    assert not watchdog.killed


def test_a_process_that_has_ended_holds_nothing():
    process = start("pass")
    process.wait()
    assert held_bytes(process.pid) == 0
    assert list(descendants(process.pid)) == []


def test_without_systemd_there_is_no_command_for_a_cgroup(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert scope_command(LIMIT) == []
