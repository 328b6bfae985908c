"""The site, from a folder and from a server: its pages need nothing else, and explorers live."""

import re
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from explorer_moves import MOVES, control
from playwright.sync_api import expect

from gradcam_lab import DeletionExplorer, OwnPictureExplorer
from gradcam_lab.widgets.browser.scripts import join_modules
from tools.browser.explorer_page import drawing, handle, wait_for_change
from tools.browser.notebook_page import KNOWN

pytest.importorskip("myst_nb", reason="the site's tools are not installed: pip install -e .[site]")
from tools.site.build import HERE, ROOT
from tools.site.lesson_pages import place
from tools.site.snapshots import take_snapshot
from tools.site.states import StateWriter

LESSON = "lessons/02_grad_cam.html"
PLACES = {"anatomy": 1, "explorer": 5, "comparison": 6, "targets": 8, "drawing": 9}  # in lesson 2
WIDGETS = 10  # these, and questions that want a prediction
PAGES = [
    *(("http", "index.html"), ("http", LESSON), ("file", "index.html"), ("file", LESSON)),
    *(("file", "lessons/03_trained_model.html"), ("http", "reference/GradCAM.html")),
    *(("file", "genindex.html"), ("http", "search.html?q=heatmap"), ("file", "ko/index.html")),
]
ALL_FOR_THE_PAD = 900_000  # bytes
SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
ENDLESS_PATIENCE = """const { setTimeout } = window;
    window.setTimeout = (work, ms, ...rest) => ms > 5000 ? 0 : setTimeout(work, ms, ...rest);"""
ELSEWHERE = ("https://", "http://", "mailto:", "data:")


@pytest.fixture(scope="module")
def site():
    """Return the folder of a site of which lesson 2 was run."""
    folder = ROOT / "build" / "site_of_lesson_2"
    command = [sys.executable, "-m", "tools.site.build", "--lessons", "02_grad_cam", "--to", folder]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def served(site):
    """Serve the folder as ``python -m http.server`` does; return its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=site))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_page(browser):
    """Return a function that opens an address; what is asked for and said is in its lists."""
    contexts, asked, said = [], [], []

    def open_page(address, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 1000}, **options)
        contexts.append(context)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: str(error) in KNOWN or said.append(str(error)))
        page.goto(address)
        return page

    open_page.asked = asked
    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def alive(page, number):
    """Scroll to an explorer, and wait until it lives."""
    page.locator(f"#explorer-{number}").scroll_into_view_if_needed()
    explorer = page.locator(f"#explorer-{number}.site-alive .gradcam-lab:has(.gradcam-answers)")
    explorer.wait_for()
    return explorer


def caption(explorer):
    return explorer.locator(".gradcam-caption .widget-html-content")


def paths_of(asked, start):
    return {Path(unquote(urlsplit(url[len(start) :]).path).lstrip("/")) for url in asked}


@pytest.mark.parametrize(("way", "name"), PAGES)
def test_no_request_leaves_the_site(site, served, open_page, way, name):
    start = site.as_uri() if way == "file" else served
    page = open_page(f"{start}/{name}")
    if page.locator(".site-explorer").count():
        alive(page, 1)
    if name.startswith("search"):
        expect(page.locator("#search-results li").first).to_be_visible()
    inside = (start, "data:", "blob:")
    assert [url for url in open_page.asked if not url.startswith(inside)] == []


def test_front_page_is_small(site, open_page):
    alive(open_page(f"{site.as_uri()}/index.html"), 1)
    loaded = paths_of([url for url in open_page.asked if url.startswith("file")], site.as_uri())
    assert sum((site / path).stat().st_size for path in loaded) < ALL_FOR_THE_PAD


class Links(HTMLParser):
    """What a page links to and loads, and where it can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.links += [found[name] for name in ("href", "src") if found.get(name)]
        self.anchors.add(found.get("id"))


def test_no_link_is_dead(site):
    pages = {path.resolve(): Links(path) for path in site.rglob("*.html")}
    assert len(pages) > 25
    dead = []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(ELSEWHERE):
                continue
            address, anchor = urldefrag(urljoin(path.as_uri(), link))
            target = Path(unquote(urlsplit(address).path))
            misses_anchor = anchor and target in pages and anchor not in pages[target].anchors
            if not target.is_file() or misses_anchor:
                dead.append((path.name, link))
    assert dead == []


# Two languages

STRAIGHT = str.maketrans("‘’“”", "''\"\"")  # quotation marks as a notebook has them


class Figures(HTMLParser):
    """What a page says instead of each picture of its cells, and in the first italics below it."""

    def __init__(self, path):
        super().__init__()
        self.pairs, self.language, self.shown, self.inside = [], None, None, False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "html":
            self.language = found["lang"]
        if tag == "img":
            self.shown = found.get("alt", "")
        if tag == "em" and self.shown is not None:
            self.pairs.append((self.shown, ""))
            self.shown, self.inside = None, True

    def handle_data(self, text):
        if self.inside:
            self.pairs[-1] = (self.pairs[-1][0], self.pairs[-1][1] + text)

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "em"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_figure_is_described_by_the_sentence_below_it_in_the_language_of_the_page(site, language):
    pages = sorted((site if language == "en" else site / "ko").glob("lessons/*.html"))
    assert len(pages) == 4
    for page in map(Figures, pages):
        assert page.language == language
        assert len(page.pairs) >= 5
        for description, sentence in page.pairs:
            assert description.split() == sentence.translate(STRAIGHT).split()


