"""What holds the project's files together: versions, links, names."""

import ast
import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GUIDES = [
    ROOT / name
    for name in (
        *("README.md", "CONTRIBUTING.md", "TEACHING.md", "deploy/README.md"),
        *("README.ko.md", "TEACHING.ko.md"),
    )
]
OTHERS = [ROOT / "CHANGELOG.md", ROOT / "gradcam_lab" / "README.md"]
TEXTS = [*GUIDES, *OTHERS, *sorted((ROOT / "notebooks").glob("*.py"))]


def pins(text: str) -> dict[str, str]:
    found = re.findall(r"^[\s-]*([\w.-]+)==(\S+)$", text, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


CONSTRAINTS = pins((ROOT / "constraints.txt").read_text())


def test_every_declared_dependency_is_pinned_within_its_range():
    extras = PROJECT["optional-dependencies"]
    declared = PROJECT["dependencies"] + extras["cpu"][:1] + extras["lab"] + extras["test"]
    declared += extras["site"]
    for requirement in map(Requirement, declared):
        version = CONSTRAINTS[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_binder_installs_the_tested_versions_of_all_that_lessons_need():
    binder = pins((ROOT / "binder" / "environment.yml").read_text())
    assert binder == {name: CONSTRAINTS[name] for name in binder}
    needed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["lab"]
    names = {canonicalize_name(Requirement(each).name) for each in needed}
    assert set(binder) == names | {"tensorflow-cpu"}


def test_conda_make_and_binder_use_the_same_constraints_and_python():
    conda = (ROOT / "environment.yml").read_text()
    assert "--constraint constraints.txt" in conda
    assert "--constraint constraints.txt" in (ROOT / "Makefile").read_text()
    python = re.search(r"python=(\S+)", conda)[1]
    assert f"python={python}\n" in (ROOT / "binder" / "environment.yml").read_text()


def test_citation_image_and_changelog_name_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    values = yaml.safe_load((ROOT / "deploy" / "values.yaml").read_text())
    version = PROJECT["version"]
    assert (citation["version"], values["singleuser"]["image"]["tag"]) == (version, version)
    assert citation["license"] == PROJECT["license"]
    assert re.search(rf"^(## \[)?{re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M)


def test_tensorflow_is_left_to_an_extra():
    assert not [name for name in PROJECT["dependencies"] if name.startswith("tensorflow")]


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_every_file_that_a_text_links_to_exists(text):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)|(?:src|href)=\"([^\"#]+)\"", text.read_text())
    targets = [a or b for a, b in links]
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (text.parent / target).exists()] == []


@pytest.mark.parametrize("text", GUIDES, ids=lambda path: path.name)
def test_every_command_that_a_guide_names_exists(text):
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([\w-]+)|^make ([\w-]+)", text.read_text(), flags=re.MULTILINE))
    assert {a or b for a, b in named} - targets == set()
    assert named


# The house: a core that is read from top to bottom, and four rooms beside it

PACKAGE = ROOT / "gradcam_lab"
READING_ORDER = re.findall(r"^\| \[`(\w+)\.py`\]", (PACKAGE / "README.md").read_text(), flags=re.M)
ROOMS = {  # the other rooms that each may import from
    "pretrained": set(),
    "widgets": {"pretrained"},
    "classroom": {"pretrained"},
    "exercises": {"pretrained", "widgets"},
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imported_by(name: str) -> set[str]:
    """The modules of the package that a module imports, wherever in its text."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gradcam_lab"):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {each if each in MODULES else node.module for each in inner}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.startswith("gradcam_lab")}
    return found - {"gradcam_lab"}


def room_of(name: str) -> str:
    return name.split(".")[1] if name.count(".") > 1 else "core"


def test_reading_order_names_every_file_of_the_core():
    core = {path.stem for path in PACKAGE.glob("[a-z]*.py")}
    assert set(READING_ORDER) == core


def test_core_is_read_in_one_evening():
    lines = {name: len((PACKAGE / f"{name}.py").read_text().splitlines()) for name in READING_ORDER}
    assert lines.pop("evidence") <= 250  # for the evening after
    assert sum(lines.values()) <= 900, lines


@pytest.mark.parametrize("name", READING_ORDER)
def test_core_imports_only_what_has_been_read_before(name):
    public = {each for each in imported_by(f"gradcam_lab.{name}") if "._" not in each}
    assert public <= {f"gradcam_lab.{each}" for each in READING_ORDER[: READING_ORDER.index(name)]}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {"gradcam_lab.__main__"}))
def test_module_imports_from_no_room_that_lies_behind_it(name):
    room = room_of(name)
    rooms = {room_of(each) for each in imported_by(name)}
    assert rooms <= {"core", room} | ROOMS.get(room, set())


def test_imports_go_one_way():
    TopologicalSorter({name: imported_by(name) for name in MODULES}).prepare()


def test_tests_mirror_the_rooms():
    around = {"benchmarks", "browser", "tools"}
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders == ROOMS.keys() | around
