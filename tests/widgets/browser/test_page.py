"""A saved page, as far as no browser is needed to see what is in it."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser

import ipywidgets as widgets
import numpy as np
import pytest

from gradcam_lab import GradCAMExplorer, HeatmapView
from gradcam_lab.widgets.browser.page import pack_state, write_page

HEATMAP = np.float32([[0, 0.25], [0.5, 1]])
VIEW = "picture", "heatmap", "colours"  # a view's binary values
NOT_ASKED = r"http://www\.w3\.org/|https://github\.com/manzt"  # SVG's name; advice in a warning


class Page(HTMLParser):
    """Read a page: its scripts, its words outside of them, and its title."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words, self.metas, self.inside = [], {}, {}, ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        attributes = dict(attributes)
        self.inside = attributes.get("id", tag)
        if tag == "meta":
            name = attributes.get("http-equiv", attributes.get("name"))
            self.metas[name] = attributes.get("content")

    def handle_data(self, data):
        self.words[self.inside] = self.words.get(self.inside, "") + data

    def packed(self, name):
        return gzip.decompress(base64.b64decode(self.words[name]))


def read_state(packed):
    """Return models and binary values as the page does."""
    line, binary = packed.split(b"\n", 1)
    state = json.loads(line)
    for model in state["models"].values():
        for path, (start, stop) in zip(model["paths"], model["places"], strict=True):
            model["state"][path[0]] = binary[start:stop]
    return state, binary


@pytest.fixture
def view():
    return HeatmapView(np.eye(4), HEATMAP)


def test_path_is_returned_and_the_page_has_its_title(view, tmp_path):
    path = write_page(view, str(tmp_path / "page.html"), "A digit")
    assert path == tmp_path / "page.html"
    page = Page(path)
    assert page.words["title"].strip() == page.words["h1"].strip() == "A digit"
    assert page.metas["viewport"] == "width=device-width, initial-scale=1"


@pytest.mark.parametrize("title", ["</title><script>alert()</script>", "$state & <b>", "é 한글"])
def test_title_is_plain_text(view, tmp_path, title):
    page = Page(write_page(view, tmp_path / "page.html", title))
    assert page.words["title"].strip() == page.words["h1"].strip() == title
    assert page.tags.count("script") == 3


def test_no_class_name_ends_a_script(cnn, digits, tmp_path):
    names = ["</script><script>alert()</script>", "<!-- <script>", *range(2, 10)]
    explorer = GradCAMExplorer(cnn, digits.test_x[:2], class_names=names)
    page = Page(explorer.save(tmp_path / "page.html"))
    assert page.tags.count("script") == 3
    state = json.loads(page.packed("state").split(b"\n", 1)[0])
    shown = [model["state"].get("class_names", []) for model in state["models"].values()]
    assert [*map(str, names)] in shown


def test_state_has_defaults_and_what_is_false(view):
    state, _ = read_state(pack_state(view))
    model = state["models"][state["shown"]]
    assert model["model_name"] == "AnyModel"
    whole = view.get_state()
    assert model["state"].keys() == whole.keys()
    assert (model["state"]["swipe"], model["state"]["alpha"]) == (False, 0.4)
    assert all(model["state"][name] == whole[name] for name in VIEW)


def test_controls_have_defaults_and_what_is_false(cnn, digits, find):
    explorer = GradCAMExplorer(cnn, digits.test_x[:2])
    state, _ = read_state(pack_state(explorer))
    for name in ("threshold", "swipe", "index"):
        control = find(explorer, f"gradcam-{name}")
        assert state["models"][control.model_id]["state"]["value"] == control.value == 0


def test_links_are_in_the_state(cnn, digits):
    explorer = GradCAMExplorer(cnn, digits.test_x[:2])
    state, _ = read_state(pack_state(explorer))
    kinds = [model["model_name"] for model in state["models"].values()]
    assert kinds.count("DirectionalLinkModel") == len(explorer.drawn) + 1  # one to a film strip
    assert "LinkModel" not in kinds  # the message of a strip of its own would delay each answer


def test_equal_binary_values_are_in_the_state_once(view):
    other = HeatmapView(1 - np.eye(4), HEATMAP)
    _, binary = read_state(pack_state(view))
    state, both = read_state(pack_state(widgets.VBox([view, other])))
    assert len(both) == len(binary) + len(other.picture)
    model = state["models"][other.model_id]["state"]
    assert all(model[name] == getattr(other, name) for name in VIEW)


def test_values_that_the_page_alone_has_are_in_its_state_and_not_in_the_widget(view):
    more = {view.model_id: {"alpha": 0.7, "heatmap": b"1234"}}
    state, binary = read_state(pack_state(view, more))
    model = state["models"][view.model_id]
    start, end = model["places"][model["paths"].index(["heatmap"])]
    assert (model["state"]["alpha"], binary[start:end]) == (0.7, b"1234")
    assert view.alpha == 0.4


def test_same_state_gives_the_same_file(view, tmp_path):
    first, second = (write_page(view, tmp_path / name, "a") for name in ("1.html", "2.html"))
    assert first.read_bytes() == second.read_bytes()


def test_file_is_written_whole_or_not_at_all(view, tmp_path, monkeypatch):
    path = write_page(view, tmp_path / "page.html", "before")
    before = path.read_bytes()
    monkeypatch.setattr(HeatmapView, "get_state", lambda *_args, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_page(view, path, "after")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_wrong_folder_is_named_with_what_to_do(cnn, digits, tmp_path):
    explorer = GradCAMExplorer(cnn, digits.test_x[:2])
    with pytest.raises(OSError, match=r"cannot write .*page\.html .*choose a folder that exists"):
        explorer.save(tmp_path / "nowhere" / "page.html")


def test_ending_chooses_between_page_and_figure(cnn, digits, tmp_path):
    explorer = GradCAMExplorer(cnn, digits.test_x[:2])
    assert explorer.save(tmp_path / "page.HTML").read_text().startswith("<!doctype html>")
    assert explorer.save(tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_closed_explorer_says_so(cnn, digits, tmp_path):
    explorer = GradCAMExplorer(cnn, digits.test_x[:2])
    explorer.close()
    with pytest.raises(RuntimeError, match="was closed"):
        explorer.save(tmp_path / "page.html")


def test_page_names_no_address_outside_of_licences(view, tmp_path):
    path = write_page(view, tmp_path / "page.html", "A digit")
    page, text = Page(path), path.read_text(encoding="utf-8")
    licences, scripts = page.packed("scripts").decode().split("*/", 1)
    assert licences.startswith("/*!")
    state = page.packed("state").decode("latin-1")
    addresses = re.findall(r"\w+://[\w-][^\s\"'`]*", text + scripts + state)
    assert [address for address in addresses if not re.match(NOT_ASKED, address)] == []
