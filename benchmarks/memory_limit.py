"""A hard limit on the memory of a process and of all that it starts (Linux).

Where systemd runs, the kernel keeps it (a cgroup). Elsewhere a watchdog adds up twenty times a
second what the processes hold, and kills all of them at the limit. It is stricter than a cgroup:
what two processes share counts twice, and so do pages of files, which a cgroup would give up first.
Address space is no measure: TensorFlow reserves far more than it uses.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

PAUSE = 0.05  # seconds between two looks; a peak that is shorter is not seen
PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE")


def scope_command(limit: int) -> list[str]:
    """Return what starts a command in a cgroup of `limit` bytes, or nothing where that fails."""
    command = ["systemd-run", "--quiet", "--scope", *([] if os.geteuid() == 0 else ["--user"])]
    command += ["--property", f"MemoryMax={limit}", "--property", "MemorySwapMax=0"]
    if shutil.which("systemd-run") is None:
        return []
    limit_inside = "cat /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)/memory.max"
    trial = subprocess.run([*command, "sh", "-c", limit_inside], capture_output=True, text=True)
    return command if trial.stdout.strip() == str(limit) else []


@contextmanager
def watched(pid: int, limit: int, in_scope: bool = False) -> Iterator["Watchdog"]:
    """Give a `Watchdog` that is at work."""
    watchdog = Watchdog(pid, limit, in_scope)
    watchdog.start()
    try:
        yield watchdog
    finally:
        watchdog.stop()


class Watchdog(Thread):
    """Follows what a process and all that it has started hold, and kills them at the limit.

    Parameters
    ----------
    pid : int
        The process.
    limit : int
        Bytes.
    in_scope : bool
        Whether the process was started by `scope_command`: then the system keeps the limit, and
        the watchdog only ends what is left when the system has killed a part of it.

    Attributes
    ----------
    peak : int
        The most bytes that were seen; it may be set to 0 to begin anew.
    killed : bool
        Whether the limit was reached.
    """

    def __init__(self, pid: int, limit: int, in_scope: bool = False) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.killed = False
        self._pid, self._limit, self._in_scope = pid, limit, in_scope
        self._stopped = Event()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self.join()

    def run(self) -> None:
        """Look again and again, until the limit is reached or nobody asks any more."""
        while not self.killed and not self._stopped.wait(PAUSE):
            processes = [self._pid, *descendants(self._pid)]
            held = sum(map(held_bytes, processes))
            self.peak = max(self.peak, held)
            if scope_kills(self._pid) if self._in_scope else held > self._limit:
                self.killed = True
                for process in processes:
                    with suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)


def descendants(pid: int) -> Iterator[int]:
    """Give the processes that a process has started, that these have started, and so on."""
    children: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            parent = stat.read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(stat.parent.name))
    waiting = [pid]
    while waiting:
        found = children.get(waiting.pop(), [])
        waiting += found
        yield from found


def held_bytes(pid: int) -> int:
    """Return how much of a process is in memory (its resident set)."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE
    except OSError:  # it has ended
        return 0


def scope_kills(pid: int) -> int:
    """Return how many processes of a process's cgroup the system has killed for their memory."""
    try:
        group = (PROC / str(pid) / "cgroup").read_text().partition("0::/")[2].strip()
        events = (Path("/sys/fs/cgroup") / group / "memory.events").read_text()
        return int(events.split("oom_kill ")[1].split()[0])
    except OSError:  # all of them: the cgroup is gone
        return 1
