"""Predictions and the matching game on pages of their own: without Jupyter, without a kernel."""

from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest
from npm_files import UnreachableError, npm_file
from playwright.sync_api import expect
from test_accessible import AXE

from gradcam_lab import MatchingGame, Pair, Prediction, concept_test, sample_image, superimpose
from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.browser.scripts import join_modules
from tools.site.lesson_pages import place
from tools.site.snapshots import take_snapshot
from tools.site.states import StateWriter

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
QUESTION = "Which layer has the most parameters?"
REASON = "It joins each of 3,136 numbers to each of its 32 units."
CUT_OFF = """[...document.querySelectorAll('main *')]
    .filter((part) => part.getBoundingClientRect().right > window.innerWidth)
    .map((part) => `${part.tagName} ${part.className}`)"""
FAULTS = """async () => (await axe.run('main', { resultTypes: ['violations'] })).violations
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)"""


def a_choice():
    return Prediction(QUESTION, ["conv2d", "conv2d_1", "dense"], answer="dense", reason=REASON)


def a_number():
    return Prediction("How many digits will it get right?", number=True, unit="%", answer=97)


def a_game():
    cat, eye = sample_image("cat"), np.eye(7)
    pairs = [
        Pair(superimpose(cat, heatmap), ["cat", "teapot"], answer, f"It is warm at the {place}.")
        for heatmap, answer, place in [(eye, "cat", "ears"), (eye[::-1], "teapot", "whiskers")] * 2
    ]
    return MatchingGame(pairs)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Return a page with two predictions and a game."""
    shown = widgets.VBox([a_choice(), a_number(), a_game()])
    return write_page(shown, tmp_path_factory.mktemp("page") / "games.html", "Lesson 4")


@pytest.fixture
def open_page(browser, path):
    """Return a function that opens the page, and fails when an error is in the console."""
    pages, errors = [], []

    def open_page(width=1000, scheme="light", url=None):
        page = browser.new_page(
            viewport={"width": width, "height": 900}, color_scheme=scheme, device_scale_factor=2
        )
        pages.append(page)
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url or path.as_uri())
        page.locator(".gradcam-quiz").last.wait_for()
        return page

    yield open_page
    for page in pages:
        page.close()
    assert errors == []


def parts(page):
    """Find the two predictions and the game."""
    predictions = page.locator(".gradcam-prediction")
    return predictions.nth(0), predictions.nth(1), page.locator(".gradcam-matching")


def play(page):
    """Lock both predictions and the game: wrong, right, and two of four."""
    choice, number, game = parts(page)
    choice.get_by_label("conv2d_1").check()
    choice.get_by_label("certain").check()
    number.get_by_label("your prediction %").fill("97")
    number.get_by_label("fairly sure").check()
    for card in game.get_by_role("group").all():
        card.get_by_label("teapot").check()
    for part in (choice, number, game):
        part.get_by_role("button").click()


def test_prediction_is_made_by_keys_alone_and_then_stays(open_page):
    page = open_page()
    choice, number, _ = parts(page)
    keys = page.keyboard
    for key in ("Tab", "ArrowDown", "ArrowDown", "Tab", "Tab", "Enter"):  # "a guess" is passed over
        keys.press(key)
    expect(choice.get_by_role("group", name=QUESTION).get_by_label("dense")).to_be_checked()
    expect(choice.get_by_role("status")).to_have_text(
        "Give your prediction, and say how sure you are."
    )
    for key in ("Shift+Tab", "Space", "Tab", "Enter"):
        keys.press(key)
    said = f"Right, though you guessed: dense. {REASON}"
    expect(choice.get_by_role("status")).to_have_text(said)
    expect(choice.get_by_role("button", name="Locked")).to_be_focused()
    assert choice.get_by_role("radio", disabled=True).count() == 6
    keys.press("Enter")
    expect(choice.get_by_role("status")).to_have_text(said)
    for key in ("Tab", "9", "7", ".", "5", "Tab", "ArrowRight", "Enter"):
        keys.press(key)
    expect(number.get_by_role("spinbutton")).to_have_value("97.5")
    said = "You were fairly sure, but the answer is: 97 %."
    expect(number.get_by_role("status")).to_have_text(said)


def test_game_is_scored_when_every_picture_has_a_caption(open_page):
    page = open_page()
    *_, game = parts(page)
    cards, reasons = game.get_by_role("group"), game.locator(".reason")
    sizes = game.locator("img").evaluate_all("(all) => all.map((image) => image.naturalWidth)")
    assert sizes == [400] * 4
    for number in (0, 2):
        cards.nth(number).get_by_label("teapot").check()
    game.get_by_role("button").click()
    expect(game.get_by_role("status")).to_contain_text("still open: 2, 4.")
    assert "".join(reasons.all_inner_texts()) == ""
    for number in (1, 2, 3):
        cards.nth(number).get_by_label("cat").check()
    game.get_by_role("button").click()
    expect(game.get_by_role("status")).to_have_text("1 of 4 right. Guessing gets 2.0 on average.")
    assert reasons.all_inner_texts() == [
        f"It is warm at the {place}." for place in ("ears", "whiskers") * 2
    ]
    assert game.get_by_role("radio", disabled=True).count() == 8


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1000, "light")])
def test_page_fits_and_axe_finds_no_fault_before_and_after(open_page, width, scheme):
    try:
        axe = npm_file(*AXE).decode()
    except UnreachableError as reason:
        pytest.skip(str(reason))
    page = open_page(width, scheme)
    page.evaluate(axe)
    assert page.evaluate(FAULTS) == []
    play(page)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(CUT_OFF) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"games_{scheme}_{width}.png", full_page=True)


def test_games_live_on_the_site_too(tmp_path, open_page):
    writer = StateWriter(tmp_path / "_static" / "explorers")
    shown = [a_choice(), a_game(), concept_test("after")]
    files = writer.write("lesson_4", [take_snapshot(each) for each in shown])
    script = join_modules(ROOT / "tools" / "site" / "explorers.js")
    (tmp_path / "_static" / "explorers.js").write_text(f"(() => {{ {script} }})();")
    places = [place("lesson_4", number, each) for number, each in enumerate(files, 1)]
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{''.join(places)}")
    page = open_page(url=(tmp_path / "page.html").as_uri())
    expect(page.locator(".site-alive")).to_have_count(3)
    assert page.locator("[role=alert]").count() == 0
    assert page.locator(".gradcam-prediction").count() == 1 + 12
    game = page.locator(".gradcam-matching")
    game.get_by_label("teapot").first.check()
    game.get_by_role("button").click()
    expect(game.get_by_role("status")).to_contain_text("still open: 2, 3, 4.")
