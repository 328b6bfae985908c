"""Build the site into ``build/site``: lessons, reference, and a pad to draw on; Korean in ``ko``.

Run it from the project's root: ``python -m tools.site.build [--lessons ko/02_grad_cam ...]``.
Lessons that are not named keep their still pictures; by default each is run, and alive.
"""

import argparse
import json
import os
import shutil
from pathlib import Path
from string import Template

import nbformat
from sphinx.cmd.build import build_main

import gradcam_lab
from gradcam_lab._language import for_browser, say
from gradcam_lab.widgets.browser.scripts import join_modules
from tools.site.languages import FOLDERS
from tools.site.lesson_pages import describe_figures, place, put_links, put_places
from tools.site.reference_pages import write_reference
from tools.site.run_lesson import NOTEBOOKS, run_lesson
from tools.site.snapshots import take_snapshot
from tools.site.states import StateWriter
from tools.translations import ROOT, translated_text

HERE = Path(__file__).parent
FRONT_PAGE = HERE / "index.md"
LESSONS = {code: sorted((NOTEBOOKS / FOLDERS[code]).glob("*.ipynb")) for code in FOLDERS}
REFERENCE = """
```{toctree}
:hidden:
:caption: The package

reference/index
```
"""


def main(arguments: list[str] | None = None) -> None:
    """Build the site."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [name_of(path) for paths in LESSONS.values() for path in paths]
    parser.add_argument("--lessons", nargs="*", choices=names, default=names)
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "site")
    options = parser.parse_args(arguments)
    sources = options.to.with_name(f"{options.to.name}_source")
    for folder in (sources, options.to):
        shutil.rmtree(folder, ignore_errors=True)
    writer = StateWriter(options.to / "_static" / "explorers")  # of all languages
    write_explorers_script(options.to / "_static" / "explorers.js")
    for language, folder in FOLDERS.items():
        gradcam_lab.set_language(language)
        lay_out(sources / language, language, options.lessons, writer)
        make_pages(sources / language, options.to / folder, language)
    print(f"The site is in {options.to}: open index.html there.")


def name_of(lesson: Path) -> str:
    """Return what the command calls a notebook: ``02_grad_cam``, ``ko/02_grad_cam``."""
    return lesson.relative_to(NOTEBOOKS).with_suffix("").as_posix()


def lay_out(source: Path, language: str, lessons: list[str], writer: StateWriter) -> None:
    """Lay out what Sphinx makes pages of in one language; the named lessons are run."""
    (source / "lessons").mkdir(parents=True)
    up = "../" if FOLDERS[language] else ""  # from a front page to the site's
    for path in LESSONS[language]:
        notebook = nbformat.read(path, as_version=4)
        if is_run := name_of(path) in lessons:
            notebook, snapshots = run_lesson(path)
        describe_figures(notebook)
        if is_run:
            lesson = path.stem[:2].lstrip("0")
            page = f"{language}_lesson_{lesson}"
            files = writer.write(page, snapshots)
            put_places(notebook, lesson, page, files, writer.folder, up=f"../{up}")
        if repository := os.environ.get("GITHUB_REPOSITORY"):  # as site.yml has it
            put_links(notebook, repository, f"{FOLDERS[language]}{path.name}")
        nbformat.write(notebook, source / "lessons" / path.name)
    write_front_page(source / "index.md", language, writer, up)
    if language == "en":
        write_reference(source / "reference")


def write_front_page(path: Path, language: str, writer: StateWriter, up: str) -> None:
    """Write the page that begins with an empty pad."""
    page = f"{language}_front"
    pad = take_snapshot(gradcam_lab.DrawingExplorer(gradcam_lab.trained_cnn()))
    (files,) = writer.write(page, [pad])
    is_english = language == "en"
    text = FRONT_PAGE.read_text("utf-8") if is_english else translated_text(FRONT_PAGE, language)
    front_page = Template(text).substitute(
        place=place(page, 1, files, up=up),
        lessons="\n".join(f"- [](lessons/{lesson.name})" for lesson in LESSONS[language]),
        documents="\n".join(f"lessons/{lesson.stem}" for lesson in LESSONS[language]),
        caption=say("Lessons"),
        reference=f"{up}reference/index.html",
    )
    path.write_text(front_page + (REFERENCE if is_english else ""), encoding="utf-8")


def write_explorers_script(path: Path) -> None:
    """Write the script that makes explorers alive, with its words in all languages."""
    script, words = join_modules(HERE / "explorers.js"), {}
    for language in FOLDERS:
        gradcam_lab.set_language(language)
        words[language] = for_browser(script)["words"]
    said = json.dumps(words, ensure_ascii=False)
    path.write_text(f"window.gradcamWords = {said};\n(() => {{\n{script}}})();\n", encoding="utf-8")


def make_pages(source: Path, to: Path, language: str) -> None:
    """Have Sphinx make the pages of one language."""
    command = ["--quiet", "--fail-on-warning", "--keep-going", "-c", str(HERE)]
    pages = source.with_name(f"{language}_pages")  # beside them, MyST leaves pictures of its own
    if build_main([*command, "-D", f"language={language}", str(source), str(pages)]):
        raise SystemExit("Sphinx could not make the pages")
    shutil.copytree(pages, to, ignore=shutil.ignore_patterns(".doctrees"), dirs_exist_ok=True)


if __name__ == "__main__":
    main()
