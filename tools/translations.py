"""The lessons in other languages: English sources, and a catalogue of translations beside them.

A message is a paragraph, a heading, an item of a list, a row of a table, a comment in a code cell,
or a string in a cell that draws a figure or asks a question. Catalogues are gettext's, one for each
text: ``translations/ko/01_build_a_cnn.po``. Poedit and Weblate open them. In a string of code, what
is not to be translated (the name of a colormap) is repeated.

``python -m tools.translations`` brings the catalogues up to date with the sources, and writes
``README.ko.md`` and ``TEACHING.ko.md``. A paragraph that has changed keeps its old translation as a
proposal, marked *fuzzy*; the lesson shows the English until somebody has read it.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import jupytext
import nbformat
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from gradcam_lab._language import LANGUAGES as NAMES

ROOT = Path(__file__).parent.parent
LANGUAGES = ("ko",)
GUIDES = [ROOT / "README.md", ROOT / "TEACHING.md"]  # a file for each language, side by side
SOURCES = [*sorted((ROOT / "notebooks").glob("*.py")), *GUIDES, ROOT / "tools/site/index.md"]
NOT_YET = {"ko": "아직 번역되지 않은 단락입니다."}
HEADER = {
    "project": "gradcam-lab",
    "version": "1",
    "header_comment": "# The gradcam-lab lessons in another language; MIT licence.",
    "last_translator": "the authors of gradcam-lab",
    "language_team": "gradcam-lab",
    "msgid_bugs_address": "the project's issues",
    "fuzzy": False,
}

# code, a formula, the names of languages
FENCED = re.compile(
    r"(^ *```.*?^ *```$|^\$\$.*?\$\$$|^English · [^\n]*$)", re.MULTILINE | re.DOTALL
)
TO_OTHERS = {  # what has a twin in the other languages, by the links that lead to it
    r"\]\(notebooks/(?=\w+\.ipynb\))": "](notebooks/{}/",
    r"\]\((README|TEACHING)\.md\b": r"](\1.{}.md",
    r"\.github\.io/gradcam-lab/\)": ".github.io/gradcam-lab/{}/)",
}
BEGINNING = re.compile(r"(#+ | *[-*] | *\d+\. |> )(?=\S)")  # of a heading, an item, a quotation
SHOWS_WORDS = re.compile(
    r"\.(set_title|suptitle|title|[xy]label|set_[xy]label|legend|set_language|answer|reason)\b"
    r"|lab\.Prediction|title="
)
NO_WORDS = re.compile(  # numbers, marks, names of layers and methods, settings of matplotlib
    r"[\W\d]*|[A-Za-z]|[a-z]+:[a-z]+|[a-z_]+(\.[a-z_]+)+|[a-z0-9]+(_[a-z0-9]+)+|conv2d|dense"
    r"|gradcam|pc|o-|s-|\^:|\\n|WXYZ|auto|right|left|center|center right|bold|[xy]ticks"
    r"|gray|grey|black|white|jet|cividis|OrRd|RdBu_r"
)

Translate = Callable[[str], str]


def translate_markdown(markdown: str, translate: Translate) -> str:
    """Translate a text paragraph by paragraph; formulas and code that stand alone remain."""
    parts = FENCED.split(markdown)
    parts[::2] = [
        "\n".join(_translate_block(block, translate) for block in re.split(r"(?<=\n)\n", prose))
        for prose in parts[::2]
    ]
    return "".join(parts)


def _translate_block(block: str, translate: Translate) -> str:
    """Translate what stands between two empty lines: a paragraph, a list, a table."""
    ending = block[len(block.rstrip("\n")) :]
    units: list[str] = []
    for line in block.splitlines():
        goes_on = units and not line.startswith("|") and not BEGINNING.match(line)
        if goes_on and not units[-1].startswith("#") and not units[-1].endswith(">"):
            units[-1] += " " + line.strip()
        else:
            units.append(line)
    return "\n".join(_translate_unit(unit, translate) for unit in units) + ending


def _translate_unit(unit: str, translate: Translate) -> str:
    """Translate one line of a table, one item, or one paragraph."""
    if summary := re.fullmatch(r"(.*<summary>)(.*)(</summary>.*)", unit):
        return summary[1] + translate(summary[2]) + summary[3]
    if re.fullmatch(r"\s*|</?\w+[^<]*>|\|[\s|:-]*", unit):  # nothing, a mere tag, a table's rule
        return unit
    beginning = BEGINNING.match(unit)
    start = beginning.end() if beginning else len(unit) - len(unit.lstrip())
    return unit[:start] + translate(unit[start:])


def translate_code(code: str, translate: Translate, strings: Translate) -> str:
    """Translate a code cell's comments; its strings, too, if it shows them to a reader."""
    found = [(start, end, translate(text)) for start, end, text in _comments(code)]
    if SHOWS_WORDS.search(code):
        found += [(start, end, strings(text)) for start, end, text in _strings(code)]
    for start, end, text in sorted(found, reverse=True):
        code = code[:start] + text + code[end:]
    ast.parse(code)  # a translation must not break the code
    return code


