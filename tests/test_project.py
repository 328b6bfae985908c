"""What holds the project's files together: versions, links, names."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "TEACHING.md"]
TEXTS = [*GUIDES, *sorted((ROOT / "notebooks").glob("*.py"))]


def pins(text: str) -> dict[str, str]:
    found = re.findall(r"^[\s-]*([\w.-]+)==(\S+)$", text, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


CONSTRAINTS = pins((ROOT / "constraints.txt").read_text())


def test_every_declared_dependency_is_pinned_within_its_range():
    extras = PROJECT["optional-dependencies"]
    declared = PROJECT["dependencies"] + extras["cpu"][:1] + extras["lab"] + extras["test"]
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


READING_ORDER = re.findall(
    r"`(\w+)\.py`", (ROOT / "CONTRIBUTING.md").read_text().split("| file |")[1]
)


def test_reading_order_names_every_module():
    modules = {path.stem for path in (ROOT / "gradcam_lab").glob("*.py")}
    assert set(READING_ORDER) == modules - {"__init__", "_tensorflow"}


@pytest.mark.parametrize("module", READING_ORDER)
def test_module_imports_only_what_stands_before_it(module):
    source = (ROOT / "gradcam_lab" / f"{module}.py").read_text()
    imported = re.findall(r"^\s*from gradcam_lab\.([a-z]\w*) import", source, flags=re.MULTILINE)
    imported += re.findall(r"^\s*from gradcam_lab import (\w+)", source, flags=re.MULTILINE)
    assert set(imported) <= set(READING_ORDER[: READING_ORDER.index(module)])
