"""JavaScript is linted and tested where that can be done, and what cannot be done is said."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSES = 'import test from "node:test";\n\ntest("passes", () => {});\n'
FAILS = PASSES.replace("{}", 'assert.equal("this", "fails")').replace(
    "import", 'import assert from "node:assert";\nimport', 1
)
NOWHERE = {  # a registry that does not answer
    "npm_config_registry": "http://127.0.0.1:9",
    "npm_config_fetch_retries": "0",
}
OLDEST = 20


def has_node():
    if shutil.which("node") is None:
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return int(version[1:].split(".")[0]) >= OLDEST


node = pytest.mark.skipif(not has_node(), reason=f"no node {OLDEST} on this machine, or later")


@pytest.fixture
def check(tmp_path):
    """Return a function that checks a project of one test, and returns what is said."""
    for name in ("Makefile", "package.json", "package-lock.json", "biome.json", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "tools").mkdir()
    script = shutil.copy(ROOT / "tools" / "test_javascript.sh", tmp_path / "tools")
    (tmp_path / "tests").mkdir()

    def check(test=None, **environment):
        if test is not None:
            (tmp_path / "tests" / "one.test.js").write_text(test)
        done = subprocess.run(
            script, env={**os.environ, **environment}, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    return check


@pytest.fixture
def linter(tmp_path):
    """Install the linter that the project has, if it has been installed there."""
    if not (ROOT / "node_modules" / "installed").exists():
        pytest.skip("no linter: make test-javascript installs it")
    (tmp_path / "node_modules").mkdir()
    for name in (".bin", "@biomejs"):
        (tmp_path / "node_modules" / name).symlink_to(ROOT / "node_modules" / name)
    (tmp_path / "node_modules" / "installed").touch()


def test_machine_without_node_is_told_so_in_one_line(check, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dirname").symlink_to(shutil.which("dirname"))
    status, words = check(FAILS, PATH=str(tmp_path / "bin"))
    assert status == 0
    assert words.startswith("JavaScript is neither linted nor tested: no node")
    assert words.count("\n") == 1


@node
def test_without_a_registry_the_missing_linter_is_said_and_tests_run(check):
    status, words = check(PASSES, **NOWHERE)
    assert status == 0
    assert "JavaScript is not linted" in words
    assert "pass 1" in words


@node
def test_failing_test_fails_the_check(check):
    status, words = check(FAILS, **NOWHERE)
    assert status != 0
    assert "fail 1" in words


@node
def test_no_tests_are_no_failure(check):
    status, words = check(**NOWHERE)
    assert status == 0
    assert "neither" not in words


@node
@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [("() =>", "()  =>", " format "), ("test(", "const unused = 1;\ntest(", "noUnusedVariables")],
)
def test_what_the_linter_finds_fails_the_check(check, linter, right, wrong, complaint):
    status, words = check(PASSES, **NOWHERE)
    assert status == 0, words
    status, words = check(PASSES.replace(right, wrong), **NOWHERE)
    assert status != 0
    assert complaint in words


def test_lock_file_has_the_versions_of_package_json():
    wanted, locked = (
        json.loads((ROOT / name).read_text()) for name in ("package.json", "package-lock.json")
    )
    assert locked["packages"][""]["devDependencies"] == wanted["devDependencies"]
