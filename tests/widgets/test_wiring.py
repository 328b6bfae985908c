from threading import Event, Thread

import ipywidgets as widgets
import pytest
from ipywidgets.widgets.widget import _instances
from ipywidgets.widgets.widget_link import DirectionalLink
from traitlets import HasTraits, Int, TraitError, Unicode, validate

from gradcam_lab.widgets.controls import connect
from gradcam_lab.widgets.heatmap_view import HeatmapView


class Owner(HasTraits):
    some_number = Int(3)
    colour = Unicode("red")

    @validate("some_number")
    def _check(self, proposal):
        if proposal["value"] > 99:
            raise TraitError("too large")
        return proposal["value"]


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
def slider(owner):
    return connect(owner, "some_number", widgets.IntSlider(max=200))


def test_control_starts_at_the_trait_and_is_named_after_it(slider):
    assert slider.value == 3
    assert slider.description == "some number"
    assert "gradcam-some-number" in slider._dom_classes


def test_control_and_trait_follow_each_other(owner, slider):
    slider.set_state({"value": 7})
    assert owner.some_number == 7
    owner.some_number = 9
    assert slider.value == 9
    slider.set_state({"value": 3})
    owner.some_number = 7
    assert (owner.some_number, slider.value) == (7, 7)


def test_values_are_converted_in_both_directions(owner):
    text = connect(owner, "some_number", widgets.Text(), to_control=lambda n: "I" * n, to_trait=len)
    assert text.value == "III"
    text.set_state({"value": "IIII"})
    assert owner.some_number == 4
    owner.some_number = 1
    assert text.value == "I"


def test_value_that_came_from_the_control_is_not_sent_back_to_it(owner, slider, wire_to):
    sent = wire_to(slider)
    slider.set_state({"value": 7})
    assert sent == []
    owner.some_number = 8
    assert sent == [{"value"}]


def hold_up(owner, value):
    """Let everybody who hears of this value first wait until a gate opens."""
    heard, gate = Event(), Event()

    def wait(change):
        if change.new == value:
            heard.set()
            gate.wait(10)

    owner.observe(wait, "some_number")
    return heard, gate


def test_slow_callback_does_not_take_the_control_back_to_where_it_was(owner):
    heard, gate = hold_up(owner, 5)
    slider = connect(owner, "some_number", widgets.IntSlider(max=200))
    callback = Thread(target=slider.set_state, args=({"value": 5},))
    callback.start()
    heard.wait(10)
    slider.set_state({"value": 6})  # by now the hand has moved on
    gate.set()
    callback.join(10)
    assert owner.some_number == slider.value == 6


def test_slow_cell_does_not_take_the_control_back_to_what_it_set(owner):
    heard, gate = hold_up(owner, 5)
    slider = connect(owner, "some_number", widgets.IntSlider(max=200))
    cell = Thread(target=setattr, args=(owner, "some_number", 5))
    cell.start()
    heard.wait(10)
    slider.set_state({"value": 6})
    gate.set()
    cell.join(10)
    assert owner.some_number == slider.value == 6


# Traits of views, which the control moves in the browser


@pytest.fixture
def heatmap_views():
    return [HeatmapView(), HeatmapView()]


@pytest.fixture
def dropdown(owner, heatmap_views):
    return connect(
        owner,
        "colour",
        widgets.Dropdown(options=["red", "green", "blue"]),
        views=heatmap_views,
        view_trait="colormap_index",
    )


def test_control_moves_the_views_in_the_browser_without_the_kernel(owner, dropdown, heatmap_views):
    links = [each for each in _instances.values() if type(each) is DirectionalLink]
    linked = [each.target for each in links if each.source == (dropdown, "index")]
    assert linked == [(view, "colormap_index") for view in heatmap_views]
    dropdown.set_state({"index": 2})
    assert owner.colour == "blue"
    assert [view.colormap_index for view in heatmap_views] == [0, 0]


def test_python_moves_the_views_where_python_moves_the_trait(owner, dropdown, heatmap_views):
    owner.colour = "green"
    assert dropdown.index == 1
    assert [view.colormap_index for view in heatmap_views] == [1, 1]
    dropdown.set_state({"index": 2})
    owner.colour = "red"
    assert [view.colormap_index for view in heatmap_views] == [0, 0]


def test_slider_moves_the_views_by_its_value(owner):
    view = HeatmapView()
    connect(owner, "some_number", widgets.IntSlider(), views=[view], view_trait="colormap_index")
    owner.some_number = 5
    assert view.colormap_index == 5
