"""Grad-CAM taken apart: the strongest channels, their weights, and the sum as it grows."""

import html
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import Int, TraitError, observe

from gradcam_lab._checks import PREDICTED, Images
from gradcam_lab._language import say
from gradcam_lab._survey import survey
from gradcam_lab.cam import to_heatmap
from gradcam_lab.methods import channels_and_weights
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.controls import Index, Swipe, Target, arrange, make_controls
from gradcam_lab.widgets.equation import DIVERGING, Equation, equation_html, in_numbers
from gradcam_lab.widgets.explorer_base import Explorer, Model
from gradcam_lab.widgets.film_strip import make_strips
from gradcam_lab.widgets.heatmap_view import HeatmapView
from gradcam_lab.widgets.words import WORDS

DRAWN = 10  # channels that have a picture of their own
COLOURS = colorize(np.linspace(0, 1, 256)[np.newaxis], DIVERGING).ravel().tolist()


class Parts(NamedTuple):
    """What one Grad-CAM map is the sum of, the strongest channel first."""

    channels: np.ndarray  # (c,): their numbers in the layer
    feature_maps: np.ndarray  # (h', w', c)
    weights: np.ndarray  # (c,): α

    def add(self, count: int, first: int = 0) -> np.ndarray:
        """Add up so many channels but the first, each times its weight: a signed map (h', w')."""
        return self.feature_maps[..., first:count] @ self.weights[first:count]

    def equation(self, added: int) -> Equation:
        """Return the sum as it stands when so many channels have been added."""
        whole = len(self.weights)
        return Equation(
            channels=self.channels[:DRAWN],
            feature_maps=self.feature_maps[..., :DRAWN],
            weights=self.weights[:DRAWN],
            added=added,
            total=whole,
            so_far=self.add(added),
            rest=self.add(added, first=DRAWN),
            whole=self.add(whole),
        )


def take_apart(feature_maps: np.ndarray, weights: np.ndarray) -> Parts:
    r"""Order the channels of one image at one layer by what they contribute to its map.

    A channel contributes much if its weight is large, for or against the class, and if it is
    active: the order is that of :math:`|\alpha_k| \sum_{ij} |A^k_{ij}|`.

    Parameters
    ----------
    feature_maps : array (h', w', c)
    weights : array (c,)
    """
    order = np.argsort(-np.abs(weights) * np.abs(feature_maps).sum(axis=(0, 1)), kind="stable")
    return Parts(order, feature_maps[..., order], weights[order])


class Channels(Int):
    """How many channels of the present layer have been added."""

    def validate(self, explorer: "AnatomyExplorer", value: object) -> int:
        """Validate the number: the present layer has so many channels."""
        count, maximum = super().validate(explorer, value), explorer.channels_of_layer()
        if not 0 <= count <= maximum:
            raise TraitError(
                say(
                    "there are no {count} channels: give 0 to {maximum}",
                    count=count,
                    maximum=maximum,
                )
            )
        return count

    def control(self, explorer: "AnatomyExplorer") -> widgets.Widget:
        """Make a slider over all channels."""
        explorer.slider = widgets.IntSlider(min=0, max=explorer.channels_of_layer())
        return explorer.slider


class AnatomyExplorer(Explorer):
    """One Grad-CAM map, channel by channel: a slider adds them up until the map stands there.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`.

    Attributes
    ----------
    channels : int
        How many channels have been added, the strongest first.
    index, layer, target, alpha, colormap, threshold, swipe
        As in `GradCAMExplorer`.

    References
    ----------
    R. R. Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based
    localization. ICCV 2017, equations 1 and 2.
    """

    index = Index(0, help="which of the images")
    channels = Channels(1, help="how many channels have been added, the strongest first")
    target = Target()
    swipe = Swipe()
    asked = ("index", "channels", "layer", "target")
    drawn = (*Explorer.drawn, "swipe")

    def __init__(
        self, model: Model, images: Images, *, class_names: Sequence[str] | None = None
    ) -> None:
        self._view = HeatmapView()
        self.slider: widgets.IntSlider | None = None  # of the channels
        self._terms = lru_cache(maxsize=1)(self._compute_terms)  # large: all feature maps
        self._equation = widgets.HTML()
        super().__init__(model, class_names, [self._view], images)
        self.add_class("gradcam-anatomy")
        beside_the_sum = make_controls(self, ["channels"])
        stage = arrange(self, [])
        show, _hand = stage.children
        show.children = (*beside_the_sum, self._equation, self._view, *make_strips(self))
        parts = [self.caption, stage, self.message]
        shapes = survey(self.engine.model).shapes
        counts = [shapes[name][-1] for name in self.layers]
        self._put_on_page(
            parts,
            {"equation": self._equation},
            **{"kind": "anatomy", "columns": [{}], "channels": counts, "diverging": COLOURS},
        )

    def channels_of_layer(self) -> int:
        """Return how many channels the present layer has."""
        return survey(self.engine.model).shapes[self.layer][-1] or 0  # not known: none

    @observe("layer")
    def _fit_slider(self, _change: dict) -> None:
        if self.slider is not None:
            self.slider.max = self.channels_of_layer()  # fewer channels move it, too

    def _forget(self) -> None:
        super()._forget()
        self._terms.cache_clear()

    def _compute_terms(self, index: int, target: int | None) -> tuple[int, np.ndarray, dict]:
        """Return the class that is explained, probabilities, and each layer's terms."""
        self._view.busy = True
        targets = np.array([PREDICTED if target is None else target])
        explained, _, probabilities, terms = self.engine.run(
            self.engine.trace(None), self._batch(index), targets, channels_and_weights
        )
        return int(explained[0]), probabilities[0], terms

    def _parts(self) -> tuple[int, Parts]:
        """Return the class that is explained, and what its map at the present layer is made of."""
        target, _, terms = self._terms(self.index, self.target)
        (feature_maps,), (weights,) = terms[self.layer]
        return target, take_apart(feature_maps, weights)

    def _show(self) -> None:
        target, parts = self._parts()
        _, probabilities, _ = self._terms(self.index, self.target)
        self.show_bars(probabilities, target)
        whole = len(parts.weights)
        added = min(self.channels, whole)
        heatmap, complete = (
            to_heatmap(parts.add(count)[np.newaxis])[0] for count in (added, whole)
        )
        difference = f"{np.abs(heatmap - complete).max():.2f}"
        nearness = WORDS["complete" if added == whole else "incomplete"]
        words = WORDS["anatomy"].format(
            added=added,
            channels=in_numbers("channels", whole),
            layer=self.layer,
            name=self.class_names[target],
            nearness=nearness.format(difference=difference),
            place=page_parts.whereabouts(heatmap),
        )
        self._view.show(self.png(self.index), heatmap, description=words)
        self.caption.value = html.escape(words)
        self._equation.value = equation_html(parts.equation(added))

    def _figure(self) -> Figure:
        _, parts = self._parts()
        return figures.anatomy_figure(
            *(parts.equation(self.channels), self.small_picture(self.index)),
            *(self.alpha, self.colormap, self.threshold),
            **self.look,
        )
