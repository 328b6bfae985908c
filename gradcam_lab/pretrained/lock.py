"""One process at a time, also after a crash: a lock that the system holds for its owner."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

POLL = 0.2  # seconds between two looks at a lock that somebody else holds


@contextmanager
def one_at_a_time(path: Path, waiting: str) -> Iterator[None]:
    """Let one process at a time through, and the next one when it has left or has crashed.

    The file says nothing by being there: the system holds the lock for as long as its owner has
    the file open, so that nobody has to tidy up after a kernel that was killed.

    Parameters
    ----------
    path : Path
        An empty file, made where there is none.
    waiting : str
        What to print, once, where another process is at it.
    """
    with path.open("ab") as file:
        if not _take(file):
            print(waiting)
            while not _take(file):
                time.sleep(POLL)
        yield


def _take(file: BinaryIO) -> bool:
    """Take the lock of an open file; False where somebody else has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # the second one is Windows's
        return False
    except OSError:  # a network folder without locks: go on, the hash of the file still guards
        return True
    return True
