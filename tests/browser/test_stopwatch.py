"""The stopwatch counts what it says, on a page whose times are known."""

import pytest

from tools.browser.stopwatch import (
    add_stopwatch,
    longest_block,
    press,
    until_drawn,
    watch_blocks,
)

LATE = 700  # milliseconds by which a busy machine may be late
PAGE = """<div class="overlay"><canvas width="1" height="1"></canvas></div>
<script>
    const pen = document.querySelector('canvas').getContext('2d');
    const draw = (red) => {
        const pixel = new Uint8ClampedArray([red, 0, 0, 255]);
        pen.putImageData(new ImageData(pixel, 1), 0, 0);
    };
    const later = (task, milliseconds) => setTimeout(task, milliseconds);
    later(() => draw(1), 300);
    later(() => document.body.insertAdjacentHTML('beforeend', '<b class="noUi-handle"></b>'), 300);
    addEventListener('keydown', () => { later(() => draw(2), 100); later(() => draw(3), 900); });
    const work = (until) => { while (performance.now() < until); };
</script>"""


@pytest.fixture
def page(browser):
    with browser.new_context() as context:
        page = context.new_page()
        add_stopwatch(page)
        yield page


@pytest.fixture
def address(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    return (tmp_path / "page.html").as_uri()


def test_page_is_open_when_its_overlay_is_drawn(page, address):
    assert 300 <= until_drawn(page, address) < 300 + LATE


@pytest.mark.parametrize(("silence", "last"), [(0.05, 100), (1, 900)])
def test_last_of_several_drawings_counts_if_it_comes_before_the_silence(
    page, address, silence, last
):
    until_drawn(page, address)
    assert last <= press(page, "a", silence) < last + LATE


def test_longest_block_is_the_longest_task_since_it_was_asked_last(page, address):
    until_drawn(page, address)
    watch_blocks(page)
    longest = []
    for milliseconds in (800, 80):
        page.evaluate("(ms) => setTimeout(() => work(performance.now() + ms), 10)", milliseconds)
        page.wait_for_timeout(milliseconds + 100)
        longest.append(longest_block(page))
    assert longest[0] >= 800
    assert 80 <= longest[1] < 800
