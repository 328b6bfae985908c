"""Rehearse a class: many students on one JupyterHub, all at once (Linux).

    make class STUDENTS=20

Each logs in, starts a server, runs lesson 2 and then moves the explorer for a minute: what a
browser would send goes over HTTP and the kernel's websocket, without a browser. Each step begins
for all at the same moment, which no real class does. Prints Markdown. Everything stays on this
machine, in a temporary folder, and ends with this program.
"""

import argparse
import asyncio
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import nbformat
import numpy as np

from tools.class_rehearsal.hub import PROXY, ROOT, Hub, hub
from tools.class_rehearsal.processes import available_memory, memory_by_student, nothing_left_behind
from tools.class_rehearsal.report import Record, report
from tools.class_rehearsal.student import TO_ANSWER, Student

LESSON = "02_grad_cam.ipynb"
DIGITS = ROOT / "gradcam_lab" / "assets" / "mnist_digits.npz"
HARD_LIMIT = 15 * 60  # seconds; then it stops and says who was not done
EXPLORING = 60  # seconds
A_STUDENT_NEEDS = 0.75e9  # bytes, roughly: with less at hand it does not begin
Step = Callable[[Student, Record], Awaitable[None]]


async def attend(students: Sequence[Student], records: Sequence[Record]) -> None:
    """Let all take each step at once; whoever fails takes no further one."""
    cells = code_cells(ROOT / "notebooks" / LESSON)
    steps: dict[str, Step] = {
        "log in": lambda student, _: student.log_in(),
        "start a server": lambda student, _: student.start_server(),
        "start a kernel": lambda student, _: student.open_notebook(LESSON),
        "run lesson 2": lambda student, _: student.run(cells),
        "move the explorer": explore,
    }
    try:
        for name, step in steps.items():
            present = [pair for pair in zip(students, records, strict=True) if not pair[1].failures]
            print(f"{len(present)} students {name} ...", file=sys.stderr, flush=True)
            await asyncio.gather(*(take(name, step, *pair) for pair in present))
        memory = memory_by_student()
        for record in records:
            record.memory = None if record.failures else memory.get(record.name)
    finally:
        await asyncio.gather(*(student.leave() for student in students))


async def take(name: str, step: Step, student: Student, record: Record) -> None:
    """Take a step, and write down how long it took or why it failed."""
    start = time.perf_counter()
    try:
        await step(student, record)
        record.steps[name] = time.perf_counter() - start
    except asyncio.CancelledError:
        record.failures.append(f"{name}: not done when the time was over")
        raise
    except Exception as error:
        record.failures.append(f"{name}: {error or type(error).__name__}")


async def explore(student: Student, record: Record) -> None:
    """Move the explorer again and again, and write down each answer's time."""
    end = time.perf_counter() + EXPLORING
    while time.perf_counter() < end:
        try:
            record.answers.append(await student.move())
        except TimeoutError:
            record.failures.append(f"move the explorer: no answer within {TO_ANSWER} s")


def code_cells(notebook: Path) -> list[str]:
    """Return the code of a notebook, cell by cell."""
    cells = nbformat.read(notebook, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


async def within_limit(running: Hub, records: Sequence[Record]) -> None:
    """Hold the class, and end it when the hard limit is reached."""
    with np.load(DIGITS) as arrays:
        pictures = arrays["test_x"].reshape(-1, 28, 28)
    students = [Student(record.name, running, pictures) for record in records]
    try:
        async with asyncio.timeout(HARD_LIMIT):
            await attend(students, records)
    except TimeoutError:
        print(f"stopped after {HARD_LIMIT} s", file=sys.stderr)


def check(students: int) -> None:
    """Say what is missing, before anything is started."""
    if not Path("/proc/self/smaps_rollup").exists():
        sys.exit("the rehearsal reads /proc, which only Linux has")
    if not PROXY.exists():
        sys.exit("JupyterHub's proxy is not installed: make class installs it")
    if (available := available_memory()) < students * A_STUDENT_NEEDS:
        sys.exit(
            f"{available / 1e9:.1f} GB of memory are at hand, {students} students need about "
            f"{students * A_STUDENT_NEEDS / 1e9:.1f} GB: ask for fewer, make class STUDENTS=5"
        )


def main() -> None:
    """Rehearse, and print the report."""
    parser = argparse.ArgumentParser(description="Rehearse a class on one JupyterHub.")
    parser.add_argument("--students", type=int, default=20, help="how many (default: 20)")
    count = parser.parse_args().students
    check(count)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also where a shell ignores it
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: signal.raise_signal(signal.SIGINT))
    records = [Record(f"student{i:02}") for i in range(1, count + 1)]
    start, before = time.perf_counter(), os.getloadavg()[0]
    try:
        with (
            tempfile.TemporaryDirectory(prefix="gradcam-class-") as folder,
            nothing_left_behind(),
            hub(Path(folder), [each.name for each in records], secrets.token_hex()) as running,
        ):
            asyncio.run(within_limit(running, records))
    except KeyboardInterrupt:
        sys.exit("stopped; nothing is left running")
    machine = f"{len(os.sched_getaffinity(0))} cores, load {before:.1f} before the start"
    print(report(records, machine, time.perf_counter() - start))
    sys.exit(any(record.failures for record in records))


if __name__ == "__main__":
    main()