def test_switch_keeps_the_place(site, open_page):
    page = open_page(f"{site.as_uri()}/{LESSON}")
    heading = page.locator("article h3").nth(8)
    heading.evaluate("(heading) => heading.scrollIntoView({ behavior: 'instant' })")
    for name, folder in (("한국어", "/ko"), ("English", "")):
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"{site.as_uri()}{folder}/{LESSON}")
        expect(heading).to_be_in_viewport()
        assert heading.bounding_box()["y"] < 100
        assert page.get_by_text(name, exact=True).first.get_attribute("aria-current") == "true"


def test_switch_keeps_the_state_of_an_explorer_which_speaks_the_other_language(site, open_page):
    page = open_page(f"{site.as_uri()}/index.html#explorer=1&alpha=0.8")
    page.get_by_role("link", name="한국어", exact=True).click()
    explorer = alive(page, 1)
    expect(explorer.locator(".gradcam-alpha .widget-readout")).to_have_text("0.80")
    expect(caption(explorer)).to_have_text("패드에 숫자를 그려 보세요.")
    expect(page.get_by_role("button", name="이 상태로 가는 링크 복사")).to_be_visible()


def test_page_that_is_in_english_only_says_so_and_leads_to_the_korean_front_page(site, open_page):
    page = open_page(f"{site.as_uri()}/reference/GradCAM.html")
    expect(page.get_by_text("이 페이지는 영어로만 있습니다").first).to_be_visible()
    page.get_by_role("link", name="한국어", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("heading", level=1)).to_contain_text("숫자를 그리고")


def test_every_formula_is_drawn_by_the_browser_itself(site, open_page):
    page = open_page(f"{site.as_uri()}/{LESSON}")
    assert page.locator("math").count() >= 6
    assert page.locator("math[display=block] mfrac").first.bounding_box()["height"] > 20
    assert "$" not in page.locator(".content p").filter(has=page.locator("math")).first.inner_text()


@pytest.fixture(scope="module")
def lesson(site, browser):
    """Lesson 2's page, open for several tests."""
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/{LESSON}")
        yield page


@pytest.mark.parametrize("kind", PLACES)
def test_explorers_of_a_lesson_answer(lesson, kind):
    explorer = alive(lesson, PLACES[kind])
    for panel in explorer.locator(".panel").all():
        assert panel.bounding_box()["height"] > 100
        assert panel.evaluate("(panel) => getComputedStyle(panel).opacity") == "1"
    for name, key in MOVES[kind]:
        before = drawing(explorer)
        control(explorer, name).press(key)
        wait_for_change(explorer, before)
    assert lesson.get_by_role("alert").count() == 0


def test_picture_stands_where_an_explorer_is_not_yet_or_never_alive(site, open_page):
    page = open_page(f"{site.as_uri()}/{LESSON}")
    alive(page, 1)
    assert page.locator("#explorer-1 > img").count() == 0
    assert page.locator("#explorer-9 > img").is_visible()  # far below the window
    page = open_page(f"{site.as_uri()}/{LESSON}", java_script_enabled=False)
    stills = page.locator(".site-explorer > img")
    assert stills.count() == WIDGETS
    for still in stills.all():
        assert still.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 200
        assert still.get_attribute("alt")


def test_drawn_7_is_read_as_a_7(site, open_page):
    page = open_page(f"{site.as_uri()}/index.html")
    explorer = alive(page, 1)
    field = explorer.locator(".gradcam-pad canvas").bounding_box()
    for number, (x, y) in enumerate(SEVEN):
        page.mouse.move(field["x"] + x * field["width"], field["y"] + y * field["height"], steps=5)
        if number == 0:
            page.mouse.down()
    page.mouse.up()
    expect(caption(explorer)).to_contain_text("says 7")
    expect(explorer.locator(".panel.overlay canvas")).to_be_visible()


# Links to a state

STATE = "lesson=2&explorer=5&index=11&target=3&layer=conv2d&alpha=0.7&same_scale=1&colormap=cividis"


def test_link_opens_its_state_and_is_copied_again(served, open_page):
    page = open_page(
        f"{served}/{LESSON}#{STATE}", permissions=["clipboard-read", "clipboard-write"]
    )
    explorer = alive(page, 5)
    expect(caption(explorer)).to_contain_text("Asked about 3, at conv2d ")
    expect(explorer.locator(".gradcam-index .widget-readout")).to_have_text("11")
    expect(explorer.locator(".gradcam-alpha .widget-readout")).to_have_text("0.70")
    expect(explorer).to_be_in_viewport()
    page.locator("#explorer-5").get_by_role("button", name="Copy a link").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(f"{served}/{LESSON}#lesson=2&explorer=5&")
    assert set(STATE.split("&")) <= set(copied.split("#")[1].split("&"))


