"""Modules are joined so that each stands below what it imports."""

import re
import shutil
import subprocess

import pytest

from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules

FILES = {
    "last.js": 'import { one } from "./first.js";\nimport { two } from "./middle.js";\none(two);\n'
    "export default { one };\n",
    "middle.js": 'import { one } from "./first.js";\nexport const two = one;\n',
    "first.js": "export function one() {}\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_is_imported_stands_above_and_once(folder):
    assert join_modules(folder / "last.js") == (
        "function one() {}\n\nconst two = one;\n\none(two);\nexport default { one };\n"
    )


@pytest.mark.parametrize("path", sorted(BROWSER.parent.rglob("*.js")), ids=lambda path: path.name)
def test_no_import_is_left(path):
    assert re.findall(r"^import .*", join_modules(path), flags=re.MULTILINE) == []


@pytest.mark.parametrize("path", sorted(BROWSER.parent.rglob("*.js")), ids=lambda path: path.stem)
def test_no_name_is_given_twice(path, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine: nobody else here reads JavaScript")
    script = tmp_path / "joined.mjs"
    script.write_text(join_modules(path))
    assert subprocess.run([node, "--check", script], capture_output=True, text=True).stderr == ""
