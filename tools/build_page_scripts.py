"""Build ``assets/page_scripts.js.gz``: ipywidgets' front end, as far as a saved page needs it.

One ES module, made by esbuild of packages of npm and of ``tools/page_scripts/front_end.js``. It has
all of ipywidgets' controls, with their stylesheet, and anywidget. It leaves out what talks to a
kernel, outputs, formulas and icons. The licences of all that is inside stand at its head.

Run it from the project's root, where npm is: ``python tools/build_page_scripts.py``
"""

import gzip
import json
import re
import shutil
import subprocess
import tarfile
from importlib.metadata import distribution
from pathlib import Path

from sources import ASSETS

SOURCES = Path(__file__).parent / "page_scripts"
FOLDER = Path(__file__).parent.parent / "build" / "page_scripts"
ESBUILD = "esbuild@0.28.2"
PACKAGES = {
    "@jupyter-widgets/base": "6.0.12",
    "@jupyter-widgets/base-manager": "1.0.13",
    "@jupyter-widgets/controls": "5.0.13",
    "@lukeed/uuid": "2.0.1",
    "@lumino/algorithm": "2.0.5",
    "@lumino/collections": "2.0.5",
    "@lumino/commands": "2.3.4",
    "@lumino/coreutils": "2.2.3",
    "@lumino/disposable": "2.1.6",
    "@lumino/domutils": "2.0.5",
    "@lumino/dragdrop": "2.1.9",
    "@lumino/keyboard": "2.0.5",
    "@lumino/messaging": "2.0.5",
    "@lumino/properties": "2.0.5",
    "@lumino/signaling": "2.1.6",
    "@lumino/virtualdom": "2.0.5",
    "@lumino/widgets": "2.8.0",
    "anywidget": "0.11.0",
    "backbone": "1.4.0",
    "base64-js": "1.5.1",
    "d3-color": "3.1.0",
    "d3-format": "3.1.0",
    "jquery": "3.7.1",
    "lodash": "4.17.21",
    "nouislider": "15.4.0",
    "solid-js": "1.9.12",
    "underscore": "1.13.8",
}
STYLESHEET = "node_modules/@jupyter-widgets/controls/css/widgets.css"
OPTIONS = ["--bundle", "--minify", "--legal-comments=none", "--log-level=warning"]
MODULE = [
    *("--format=esm", "--target=es2022", "--loader:.css=text", "--inject:define.js"),
    *("--alias:sanitize-html=./left_out.js", "--alias:jquery=jquery/dist/jquery.slim.js"),
]


def main() -> None:
    """Write the asset."""
    fetch_packages()
    styles = bundle(STYLESHEET, "stylesheet.css")
    scripts = bundle("front_end.js", "page_scripts.js", *MODULE)
    code = (FOLDER / "page_scripts.js").read_text(encoding="utf-8")
    text = f"/*!\n{licences([*styles, *scripts])}\n*/\n{code}"
    path = ASSETS / "page_scripts.js.gz"
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{path.name}: {len(text):,} characters, {path.stat().st_size:,} bytes")


def fetch_packages() -> None:
    """Lay out the packages beside our own scripts, each at its exact version."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(SOURCES, FOLDER)
    command = ["npm", "pack", "--json", *(f"{name}@{PACKAGES[name]}" for name in PACKAGES)]
    packed = subprocess.run(command, cwd=FOLDER, check=True, stdout=subprocess.PIPE).stdout
    for package in json.loads(packed):
        folder = FOLDER / "node_modules" / package["name"]
        with tarfile.open(FOLDER / package["filename"]) as archive:
            archive.extractall(folder, filter="data")
        (top,) = folder.iterdir()  # mostly named "package"
        shutil.copytree(top, folder, dirs_exist_ok=True)


def bundle(source: str, result: str, *options: str) -> list[str]:
    """Make one file of a script or stylesheet, and return the paths of what went into it."""
    names = [source, f"--outfile={result}", "--metafile=inputs.json"]
    command = ["npm", "exec", "--yes", ESBUILD, "--", *names, *OPTIONS, *options]
    subprocess.run(command, cwd=FOLDER, check=True)
    made = json.loads((FOLDER / "inputs.json").read_text())["outputs"][result]
    return [path for path, part in made["inputs"].items() if part["bytesInOutput"]]


def licences(paths: list[str]) -> str:
    """Return the licences of the packages that files are from, each text once."""
    texts: dict[str, list[str]] = {}
    for name in sorted({package for path in paths for package in packages_of(path)}):
        texts.setdefault(licence(name), []).append(f"{name} {PACKAGES[name]}")
    colours = leading_comment("materialcolors.css")
    texts[colours] = ["google-material-color 1.2.6 (in @jupyter-widgets/controls)"]
    found = "\n\n".join(f"---- {', '.join(names)}\n\n{text}" for text, names in texts.items())
    if "*/" in found:
        raise ValueError("a licence would end the comment that it stands in")
    return found


def packages_of(path: str) -> set[str]:
    """Return the package of a file, and those that had gone into the file before."""
    if not path.startswith("node_modules/"):
        return set()
    text = (FOLDER / path).read_text(encoding="utf-8")
    inside = re.findall(r"/node_modules/((?:@[^/\s]+/)?[^/\s]+)/", text)
    own = re.match(r"node_modules/((?:@[^/]+/)?[^/]+)/", path)[1]
    return {own, *inside}


def licence(name: str) -> str:
    """Return the text of a package's licence: Jupyter's own packages have it elsewhere."""
    if name.startswith("@jupyter-widgets/"):
        return distribution("ipywidgets").read_text("licenses/LICENSE").strip()
    if name.startswith("@lumino/"):
        return leading_comment("lumino.css")
    files = (FOLDER / "node_modules" / name).iterdir()
    (file,) = [file for file in files if file.stem.lower() == "license"]
    return file.read_text(encoding="utf-8").strip()


def leading_comment(stylesheet: str) -> str:
    """Return what a stylesheet of ipywidgets says of its origin."""
    path = FOLDER / Path(STYLESHEET).parent / stylesheet
    comment = re.match(r"/\*+(.*?)\*/", path.read_text(encoding="utf-8"), re.DOTALL)[1]
    return re.sub(r"^ \* ?", "", comment, flags=re.MULTILINE).strip()


if __name__ == "__main__":
    main()
