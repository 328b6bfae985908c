"""Rehearse Binder: JupyterLab and one lesson at a time, in 2 GB and on one core (Linux).

    python -m benchmarks.pod              (make pod)

The server is started through binder/start, with the settings of binder/overrides.json, and the
cells of a lesson go to its kernel through the server, as those of a browser would. Prints a
Markdown table. Its last row proves the limit: a cell that takes 3 GB has to be killed. Where the
official weights of VGG16 are not in Keras's cache, random ones take their place.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import websocket

from benchmarks.lessons import LESSONS, ROOT, check_network, lesson_cells
from benchmarks.memory_limit import PAUSE, Watchdog, scope_command, watched
from benchmarks.remote_kernel import remote_kernel
from benchmarks.vgg16_weights import keras_home_with_vgg16
from tools.browser.local_server import JupyterServer, jupyter_server

MB = 2**20
LIMIT = 2048 * MB  # what Binder grants
TO_RUN_A_CELL = 300  # seconds
GLUTTON = f"memory = bytearray({3072 * MB})\nmemory[::4096] = b'x' * {3072 * MB // 4096}"
RAN, KILLED = "ran through", "killed at the limit"


@contextmanager
def pod(scope: Sequence[str], core: int) -> Iterator[tuple[JupyterServer, Watchdog]]:
    """Run a server within a pod's limits; give it, and what watches it."""
    start = (*scope, "taskset", "--cpu-list", str(core), str(ROOT / "binder" / "start"))
    settings = f"--LabApp.app_settings_dir={ROOT / 'binder'}"
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as home,
        jupyter_server(Path(home), "JupyterLab", start, [settings]) as server,
        watched(server.pid, LIMIT, in_scope=bool(scope)) as watchdog,
    ):
        yield server, watchdog


def rehearse(server: JupyterServer, watchdog: Watchdog, name: str, cells: Sequence[str]) -> str:
    """Run cells in a new kernel, print the row of the table, and return how it ended."""
    watchdog.peak, start, result = 0, time.perf_counter(), RAN
    try:
        with remote_kernel(server.url, server.token, TO_RUN_A_CELL) as kernel:
            check_network(name, "".join(map(kernel.run, cells)))
    except (RuntimeError, OSError, websocket.WebSocketException) as error:
        result = KILLED if watchdog.killed else f"{type(error).__name__}: {error}"
    seconds, peak = time.perf_counter() - start, watchdog.peak / MB
    print(f"| {name} | {seconds:.0f} | {peak:.0f} | {result} |", flush=True)
    return result


def main() -> None:
    """Print the table; exit with 1 if a lesson did not run through or the limit is none."""
    if not sys.platform.startswith("linux"):
        sys.exit("pod.py sets limits that only Linux has")
    scope, core = scope_command(LIMIT), min(os.sched_getaffinity(0))
    keeper = "systemd's cgroup" if scope else f"a watchdog that looks every {PAUSE} s (no systemd)"
    with keras_home_with_vgg16() as (home, weights):
        print(f"JupyterLab, kernel and lesson: {LIMIT // MB} MB in all, kept by {keeper};")
        print(f"core {core} alone; lesson 3 asks VGG16 with {weights}.\n")
        print("| in the pod | seconds | peak of all, MB | |\n|---|---|---|---|", flush=True)
        with pod(scope, core) as inside:
            ends = [rehearse(*inside, name, lesson_cells(name, home)) for name in LESSONS]
    with pod(scope, core) as inside:
        ends.append(rehearse(*inside, "a cell that takes 3 GB", [GLUTTON]))
    sys.exit(ends != [RAN] * len(LESSONS) + [KILLED])


if __name__ == "__main__":
    main()
