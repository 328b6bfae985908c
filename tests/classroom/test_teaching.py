"""TEACHING.md names only what exists: commands, variables, sections; and its plans add up."""

import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "TEACHING.md").read_text()
LESSONS = [
    re.sub(r"\n# ?", "\n", path.read_text()) for path in sorted((ROOT / "notebooks").glob("*.py"))
]
PLANS = {"Ninety minutes": [90], "Three times fifty minutes": [50, 50, 50]}
needs_the_command = pytest.mark.skipif(
    importlib.util.find_spec("gradcam_lab.classroom.command") is None,
    reason="the command gradcam-lab is not in this tree",
)


def headings() -> dict[str, list[str]]:
    """Return the sections, such as 2.3, in which each heading of the lessons stands."""
    found, section = defaultdict(list), ""
    for title in re.findall(r"^#{2,3} (.+)$", "\n".join(LESSONS), flags=re.MULTILINE):
        number = re.match(r"[1234]\.\d", title)
        section = number[0] if number else section
        found[title].append(section)
    return dict(found)


HEADINGS = headings()


def part(title: str) -> str:
    """Return what stands below one heading of TEACHING.md."""
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[list[str]]]:
    """Return the cells of all tables, without their heads."""
    tables = re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE)
    return [
        [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
        for table in tables
    ]


def in_italics(text: str) -> list[str]:
    return [each.replace("\n", " ") for each in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", text)]


@pytest.mark.parametrize("plan", PLANS)
def test_minutes_of_a_plan_follow_each_other_and_fill_the_time(plan):
    times = [[re.findall(r"\d+", row[0]) for row in table] for table in rows(part(plan))]
    assert [int(table[-1][1]) for table in times] == PLANS[plan]
    for table in times:
        starts, ends = [int(start) for start, _ in table], [int(end) for _, end in table]
        assert starts == [0, *ends[:-1]]


@pytest.mark.parametrize("plan", PLANS)
def test_plan_goes_through_the_sections_in_their_order(plan):
    named = [row[1] for table in rows(part(plan)) for row in table if row[1]]
    ends = [(cell.split("–")[0], cell.split("–")[-1]) for cell in named]
    flat = [number for pair in ends for number in pair]
    assert flat == sorted(flat)
    assert {number[0] for number in flat} == set("123")


def test_every_section_that_is_named_exists():
    planned = [row[1] for plan in PLANS for table in rows(part(plan)) for row in table]
    wrong = [row[0] for row in rows(part("What goes wrong, step by step"))[0]]
    sections = {section for places in HEADINGS.values() for section in places}
    assert {*wrong, *re.findall(r"[1234]\.\d", " ".join(planned))} <= sections
    assert wrong == sorted(wrong)


def test_words_in_italics_are_headings_or_italics_of_the_lessons():
    known = HEADINGS.keys() | {word for lesson in LESSONS for word in in_italics(lesson)}
    named = in_italics(TEXT)
    assert len(named) > 20
    assert [words for words in named if words not in known] == []


@pytest.mark.parametrize("plan", PLANS)
def test_heading_that_a_plan_names_stands_in_the_sections_of_that_row(plan):
    for row in (row for table in rows(part(plan)) for row in table):
        first, last = row[1].split("–")[0], row[1].split("–")[-1]
        for heading in in_italics(row[2].split("Home:")[0]):
            sections = HEADINGS.get(heading, [first])  # a word in italics is none
            assert any(first <= section <= last for section in sections), heading


def test_every_environment_variable_of_the_package_that_is_named_is_read_by_it():
    named = set(re.findall(r"GRADCAM_LAB_\w+", TEXT))
    source = "".join(path.read_text() for path in (ROOT / "gradcam_lab").rglob("*.py"))
    if importlib.util.find_spec("gradcam_lab.classroom.command") is None:
        named -= {"GRADCAM_LAB_WEIGHTS", "GRADCAM_LAB_WEIGHTS_URL"}  # they come with the command
    assert named
    assert {name for name in named if f'"{name}"' not in source} == set()


@needs_the_command
@pytest.mark.parametrize("call", sorted(set(re.findall(r"gradcam-lab (\w+[^`#\n]*)", TEXT))))
def test_every_call_of_the_command_that_is_named_is_understood(call):
    words = call.split()
    run = subprocess.run(
        [sys.executable, "-m", "gradcam_lab", words[0], "--help"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert [word for word in words[1:] if word.startswith("--") and word not in run.stdout] == []
