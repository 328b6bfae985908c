"""What `make real-weights` checks where there is internet, here on stand-ins."""

import hashlib
import importlib.util
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    path = ROOT / "tools" / "check_real_weights.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text(tool):
    """Return what lesson 3 prints, as if VGG16 had given EfficientNet-Lite0's answers."""
    notebook = nbformat.read(tool.LESSON, as_version=4)
    return tool.printed(notebook).replace("asks efficientnet_lite0.", "asks vgg16.")


def test_lesson_with_right_answers_passes(tool, text):
    tool.check_lesson(text)


SPOILT = {
    "another network": (r"asks vgg16\.", "asks efficientnet_lite0."),
    "no cat": (r"(\w+ cat|tabby|lynx)  \(", "teapot  ("),
    "named": (r"plastic bag  \(n", "plastic bag  (m"),
    "espresso was not known": ("explained class: espresso", "explained class: teapot"),
    r"on the left: 0\.94 of the cat's": (r"espresso: 0\.1\d on", "espresso: 0.60 on"),
    "which side": (r"Egyptian cat: 0\.94 on", "Egyptian cat: nan on"),
}


@pytest.mark.parametrize("reason", SPOILT)
def test_lesson_with_wrong_answers_fails_and_says_why(tool, text, reason):
    pattern, spoilt = SPOILT[reason]
    with pytest.raises(AssertionError, match=reason):
        tool.check_lesson(re.sub(pattern, spoilt, text))


def test_file_with_another_hash_is_refused_by_name(tool, tmp_path, monkeypatch):
    path = tmp_path / "weights.h5"
    path.write_bytes(b"not VGG16")
    with pytest.raises(AssertionError, match=r"weights\.h5 does not have the hash md5:"):
        tool.check_file(path)
    digits = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(tool, "VGG16_HASH", f"md5:{digits}")
    tool.check_file(path)


def test_a_notebook_that_stops_with_an_error_is_not_passed_over(tool, tmp_path):
    cells = [nbformat.v4.new_code_cell(code) for code in ("print('asked')", "1 / 0")]
    path = tmp_path / "lesson.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(Exception, match="ZeroDivisionError"):
        tool.run(path)
    nbformat.write(nbformat.v4.new_notebook(cells=cells[:1]), path)
    assert tool.run(path) == "asked\n"


def test_workflow_runs_what_is_tested_here():
    workflow = (ROOT / ".github" / "workflows" / "real_weights.yml").read_text()
    assert "make real-weights" in workflow
    recipe = re.search(r"^real-weights:.*\n\t(.*)$", (ROOT / "Makefile").read_text(), re.M)
    assert recipe[1].endswith("tools/check_real_weights.py")
