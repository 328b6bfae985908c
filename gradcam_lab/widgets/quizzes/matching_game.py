"""A game: to find the caption that belongs to each heatmap."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from traitlets import Bool, Dict, List, TraitError, Tuple, Unicode, validate

from gradcam_lab._language import say
from gradcam_lab._pictures import encode_png
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.controls import checked
from gradcam_lab.widgets.figures import to_png
from gradcam_lab.widgets.quizzes.cards import cards_figure
from gradcam_lab.widgets.quizzes.quiz_answers import check_answer, check_choices
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.style import DENSITY, stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget
from gradcam_lab.widgets.words import QUIZ_WORDS as WORDS

HERE = Path(__file__).parent
LARGEST = (DENSITY * 200, DENSITY * 200)  # pixels of a picture


class Pair(NamedTuple):
    """A picture, and the captions that it may have.

    Attributes
    ----------
    picture : PIL.Image.Image or array
        A picture with its heatmap, as `superimpose` makes it.
    choices : sequence
        At least two captions, all different.
    answer : str
        The one of them that belongs to it.
    reason : str
        One sentence on how to tell, shown at the end.
    """

    picture: Image.Image | np.ndarray
    choices: Sequence[object]
    answer: object
    reason: str


class MatchingGame(WholeWidget):
    """Pictures without captions, each with several to choose from; scored at the end.

    All is answered in the browser. Once locked, the choices are final, and under each picture
    stands the right caption with its reason.

    Parameters
    ----------
    pairs : sequence of Pair
    task : str, optional
        What stands above the pictures.

    Attributes
    ----------
    chosen : list of str or None
        The captions, picture by picture; None where there is none yet. Assign a new list: a change
        inside the old one is not noticed.
    locked : bool
        Whether the choices are final.

    Raises
    ------
    ValueError
        If there are no pairs, or one has fewer than two choices or no answer among them.

    Examples
    --------
    >>> four = superimpose(digit, heatmap_for_4)
    >>> game = MatchingGame([Pair(four, ["for 4", "for 9"], "for 4", "The top is open.")])
    >>> game.chosen = ["for 4"]
    >>> game.locked = True
    >>> game.score
    1
    """

    _esm = join_modules(HERE / "matching_game.js")
    _css = stylesheet(HERE / "prediction.css") + (HERE / "matching_game.css").read_text("utf-8")

    pictures = Tuple(help="PNG files").tag(sync=True)
    choices = Tuple().tag(sync=True)
    answers = Tuple().tag(sync=True)
    reasons = Tuple().tag(sync=True)
    task = Unicode().tag(sync=True)
    chosen: List = List().tag(sync=True)
    locked = Bool(False).tag(sync=True)
    words = Dict(WORDS).tag(sync=True)

    def __init__(self, pairs: Sequence[Pair], task: str = "") -> None:
        if not len(pairs):
            raise ValueError(
                say("there are no pairs: give [Pair(picture, choices, answer, reason), ...]")
            )
        pictures, choices, answers, reasons = zip(*map(check_pair, pairs), strict=True)
        self._final: list[str] | None = None
        super().__init__(
            pictures=pictures,
            choices=choices,
            answers=answers,
            reasons=reasons,
            task=task or WORDS["task"],
            chosen=[None] * len(pictures),
        )
        self.observe(self._keep, "locked")

    def __repr__(self) -> str:
        """Return the class, how many pictures there are, and how many are chosen or right."""
        count = sum(each is not None for each in self.chosen)
        return f"MatchingGame({len(self.pictures)} pictures, {count} chosen, score={self.score})"

    @property
    def score(self) -> int | None:
        """How many choices are right; None until they are locked."""
        if not self.locked:
            return None
        return sum(map(str.__eq__, self.chosen, self.answers))

    @property
    def chance(self) -> float:
        """How many would be right on average if one guessed."""
        return sum(1 / len(each) for each in self.choices)

    def _keep(self, _change: dict) -> None:
        self._final = list(self.chosen)

    @validate("chosen")
    def _check_chosen(self, proposal: dict) -> list:
        given = proposal["value"]
        if len(given) != len(self.choices):
            raise TraitError(
                say(
                    "chosen has {given} captions: give {wanted}, or None",
                    given=len(given),
                    wanted=len(self.choices),
                )
            )
        chosen = [checked(check_answer, *each) for each in zip(given, self.choices, strict=True)]
        if self._final is not None and chosen != self._final:
            raise TraitError(say("the choices are locked: run the cell again for a new game"))
        return chosen

    @validate("locked")
    def _check_locked(self, proposal: dict) -> bool:
        if self._final is not None and not proposal["value"]:
            raise TraitError(say("the choices are locked: run the cell again for a new game"))
        if proposal["value"] and None in self.chosen:
            raise TraitError(say("not every picture has a caption yet: set `chosen` first"))
        return proposal["value"]

    # What a page sees

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict, dict]:
        """Add pictures and captions as a PNG, for pages where no widget is alive."""
        pictures = [Image.open(io.BytesIO(picture)) for picture in self.pictures]
        figure = cards_figure(pictures, [" / ".join(each) for each in self.choices])
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return data | {"image/png": base64.b64encode(to_png(figure)).decode()}, metadata

    def _ipython_display_(self) -> None:
        captions = [f"{n}: {' / '.join(each)}" for n, each in enumerate(self.choices, 1)]
        display_with_still(self, " ".join([self.task, *captions]))


def check_pair(pair: Pair) -> tuple[bytes, tuple[str, ...], str, str]:
    """Validate a pair; return the picture as a PNG, its choices, its answer and its reason."""
    if len(pair) != len(Pair._fields):
        raise ValueError(
            say(
                "a pair has {count} parts: give Pair(picture, choices, answer, reason)",
                count=len(pair),
            )
        )
    picture, choices, answer, reason = pair
    names = check_choices(choices)
    right = check_answer(answer, names)
    if right is None:
        raise ValueError(say("a pair has no answer: give one of {names}", names=", ".join(names)))
    return encode_png(picture, largest=LARGEST), names, str(right), str(reason)