def _comments(code: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each comment's words begin and end."""
    starts = _starts_of_lines(code)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            words = token.string.lstrip("# ")
            end = starts[token.end[0] - 1] + token.end[1]
            yield end - len(words), end, words


def _strings(code: str) -> Iterator[tuple[int, int, str]]:
    """Yield where the words of each string begin and end, between its quotes."""
    starts, lines = _starts_of_lines(code), code.splitlines()

    def place(line: int, byte: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:byte].decode())

    inside: set[ast.AST] = set()
    for node in ast.walk(ast.parse(code)):  # a string comes before what is inside of it
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if (is_text or isinstance(node, ast.JoinedStr)) and node not in inside:
            inside.update(ast.walk(node))
            start, end = (
                place(node.lineno, node.col_offset),
                place(node.end_lineno, node.end_col_offset),
            )
            quoted = re.fullmatch(r"(\w*(\"\"\"|\"|'))(.*)\2", code[start:end], re.DOTALL)
            yield start + len(quoted[1]), end - len(quoted[2]), quoted[3]


def _starts_of_lines(code: str) -> list[int]:
    """Return where each line begins."""
    lengths = [len(line) for line in code.splitlines(keepends=True)]
    return [sum(lengths[:number]) for number in range(len(lengths) + 1)]


def messages(source: Path) -> list[str]:
    """Return the messages of a text, in its order; each once."""
    found: dict[str, None] = {}

    def note(text: str) -> str:
        return found.setdefault(text) or text

    def note_words(text: str) -> str:
        return text if NO_WORDS.fullmatch(text) else note(text)

    if source.suffix == ".md":
        translate_markdown(source.read_text(), note)
        return list(found)
    for cell in jupytext.read(source).cells:
        if cell.cell_type == "markdown":
            translate_markdown(cell.source, note)
        elif cell.cell_type == "code":
            translate_code(cell.source, note, note_words)
    return list(found)


def catalogue_path(source: Path, language: str) -> Path:
    """Return where the translations of a text stand."""
    return ROOT / "translations" / language / f"{source.stem}.po"


def read_catalogue(source: Path, language: str) -> Catalog:
    """Return the translations of a text; none, where nobody has begun."""
    path = catalogue_path(source, language)
    if not path.exists():
        return Catalog(language, **HEADER)
    with path.open("rb") as file:
        return read_po(file, language)


def update(source: Path, language: str) -> None:
    """Bring a catalogue up to date with its source."""
    template = Catalog(**HEADER)
    name = source.relative_to(ROOT).as_posix()
    for text in messages(source):
        template.add(text, locations=[(name, None)])
    catalogue = read_catalogue(source, language)
    catalogue.update(template, update_creation_date=False)
    path = catalogue_path(source, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, include_previous=True, ignore_obsolete=True)


def untranslated(source: Path, language: str) -> list[str]:
    """Return the messages of a text that have no translation, or one that nobody has read."""
    catalogue = read_catalogue(source, language)
    return [text for text in messages(source) if not _translation(catalogue, text)]


def _translation(catalogue: Catalog, text: str) -> str:
    """Return a message's translation; nothing where there is none to be shown."""
    message = catalogue.get(text)
    return message.string if message and not message.fuzzy else ""


def translated_text(source: Path, language: str) -> str:
    """Return a Markdown file in another language; its links lead there, too."""
    text = translate_markdown(source.read_text(), _translator(source, language))
    for link, other in TO_OTHERS.items():
        text = re.sub(link, other.format(language), text)
    return text.replace(names_of_languages(source, "en"), names_of_languages(source, language))


def guide_path(guide: Path, language: str) -> Path:
    """Return where a guide stands in a language: ``README.md``, ``README.ko.md``."""
    return guide if language == "en" else guide.with_suffix(f".{language}.md")


def names_of_languages(guide: Path, language: str) -> str:
    """Return the first line of a guide, which links to it in other languages."""
    return " · ".join(
        name if code == language else f"[{name}]({guide_path(guide, code).name})"
        for code, name in NAMES.items()
    )


def translated_lesson(source: Path, language: str) -> nbformat.NotebookNode:
    """Return a lesson in another language: a notebook without outputs, of the same cells."""
    notebook = jupytext.read(source)
    notebook.metadata.pop("jupytext")  # it has no source of its own to be paired with
    for cell, twin in zip(notebook.cells, read_notebook(source).cells, strict=True):
        cell.id = twin.id
    translate, catalogue = _translator(source, language), read_catalogue(source, language)

    def words(text: str) -> str:
        return _translation(catalogue, text) or text

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = translate_markdown(cell.source, translate)
        elif cell.cell_type == "code":
            cell.source = translate_code(cell.source, words, words)
    return notebook


def read_notebook(source: Path) -> nbformat.NotebookNode:
    """Return the notebook that is the twin of a source."""
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def _translator(source: Path, language: str) -> Translate:
    """Return what translates a paragraph, and marks what has no translation."""
    catalogue = read_catalogue(source, language)
    return lambda text: _translation(catalogue, text) or f"{text} *({NOT_YET[language]})*"


if __name__ == "__main__":
    for language in LANGUAGES:
        for source in SOURCES:
            update(source, language)
            missing = len(untranslated(source, language))
            print(f"{catalogue_path(source, language).relative_to(ROOT)}: {missing} to translate")
        for guide in GUIDES:
            guide_path(guide, language).write_text(translated_text(guide, language), "utf-8")
