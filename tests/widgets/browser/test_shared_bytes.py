"""Bytes that several widgets need are there once, and go with the last who took them."""

from ipywidgets.widgets.widget import _instances

from gradcam_lab.widgets.browser.shared_bytes import give_back, take


def test_equal_bytes_are_one_widget():
    first, second, other = take(b"weights"), take(b"weights"), take(b"others")
    assert first is second
    assert other is not first
    for each in (first, second, other):
        give_back(each)


def test_bytes_go_with_the_last_who_took_them():
    before = set(_instances)
    shared = take(b"weights")
    take(b"weights")
    give_back(shared)
    assert shared.model_id in _instances
    give_back(shared)
    assert set(_instances) == before  # its layout, too
    other = take(b"weights")
    assert other is not shared
    give_back(other)
