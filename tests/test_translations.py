"""The lessons in Korean: complete, and in step with the English."""

import ast
import re
from collections import Counter

import nbformat
import pytest
from jupytext.config import load_jupytext_config

from tools import translations
from tools.translations import (
    GUIDES,
    LANGUAGES,
    NOT_YET,
    SOURCES,
    guide_path,
    messages,
    names_of_languages,
    read_catalogue,
    read_notebook,
    translate_code,
    translate_markdown,
    translated_lesson,
    translated_text,
    untranslated,
)

LESSONS = [source for source in SOURCES if source.suffix == ".py"]
every_text = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
every_lesson = pytest.mark.parametrize("source", LESSONS, ids=lambda path: path.stem)
in_every_language = pytest.mark.parametrize("language", LANGUAGES)
TO_BE_KEPT = re.compile(r"`[^`]+`|\$[^$]+\$|\]\((?!#)[^)]+\)|\*\*|</?\w+>")


def read_translated(source, language):
    return nbformat.read(source.parent / language / f"{source.stem}.ipynb", as_version=4)


@every_text
@in_every_language
def test_nothing_is_left_to_be_translated(source, language):
    missing = untranslated(source, language)
    assert not missing, "run `make catalogues`, and translate what is empty or fuzzy"


@every_text
@in_every_language
def test_code_formulas_links_and_emphasis_are_kept(source, language):
    catalogue = read_catalogue(source, language)
    for text in messages(source):
        said = catalogue.get(text).string
        assert not Counter(TO_BE_KEPT.findall(text)) - Counter(TO_BE_KEPT.findall(said)), said


@every_lesson
@in_every_language
def test_notebook_is_the_lesson_in_another_language(source, language):
    def content(notebook):
        return [(cell.cell_type, cell.source, cell.metadata) for cell in notebook.cells]

    found, expected = read_translated(source, language), translated_lesson(source, language)
    assert content(found) == content(expected), "run `make sync`"
    assert "jupytext" not in found.metadata


@every_lesson
@in_every_language
def test_jupyter_writes_no_script_beside_a_notebook_that_is_made_from_another(source, language):
    def pairs(path):
        return load_jupytext_config(str(path)).default_formats(str(path))

    assert pairs(source.with_suffix(".ipynb"))
    assert not pairs(source.parent / language / f"{source.stem}.ipynb")


@every_lesson
@in_every_language
def test_code_is_the_same_but_for_words(source, language):
    def without_words(code):
        tree = ast.parse(code)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
            if isinstance(node, ast.JoinedStr):  # words may come in another order
                parts = (each for each in node.values if isinstance(each, ast.FormattedValue))
                node.values = sorted(parts, key=ast.dump)
        return ast.dump(tree)

    for cell, twin in zip(
        read_translated(source, language).cells, read_notebook(source).cells, strict=True
    ):
        if cell.cell_type == "code":
            assert without_words(cell.source) == without_words(twin.source)


@every_lesson
@in_every_language
def test_lesson_prints_the_same_whole_numbers(source, language):
    def printed(cell):  # the others differ from processor to processor
        text = "".join(each.get("text", "") for each in cell.get("outputs", ()))
        return Counter(re.findall(r"(?<![\d.])\d+(?![\d.])", text))

    cells = read_translated(source, language).cells
    for cell, twin in zip(cells, read_notebook(source).cells, strict=True):
        if "nbval-ignore-output" not in cell.metadata.get("tags", ()):
            assert printed(cell) == printed(twin)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
@in_every_language
def test_guide_is_written_in_another_language_and_leads_to_its_twin(guide, language):
    assert guide.read_text().startswith(f"{names_of_languages(guide, 'en')}\n")
    text = guide_path(guide, language).read_text()
    assert text == translated_text(guide, language), "run `make catalogues`"
    assert f"[English]({guide.name})" in text.splitlines()[0]
    assert not re.search(r"\]\(notebooks/\w+\.ipynb|\]\(TEACHING\.md", text.split("\n", 1)[1])


@pytest.fixture
def changed_lesson(tmp_path, monkeypatch):
    """A lesson of one paragraph that has a translation, and has changed since."""
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    lesson = tmp_path / "lesson.md"
    lesson.write_text("The heatmap is warm where the stem of the seven is.\n")
    translations.update(lesson, "ko")
    path = translations.catalogue_path(lesson, "ko")
    path.write_text(path.read_text().replace('msgstr ""\n', 'msgstr "히트맵"\n'))
    catalogue = read_catalogue(lesson, "ko")
    assert catalogue.get("The heatmap is warm where the stem of the seven is.").string == "히트맵"
    lesson.write_text("The heatmap is warm where the stem of the nine is.\n")
    translations.update(lesson, "ko")
    return lesson


def test_paragraph_that_has_changed_is_fuzzy_and_shown_in_english_and_marked(changed_lesson):
    (message,) = untranslated(changed_lesson, "ko")
    assert message == "The heatmap is warm where the stem of the nine is."
    assert read_catalogue(changed_lesson, "ko").get(message).fuzzy
    shown = translations.translated_text(changed_lesson, "ko")
    assert shown == f"{message} *({NOT_YET['ko']})*\n"


def test_paragraphs_items_headings_and_rows_are_messages_and_code_is_none():
    text = """# Title

A paragraph
of two lines.

- one
  and its second line
- two

```python
code = 1
```

$$y = x$$

| a | b |
|---|---|
| c | d |

<details><summary>Solution</summary>

</details>
"""
    found = []
    translated = translate_markdown(text, lambda each: found.append(each) or each.upper())
    assert found == [
        *("Title", "A paragraph of two lines.", "one and its second line", "two"),
        *("| a | b |", "| c | d |", "Solution"),
    ]
    assert "# TITLE" in translated
    assert "- ONE AND ITS SECOND LINE\n- TWO" in translated
    assert "code = 1" in translated
    assert "<summary>SOLUTION</summary>" in translated


def test_strings_and_comments_are_translated_where_they_are_shown():
    code = 'axis.set_title(f"class {digit:.1f}", "é")  # a comment\nprint("left alone")\n'
    translated = translate_code(code, str.upper, lambda text: text.replace("class", "클래스의"))
    assert 'f"클래스의 {digit:.1f}"' in translated
    assert "# A COMMENT" in translated
    assert translate_code('print("heatmap")', str.upper, str.upper) == 'print("heatmap")'


def test_translation_that_breaks_the_code_is_refused():
    with pytest.raises(SyntaxError):
        translate_code('plt.title("a")', str, lambda text: '"')
