"""The languages: what is translated, what stays as it is, and what a page and a cell get of it."""

import gettext
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from traitlets import TraitError

import gradcam_lab as lab
from gradcam_lab import _language
from gradcam_lab._language import follow_language, say, set_language
from gradcam_lab.exercises.by_hand import check_by_hand
from gradcam_lab.exercises.verdicts import check_verdicts
from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.heatmap_view import HeatmapView
from gradcam_lab.widgets.quizzes.concept_test import ConceptTest
from gradcam_lab.widgets.words import LABELS, QUIZ_WORDS, WORDS
from tools import labels

HANGUL = re.compile("[가-힣]")
PARTICLE = re.compile(
    r"\}(은|는|이|가|을|를|와|과|으로|로)(?![가-힣])"
)  # depends on what is before


@pytest.fixture(autouse=True)
def english_again():
    yield
    set_language("en")


@pytest.fixture
def korean():
    set_language("ko")


def run_python(code, **environment):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, encoding="utf-8"
    )


# The catalogue


@pytest.fixture(params=labels.LANGUAGES)
def translations(request):
    return labels.read(request.param)


def test_every_text_is_translated(translations):
    assert labels.to_do(translations) == []


def test_package_says_what_the_catalogue_has(translations):
    with labels.compiled(str(translations.locale)).open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert [m.id for m in translations if m.id and compiled.gettext(m.id) != m.string] == []


def test_what_is_to_be_translated_is_listed(translations):
    translations["layer"].flags.add("fuzzy")
    translations["target"].string = ""
    translations["channel {channel}"].string = "채널 {number}"
    translations.delete("index")
    assert labels.to_do(translations) == [
        "fuzzy: layer",
        "not translated: target",
        "other {fields}: channel {channel}",
        "not in the catalogue: index",
    ]


def test_fuzzy_text_is_said_in_english(translations):
    translations["layer"].flags.add("fuzzy")
    content = labels.compile_catalogue(translations)
    assert "표본 번호".encode() in content
    assert b"\0layer\0" not in content


def test_no_particle_follows_a_value():
    assert [m.string for m in labels.read("ko") if PARTICLE.search(m.string)] == []


@pytest.mark.parametrize(
    ("table", "key", "count"), [(WORDS, "places", 9), (QUIZ_WORDS, "steps", 3)]
)
def test_lists_have_as_many_parts_in_every_language(table, key, count):
    for code in _language.LANGUAGES:
        set_language(code)
        assert len(set(table[key].split(", "))) == count


def test_texts_are_found_in_calls_tables_and_scripts(tmp_path):
    (tmp_path / "code.py").write_text(
        'TABLE = {"key": "in a table"}\nfollow_language(TABLE)\nsay("in " "a call", x=1)'
    )
    found = list(labels.texts_of_tables(tmp_path / "code.py"))
    assert found == ["in a table"]
    assert _language.IN_SCRIPT.findall('tell("a {b}", c) + mark(\n  "d",\n) + other("e")') == [
        "a {b}",
        "d",
    ]


# Choosing


def test_unknown_language_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"'kr'; there are: 'en' \(English\), 'ko' \(한국어\)"):
        lab.set_language("kr")


def test_environment_chooses_a_language():
    code = "from gradcam_lab._language import say; print(ascii(say('layer')))"
    assert run_python(code, GRADCAM_LAB_LANGUAGE="ko").stdout.strip() == ascii("층")
    said = run_python(code, GRADCAM_LAB_LANGUAGE="kr").stderr.splitlines()[-1]
    assert said.startswith("ValueError: the environment variable GRADCAM_LAB_LANGUAGE: no language")


def test_tables_follow_the_language_there_and_back():
    table = {"key": "layer"}
    set_language("ko")
    follow_language(table)
    assert (table["key"], LABELS["layer"]) == ("층", "층")
    set_language("en")
    assert (table["key"], LABELS["layer"]) == ("layer", "layer")


def test_template_is_filled_after_it_was_translated(korean):
    assert say("there is no image {index}: give 0 to {last}", index=12, last=9) == (
        "표본 번호 12번은 없습니다. 0부터 9까지 주세요."
    )


# What speaks it


def test_explorer_speaks_korean_and_its_values_stay(cnn, digits, korean):
    explorer = lab.GradCAMExplorer(cnn, digits.test_x[:3], labels=digits.test_y[:3])
    described = {name: getattr(c, "description", "") for name, c in explorer.controls.items()}
    assert [name for name, said in described.items() if said and not HANGUL.search(said)] == []
    assert described["index"] == "표본 번호"
    assert explorer.caption.value.startswith("예측: 6 (")
    assert explorer.controls["method"].value == explorer.method == "gradcam"
    assert "gradcam-index" in explorer.controls["index"]._dom_classes
    assert explorer.browser.facts["words"]["draw"] == "패드에 숫자를 그려 보세요."
    with pytest.raises(TraitError, match="표본 번호 99번은 없습니다"):
        explorer.index = 99
    set_language("en")
    assert explorer.browser.facts["words"]["draw"] == "패드에 숫자를 그려 보세요."
    explorer.close()


def test_browser_gets_the_words_of_its_script_and_no_others(korean):
    view = HeatmapView()
    assert view.language["code"] == "ko"
    assert view.language["words"]["picture"] == "이미지"
    assert "Undo" not in view.language["words"]
    set_language("en")
    assert HeatmapView().language == {"code": "en", "words": {}}


def test_saved_page_and_still_picture_are_in_the_language(korean, tmp_path):
    page = write_page(HeatmapView(), tmp_path / "page.html", "맵").read_text("utf-8")
    assert '<html lang="ko">' in page
    assert "<main data-failure=" in page
    assert "페이지를 여는 중입니다." in page


def test_concept_test_has_the_same_answers_and_code_in_korean(monkeypatch, korean):
    monkeypatch.setattr("gradcam_lab.widgets.quizzes.concept_test._TESTS", {})
    test = ConceptTest("after")
    for question in test.questions:
        assert HANGUL.search(question.question)
        assert len(set(question.choices)) == 3
        question.chosen, question.sure, question.locked = question.answer, 2, True
    set_language("en")
    english = ConceptTest("after")
    for question in english.questions:
        question.chosen, question.sure, question.locked = question.answer, 2, True
    assert test.code == english.code
    set_language("ko")
    assert "수업 후 12개 중 12개" in test.compare(english.code).data
    test.close()
    english.close()


def test_checks_of_answers_speak_korean(korean):
    maps, gradients = np.ones((1, 2, 2)), np.full((1, 2, 2), 2.0)
    assert check_by_hand(maps, gradients, weights=[2]) == "정답입니다."
    assert check_by_hand(maps, gradients, weights=[8]).startswith("아직 아닙니다. 가중치: 평균이")
    assert check_verdicts(..., ...) == "아직 답하지 않았습니다."


def test_error_of_the_engine_is_in_korean(cnn, digits, korean):
    with pytest.raises(ValueError, match="모델에 없는 층입니다: 'conv2d_9'"):
        lab.GradCAM(cnn).explain(digits.test_x[:1], layers="conv2d_9")
