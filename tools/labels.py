"""Collect the labels and messages of the package for translation, and compile the translations.

``translations/ko/labels.po`` keeps what has been translated. A text that has changed keeps the
translation of the old one, marked as fuzzy, and the package says it in English until a translator
has looked at it: Poedit and other tools show what is to be done.

Run it from the project's root: ``python -m tools.labels``
"""

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gradcam_lab import _language
from gradcam_lab.widgets.quizzes.misconceptions import MISCONCEPTIONS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "gradcam_lab"
LANGUAGES = [code for code in _language.LANGUAGES if code != "en"]
IN_PYTHON = {"say": None, "mark": None}
FIELDS = re.compile(r"\{(\w*)")


def collect() -> Catalog:
    """Return the messages of the package, in the order of its files."""
    found: dict[str, list[str]] = {}
    for text, place in texts():
        found.setdefault(text, []).append(place)
    catalog = Catalog(charset="utf-8")
    for text, places in found.items():
        flags = ["python-brace-format"] if FIELDS.search(text) else []
        catalog.add(text, locations=[(place, None) for place in dict.fromkeys(places)])
        catalog[text].flags = set(flags)  # Babel takes "99 % sure" for a format of C
    return catalog


def texts() -> Iterator[tuple[str, str]]:
    """Give each text with the file that it is in."""
    for path in sources("*.py"):
        name = path.relative_to(ROOT).as_posix()
        for _line, text, _comments, _context in extract_from_file("python", path, IN_PYTHON):
            yield str(text), name
        yield from ((text, name) for text in texts_of_tables(path))
    name = "gradcam_lab/widgets/quizzes/misconceptions.py"
    for each in MISCONCEPTIONS:
        for text in (each.name, each.question, *each.choices, each.reason):
            yield text, name
    for path in sources("*.js"):
        name = path.relative_to(ROOT).as_posix()
        yield from ((text, name) for text in _language.IN_SCRIPT.findall(path.read_text("utf-8")))


def sources(pattern: str) -> list[Path]:
    """Return files of the package, and of the site, which speaks with the same words."""
    return [*sorted(PACKAGE.rglob(pattern)), *sorted((ROOT / "tools" / "site").glob(pattern))]


def texts_of_tables(path: Path) -> Iterator[str]:
    """Give what stands in the tables that a file hands to `follow_language`."""
    tree = ast.parse(path.read_text("utf-8"))
    tables = {
        target.id: each.value
        for each in tree.body
        if isinstance(each, ast.Assign) and isinstance(each.value, ast.Dict)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "follow_language":
            for name in node.args:
                yield from (ast.literal_eval(text) for text in tables[name.id].values)


def catalogue(language: str) -> Path:
    """Return where the translations into a language are kept."""
    return ROOT / "translations" / language / "labels.po"


def compiled(language: str) -> Path:
    """Return where the package looks for them."""
    return _language.LOCALE / language / "LC_MESSAGES" / "gradcam_lab.mo"


def read(language: str) -> Catalog:
    """Return the translations into a language."""
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language)


def compile_catalogue(translations: Catalog) -> bytes:
    """Return what gettext reads: without what is fuzzy."""
    content = io.BytesIO()
    write_mo(content, translations)
    return content.getvalue()


def to_do(translations: Catalog) -> list[str]:
    """Return the texts that have no translation, or one that is to be looked at, and why."""
    faults = []
    for message in translations:
        if not message.id:
            continue
        if message.fuzzy:
            faults.append(f"fuzzy: {message.id}")
        elif not message.string:
            faults.append(f"not translated: {message.id}")
        elif set(FIELDS.findall(message.string)) != set(FIELDS.findall(message.id)):
            faults.append(f"other {{fields}}: {message.id}")
    texts = {message.id for message in translations}
    faults += [f"not in the catalogue: {each.id}" for each in collect() if each.id not in texts]
    return faults


def main() -> None:
    """Bring all catalogues up to date, and say what is to be translated."""
    for language in LANGUAGES:
        translations = read(language)
        translations.update(collect(), update_creation_date=False)
        with catalogue(language).open("wb") as file:
            write_po(file, translations, width=100, include_lineno=False, ignore_obsolete=True)
        compiled(language).parent.mkdir(parents=True, exist_ok=True)
        compiled(language).write_bytes(compile_catalogue(translations))
        faults = to_do(translations)
        print(f"{language}: {len(translations)} texts, {len(faults)} to do", *faults, sep="\n  ")


if __name__ == "__main__":
    main()
