"""What a rehearsal has found, as Markdown."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.class_rehearsal.processes import Memory

MB = 1e6


@dataclass
class Record:
    """What one student has met with: seconds of each step and answer, memory, what went wrong."""

    name: str
    steps: dict[str, float] = field(default_factory=dict)
    answers: list[float] = field(default_factory=list)
    memory: Memory | None = None
    failures: list[str] = field(default_factory=list)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of the values that at least so many per cent of them do not exceed."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def report(records: Sequence[Record], machine: str, seconds: float) -> str:
    """Return the tables, and every failure by name."""
    measured = [record.memory for record in records if record.memory]
    answers = [each for record in records for each in record.answers]
    failures = [f"- {record.name}: {failure}" for record in records for failure in record.failures]
    rows = [
        ("machine", machine),
        ("students", f"{len(records)}"),
        *memory_rows(measured),
        *((f"{step}, median and longest", spread(records, step)) for step in steps_of(records)),
        ("moves of the explorer that were answered", f"{len(answers)}"),
        ("from control to answer, median", milliseconds(percentile(answers, 50))),
        ("from control to answer, 95th percentile", milliseconds(percentile(answers, 95))),
        ("from control to answer, longest", milliseconds(percentile(answers, 100))),
        ("failures", f"{len(failures)}"),
        ("duration", f"{seconds:.0f} s"),
    ]
    table = ["| class | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join([*table, *(["", "Failures:", "", *failures] if failures else [])])


def memory_rows(measured: Sequence[Memory]) -> list[tuple[str, str]]:
    """Return what each student takes, and all together."""
    shared = [memory.shared_fairly for memory in measured]
    resident = [memory.resident for memory in measured]
    return [
        ("memory of a student (Pss of server and kernel), median and most", of_memory(shared)),
        ("the same, shared pages counted in full (Rss), median and most", of_memory(resident)),
        ("memory of all students", f"{sum(shared) / 1e9:.1f} GB"),
    ]


def of_memory(values: Sequence[int]) -> str:
    """Write median and maximum."""
    if not values:
        return "not measured"
    return f"{statistics.median(values) / MB:.0f} MB, {max(values) / MB:.0f} MB"


def steps_of(records: Sequence[Record]) -> list[str]:
    """Return the names of all steps, in their order."""
    return list(dict.fromkeys(step for record in records for step in record.steps))


def spread(records: Sequence[Record], step: str) -> str:
    """Write median and maximum of the seconds that a step took those who finished it."""
    seconds = [record.steps[step] for record in records if step in record.steps]
    return f"{statistics.median(seconds):.0f} s, {max(seconds):.0f} s"


def milliseconds(seconds: float) -> str:
    """Write a time, or that there is none."""
    return "not measured" if math.isnan(seconds) else f"{1000 * seconds:.0f} ms"
