import pytest

from gradcam_lab import concept_test
from gradcam_lab.widgets.quizzes import concept_test as module
from gradcam_lab.widgets.quizzes.misconceptions import MISCONCEPTIONS


@pytest.fixture(autouse=True)
def new_kernel(monkeypatch):
    """Begin without tests."""
    monkeypatch.setattr(module, "_TESTS", {})


def answer(test, numbers, sure):
    """Lock a choice by its number, question by question; None is left open."""
    for question, number in zip(test.questions, numbers, strict=True):
        if number is not None:
            question.set_state({"chosen": question.choices[number], "sure": sure, "locked": True})


def test_there_are_twelve_questions_and_the_right_answer_is_in_every_place_as_often():
    assert len({each.name for each in MISCONCEPTIONS}) == 12
    places = [each.choices.index(each.answer) for each in MISCONCEPTIONS]
    assert sorted(places) == [0] * 4 + [1] * 4 + [2] * 4
    assert all(len(set(each.choices)) == 3 and each.reason for each in MISCONCEPTIONS)


def test_answers_are_shown_after_the_lessons_and_not_before():
    before, after = concept_test("before"), concept_test("after")
    for question, other, each in zip(
        before.questions, after.questions, MISCONCEPTIONS, strict=True
    ):
        assert (question.answer, question.reason) == (None, "")
        assert (other.answer, other.reason) == (each.answer, each.reason)


def test_code_takes_the_first_test_to_another_kernel(monkeypatch):
    before = concept_test("before")
    assert before.code == "0000 0000 0000"
    answer(before, [0, 1, 2, None] * 3, sure=3)
    assert before.code == "3690 3690 3690"
    assert "9 of 12 locked" in before.children[-1].value
    assert before.code in before.children[-1].value
    here = concept_test("after")
    answer(here, [each.choices.index(each.answer) for each in MISCONCEPTIONS], sure=1)
    page = here.compare().data
    right = sum(
        each.answer == each.choices[number]
        for each, number in zip(MISCONCEPTIONS, [0, 1, 2, 3] * 3, strict=True)
        if number < 3
    )
    assert f"Right before the lessons: {right} of 12. After them: 12 of 12." in page
    assert page.count("not locked") == 3
    monkeypatch.setattr(module, "_TESTS", {})
    assert here.compare(before.code.replace(" ", "")).data == page


@pytest.mark.parametrize("code", ["", "1234", "1234 1234 123x", "1234 1234 12345"])
def test_what_is_no_code_is_refused_with_an_example(code):
    with pytest.raises(ValueError, match=r"is no code of 12 digits.*such as '5132 7968 1213'"):
        concept_test("after").compare(code)


def test_without_an_earlier_test_its_code_is_asked_for():
    with pytest.raises(ValueError, match="give the code of the test before lesson 1"):
        concept_test("after").compare()


def test_there_is_no_other_test():
    with pytest.raises(ValueError, match="'before' or 'after'"):
        concept_test("later")


def test_test_that_is_made_again_begins_anew():
    first = concept_test("before")
    answer(first, [0] * 12, sure=2)
    assert concept_test("before").code == "0000 0000 0000"
    assert first.comm is None


def test_still_picture_stands_in_for_the_test():
    assert "image/png" in concept_test("before")._repr_mimebundle_()