def test_link_with_a_drawing_opens_it(site, open_page):
    strokes = str([[list(point) for point in SEVEN]]).replace(" ", "")
    page = open_page(f"{site.as_uri()}/index.html#explorer=1&strokes={strokes}")
    expect(caption(alive(page, 1))).to_contain_text("says 7")


def test_bad_values_in_a_link_are_ignored(site, open_page):
    bad = "index=5000&layer=nowhere&target=10&method=&alpha=7&same_scale=yes"
    page = open_page(f"{site.as_uri()}/{LESSON}#lesson=2&explorer=5&{bad}&threshold=0.25")
    explorer = alive(page, 5)
    expect(explorer.locator(".gradcam-threshold .widget-readout")).to_have_text("0.25")
    expect(explorer.locator(".gradcam-index .widget-readout")).to_have_text("0")
    expect(explorer.locator(".gradcam-alpha .widget-readout")).to_have_text("0.60")
    expect(caption(explorer)).to_contain_text("at conv2d_1 ")


@pytest.mark.parametrize("number", [99, "x"])
def test_link_to_an_explorer_that_is_not_there_opens_the_page(site, open_page, number):
    page = open_page(f"{site.as_uri()}/{LESSON}#lesson=2&explorer={number}&index=5")
    alive(page, 1)


@pytest.mark.parametrize("strokes", ["[[]]", "[[[2,0]]]", "[[["])
def test_bad_drawing_in_a_link_is_ignored(site, open_page, strokes):
    page = open_page(f"{site.as_uri()}/index.html#explorer=1&strokes={strokes}&alpha=0.8")
    explorer = alive(page, 1)
    expect(explorer.locator(".gradcam-alpha .widget-readout")).to_have_text("0.80")
    expect(caption(explorer)).to_have_text("Draw a digit on the pad.")


# Light and dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_of_an_explorer_stand_out_from_the_page(site, open_page, scheme):
    page = open_page(f"{site.as_uri()}/{LESSON}", color_scheme=scheme)
    explorer = alive(page, 5)
    parts = explorer.locator("figcaption, .widget-label, .widget-readout, select, button")
    colours = parts.evaluate_all("(parts) => parts.map((part) => getComputedStyle(part).color)")
    ink = [float(re.findall(r"[\d.]+", colour)[0]) for colour in colours]
    assert (min(ink) > 200) if scheme == "dark" else (max(ink) < 70)


# One explorer as the site has it: what has no network, and a large one


@pytest.fixture(scope="module")
def write_page(tmp_path_factory):
    """Return a function that writes a page of one explorer."""
    script, style = join_modules(HERE / "explorers.js"), (HERE / "site.css").read_text()

    def write_page(explorer):
        folder = tmp_path_factory.mktemp("site")
        writer = StateWriter(folder / "_static" / "explorers")
        (files,) = writer.write("lesson_3", [take_snapshot(explorer)])
        (folder / "_static" / "explorers.js").write_text(f"(() => {{ {script} }})();")
        body = place("lesson_3", 1, files, lesson="3")
        (folder / "page.html").write_text(
            f"<!doctype html><meta charset=utf-8><style>{style}</style>{body}"
        )
        return folder / "page.html"

    return write_page


@pytest.fixture(scope="module")
def photographs(network, write_page):
    return write_page(OwnPictureExplorer(network))


def test_explorer_that_plays_back_waits_for_no_network(cnn, digits, write_page, open_page):
    page = open_page("about:blank")
    page.add_init_script(ENDLESS_PATIENCE)
    page.goto(write_page(DeletionExplorer(cnn, digits.test_x[:2])).as_uri())
    explorer = page.locator(".site-alive .gradcam-deletion")
    explorer.wait_for()
    handle(explorer, "fraction").press("End")
    expect(explorer.get_by_text("196 of 196 cells erased")).to_be_visible()


def test_large_network_is_loaded_when_the_reader_asks_for_it(photographs, open_page):
    page = open_page(f"{photographs.as_uri()}#lesson=3&explorer=1&alpha=0.9&target=281")
    page.locator(".site-alive").wait_for()
    loaded = paths_of(
        [url for url in open_page.asked if url.startswith("file")], photographs.parent.as_uri()
    )
    assert sum((photographs.parent / path).stat().st_size for path in loaded) < 1_500_000
    explorer = page.locator(".gradcam-lab")
    expect(explorer.locator(".gradcam-alpha .widget-readout")).to_have_text("0.90")
    assert (
        handle(explorer, "layer").get_attribute("aria-disabled")
        or explorer.locator(".gradcam-layer [disabled]").count()
    )
    expect(page.get_by_text("need the network")).to_be_visible()
    before = drawing(explorer)
    control(explorer, "alpha").press("Home")
    wait_for_change(explorer, before)
    page.get_by_role("button", name="Load the network (19 MB)").click()
    expect(caption(explorer)).to_contain_text("Asked about tabby, ", timeout=30_000)
    expect(page.get_by_role("button", name="Load")).to_have_count(0)
