"""The processes of a rehearsal: how much memory each student's take, and that none is left behind.

Linux only: it reads /proc.
"""

import ctypes
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

BECOME_SUBREAPER = 36  # of prctl(2): orphans of ours become our children, not init's
KIB = 1024
TO_STOP = 5  # seconds


@dataclass(frozen=True)
class Memory:
    """Memory of some processes, in bytes.

    Attributes
    ----------
    shared_fairly : int
        Pss: a page that n processes share counts as 1/n. Sums of it are what a machine needs.
    resident : int
        Rss: every page counts in full. What a student needs who is alone on a machine.
    """

    shared_fairly: int = 0
    resident: int = 0

    def __add__(self, other: "Memory") -> "Memory":
        """Return the memory of both."""
        return Memory(
            self.shared_fairly + other.shared_fairly,
            self.resident + other.resident,
        )


def read_memory(rollup: str) -> Memory:
    """Read the text of a /proc/PID/smaps_rollup."""
    fields = dict(line.split(":", 1) for line in rollup.splitlines()[1:])
    pss, rss = (KIB * int(fields[name].split()[0]) for name in ("Pss", "Rss"))
    return Memory(pss, rss)


def memory_by_student() -> dict[str, Memory]:
    """Measure server, kernels and whatever else runs below this process in a student's name."""
    students: dict[str, Memory] = defaultdict(Memory)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error, OSError):  # it has ended meanwhile
            name = process.environ().get("JUPYTERHUB_USER")
            if name:
                rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
                students[name] += read_memory(rollup)
    return dict(students)


def available_memory() -> int:
    """Return how many bytes the machine can still give without swapping."""
    return psutil.virtual_memory().available


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """End, at the end, every process that was started inside, whoever started it."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        for impatient in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(impatient, signal.SIG_IGN)
        stop_all()


def stop_all() -> None:
    """End all processes below this one: ask once, and then ask no more."""
    send_to_all(signal.SIGTERM)
    while send_to_all(signal.SIGKILL):
        pass


def send_to_all(sign: signal.Signals) -> bool:
    """Send a signal to all processes below this one, wait a little; tell if there was any."""
    below = psutil.Process().children(recursive=True)
    for process in below:
        with suppress(psutil.Error):
            process.send_signal(sign)
    psutil.wait_procs(below, timeout=TO_STOP)
    return bool(below)
