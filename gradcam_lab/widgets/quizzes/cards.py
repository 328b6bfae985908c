"""Words and small pictures on paper, for pages where no prediction and no game is alive."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from PIL import Image

from gradcam_lab.widgets.figures import (
    GAP,
    LETTERING,
    LINE,
    add_picture,
    break_title,
    fit,
    make_paper,
)

WIDTH = 600  # of words, in CSS pixels
CARD = 170  # longer side of a small picture
IN_A_ROW = 4


def words_figure(paragraphs: Sequence[str]) -> Figure:
    """Set paragraphs one below the other."""
    lines = [line for each in paragraphs for line in break_title(each, WIDTH).splitlines()]
    height = LINE * len(lines) + 2 * GAP
    figure = make_paper(WIDTH + 2 * GAP, height)
    for number, line in enumerate(lines):
        write(figure, line, GAP, GAP + number * LINE)
    return figure


def cards_figure(pictures: Sequence[Image.Image], captions: Sequence[str]) -> Figure:
    """Set small pictures in rows, and below each one its number and its caption."""
    shown = [fit(picture, (CARD, CARD)) for picture in pictures]
    titles = [
        break_title(f"{number}: {caption}", CARD) for number, caption in enumerate(captions, 1)
    ]
    rows = [range(first, len(shown))[:IN_A_ROW] for first in range(0, len(shown), IN_A_ROW)]
    below = [LINE * max(len(titles[i].splitlines()) for i in row) for row in rows]
    columns = min(IN_A_ROW, len(shown))
    figure = make_paper(
        columns * (CARD + GAP) + GAP, sum(below) + len(rows) * (CARD + 2 * GAP) + GAP
    )
    top = GAP
    for row, height in zip(rows, below, strict=True):
        for column, i in enumerate(row):
            left = GAP + column * (CARD + GAP)
            add_picture(figure, shown[i], left, top + CARD - shown[i].height)
            for number, line in enumerate(titles[i].splitlines()):
                write(figure, line, left, top + CARD + GAP // 2 + number * LINE)
        top += CARD + height + 2 * GAP
    return figure


def write(figure: Figure, line: str, left: int, top: int) -> None:
    """Write a line, in CSS pixels from the left and from above."""
    width, height = (side * 96 for side in figure.get_size_inches())
    figure.text(left / width, 1 - top / height, line, va="top", **LETTERING)
