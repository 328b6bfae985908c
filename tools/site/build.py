"""Build the site into ``build/site``: lessons, reference, and a pad to draw on.

Run it from the project's root: ``python -m tools.site.build [--lessons 02_grad_cam]``.
Lessons that are not named keep their still pictures; by default each is run, and alive.
"""

import argparse
import os
import shutil
from pathlib import Path
from string import Template

import nbformat
from sphinx.cmd.build import build_main

import gradcam_lab
from gradcam_lab.widgets.browser.scripts import join_modules
from tools.site.lesson_pages import place, put_links, put_places
from tools.site.reference_pages import write_reference
from tools.site.run_lesson import ROOT, run_lesson
from tools.site.snapshots import take_snapshot
from tools.site.states import StateWriter

HERE = Path(__file__).parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def main(arguments: list[str] | None = None) -> None:
    """Build the site."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [path.stem for path in LESSONS]
    parser.add_argument("--lessons", nargs="*", choices=names, default=names)
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "site")
    options = parser.parse_args(arguments)
    source = options.to.with_name(f"{options.to.name}_source")
    for folder in (source, options.to):
        shutil.rmtree(folder, ignore_errors=True)
    lay_out(source, options.lessons)
    command = ["--quiet", "--fail-on-warning", "--keep-going", "-c", str(HERE)]
    command += ["-D", f"html_static_path={source / '_static'}"]
    if build_main([*command, str(source), str(options.to)]):
        raise SystemExit("Sphinx could not make the pages")
    shutil.rmtree(options.to / ".doctrees", ignore_errors=True)
    print(f"The site is in {options.to}: open index.html there.")


def lay_out(source: Path, lessons: list[str]) -> None:
    """Lay out what Sphinx makes pages of; the named lessons are run."""
    static = source / "_static"
    writer = StateWriter(static / "explorers")
    script = join_modules(HERE / "explorers.js")
    (static / "explorers.js").write_text(f"(() => {{\n{script}}})();\n")
    shutil.copy(HERE / "site.css", static)
    (source / "lessons").mkdir()
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        if path.stem in lessons:
            notebook, snapshots = run_lesson(path)
            lesson = path.stem[:2].lstrip("0")
            files = writer.write(f"lesson_{lesson}", snapshots)
            put_places(notebook, lesson, files, writer.folder)
        if repository := os.environ.get("GITHUB_REPOSITORY"):  # as site.yml has it
            put_links(notebook, repository, path.name)
        nbformat.write(notebook, source / "lessons" / path.name)
    write_front_page(source / "index.md", writer)
    write_reference(source / "reference")


def write_front_page(path: Path, writer: StateWriter) -> None:
    """Write the page that begins with an empty pad."""
    pad = take_snapshot(gradcam_lab.DrawingExplorer(gradcam_lab.trained_cnn()))
    (files,) = writer.write("front", [pad])
    page = Template((HERE / "index.md").read_text(encoding="utf-8")).substitute(
        place=place("front", 1, files),
        lessons="\n".join(f"- [](lessons/{lesson.name})" for lesson in LESSONS),
        documents="\n".join(f"lessons/{lesson.stem}" for lesson in LESSONS),
    )
    path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
