"""Explorers answer in the browser while the kernel stands still, and anew when the network was
trained. Of those whose kernel has gone: see test_without_kernel.py."""

import os
import signal
import time

import numpy as np
import pytest
from explorer_moves import EXPLORERS, MOVES, control
from playwright.sync_api import expect

import gradcam_lab as lab
from gradcam_lab.widgets.page_parts import percent
from tools.browser.explorer_page import (
    CNN,
    assert_overlay_becomes,
    canvas,
    come_to_rest,
    drawing,
    handle,
    on_paper,
    superimposed,
    wait_for_change,
)

OWN_PICTURE = [  # of a small network for photographs; pictures travel when they change
    "import keras, numpy as np\nlayers = keras.layers",
    "model = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3),\n"
    "    layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(3)])",
    "small = lab.PretrainedNetwork(model, scale=lambda pixels: pixels / 127.5 - 1)",
    "own = lab.OwnPictureExplorer(small)\nown",
]
CELLS = [CNN, *(f"{name} = {EXPLORERS[name]}\n{name}" for name in MOVES), *OWN_PICTURE]
ANSWERS = ".gradcam-lab:has(.gradcam-answers)"
PID = "import os; open('pid', 'w').write(str(os.getpid()))"


@pytest.fixture(scope="module")
def provoked():
    """What ipywidgets notes in the console whenever it finds no kernel."""
    return "Could not send widget sync message"


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(CELLS)
    expect(notebook.page.locator(ANSWERS)).to_have_count(len(MOVES) + 1)
    return notebook


@pytest.fixture
def find(notebook):
    def find(name):
        explorer = notebook.page.locator(".gradcam-lab").nth(list(MOVES).index(name))
        come_to_rest(explorer)
        return explorer

    return find


@pytest.fixture
def frozen(notebook):
    """The kernel stands still: nothing that happens meanwhile comes from it."""
    notebook.execute(PID)
    pid = int((notebook.server.folder / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    yield notebook
    os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("name", MOVES)
def test_every_control_is_answered_while_the_kernel_stands_still(find, frozen, name):
    explorer = find(name)
    for moved, key in MOVES[name]:
        before, words = drawing(explorer), canvas(explorer).get_attribute("aria-label")
        control(explorer, moved).press(key)
        wait_for_change(explorer, before)
        expect(canvas(explorer)).not_to_have_attribute("aria-label", words)


def test_python_follows_when_it_runs_again(notebook, find):
    explorer = find("explorer")
    handle(explorer, "index").press("Home")
    handle(explorer, "index").press("ArrowRight")
    deadline = time.monotonic() + 30
    notebook.execute("import pathlib")
    while True:
        notebook.execute("pathlib.Path('index').write_text(str(explorer.index))")
        if (notebook.server.folder / "index").read_text() == "1":
            break
        assert time.monotonic() < deadline


def test_heatmap_and_words_are_pythons(notebook, find, digits, cnn):
    explorer = find("explorer")
    notebook.execute("explorer.index, explorer.layer, explorer.target = 8, 'conv2d', 3")
    notebook.execute("explorer.method = 'hirescam'")
    found = lab.GradCAM(cnn).explain(digits.test_x[[8]], 3, "conv2d", "hirescam")
    heatmap = found.heatmaps["conv2d"][0]
    assert_overlay_becomes(explorer, on_paper(digits.test_x[8], heatmap))
    python = lab.GradCAMExplorer(cnn, digits.test_x, labels=digits.test_y)
    python.index, python.layer, python.target, python.method = 8, "conv2d", 3, "hirescam"
    caption = explorer.locator(".gradcam-caption .widget-html-content")
    expect(caption).to_have_text(python.caption.value)
    chances = explorer.locator(".gradcam-target .percent").all_inner_texts()[1:]
    assert chances == [percent(probability) for probability in found.probabilities[0]]
    asked = explorer.locator(".gradcam-target .explained .name")
    expect(asked).to_have_text("3")


def test_network_that_a_cell_has_trained_is_sent_anew(notebook, find, digits):
    explorer = find("explorer")
    notebook.execute("explorer.index, explorer.layer, explorer.target = 0, 'conv2d_1', None")
    notebook.execute("explorer.method, old = 'gradcam', cnn.get_weights()")
    come_to_rest(explorer)
    before = drawing(explorer)
    notebook.execute("cnn.set_weights([w[::-1].copy() for w in old])")
    wait_for_change(explorer, before)
    expect(explorer.locator(".gradcam-answers")).to_have_count(1)
    notebook.execute("cnn.set_weights(old)")
    expected = lab.GradCAM(lab.trained_cnn()).explain(digits.test_x[:1], layers="conv2d_1")
    heatmap = expected.heatmaps["conv2d_1"][0]
    assert_overlay_becomes(explorer, on_paper(digits.test_x[0], heatmap))


def test_picture_that_python_sets_is_answered_by_the_browser(notebook):
    widget = notebook.page.locator(ANSWERS).last
    come_to_rest(widget)
    before = drawing(widget, "picture")
    notebook.execute("own.picture = lab.sample_image('coffee')")
    wait_for_change(widget, before, "picture")
    notebook.execute("found = own.explanation")
    notebook.execute("np.save('map.npy', found.heatmaps[own.layer][0])")
    heatmap = np.load(notebook.server.folder / "map.npy")
    expected = superimposed(lab.sample_image("coffee"), heatmap)
    assert_overlay_becomes(widget, expected)


def test_network_that_diverged_is_refused_in_words_and_a_good_one_is_taken_again(notebook, find):
    explorer = find("explorer")
    notebook.execute("good = cnn.get_weights(); cnn.set_weights([w * float('nan') for w in good])")
    alert = explorer.locator("[role=alert]")
    expect(alert).to_contain_text("NaN")
    expect(explorer.locator(".gradcam-answers")).to_have_count(0)
    notebook.execute("cnn.set_weights(good)")
    expect(alert).to_have_count(0)
    expect(explorer.locator(".gradcam-answers")).to_have_count(1)


def test_buttons_lead_to_the_neighbours_and_stop_at_the_ends(notebook, find, frozen):
    explorer = find("explorer")
    slider = handle(explorer, "index")
    for start, button, end in (("Home", "previous", "0"), ("End", "next", "999")):
        slider.press(start)
        control(explorer, button).press("Enter")
        expect(slider).to_have_attribute("aria-valuetext", end)
    control(explorer, "previous").press("Enter")
    expect(slider).to_have_attribute("aria-valuetext", "998")
