"""Grad-CAM taken apart: the strongest channels, their weights, and the sum as it grows."""

import html
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import Int, TraitError, validate

from gradcam_lab._checks import Images, as_images, check_targets
from gradcam_lab._survey import survey
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import GradCAM, to_heatmap
from gradcam_lab.methods import channels_and_weights
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.explanations import Request
from gradcam_lab.widgets.explorer_base import HeatmapExplorer
from gradcam_lab.widgets.heatmap_view import HeatmapView
from gradcam_lab.widgets.image_choice import ImageChoice
from gradcam_lab.widgets.wiring import connect

THUMBNAILS = 10  # channels that are drawn


class Parts(NamedTuple):
    """What one Grad-CAM map is the sum of, the strongest channel first."""

    channels: np.ndarray  # (c,): their numbers in the layer
    feature_maps: np.ndarray  # (h', w', c)
    weights: np.ndarray  # (c,): α

    def add(self, count: int) -> np.ndarray:
        """Add up the first channels, each times its weight: a signed map (h', w')."""
        return self.feature_maps[..., :count] @ self.weights[:count]

    def strongest(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return numbers, feature maps (h', w', n) and weights of the channels that are drawn."""
        return (
            self.channels[:THUMBNAILS],
            self.feature_maps[..., :THUMBNAILS],
            self.weights[:THUMBNAILS],
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


class AnatomyExplorer(ImageChoice, HeatmapExplorer):
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

    channels = Int(1, help="how many channels have been added, the strongest first")
    state = (
        *("index", "channels"),
        *(name for name in HeatmapExplorer.state if name not in ("method", "same_scale")),
    )

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        images: Images,
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._images = images
        self._view = HeatmapView()
        super().__init__(model, class_names, [self._view])
        self.add_class("gradcam-anatomy")
        self._terms = lru_cache(maxsize=1)(self._compute_terms)
        self._sum, self._thumbnails = widgets.HTML(), widgets.HTML()
        slider = connect(self, "channels", widgets.IntSlider(min=0, max=self._channels_of_layer()))
        self._slider = slider
        self._redraw()
        controls = self._controls([*self._index_controls(), slider])
        self.children = [
            *(self._thumbnails, self._sum, self._view, self._caption, self._message),
            controls,
        ]

    def _requests(self) -> list[Request]:
        return [self._request(self.index)]

    def _compute_terms(self, request: Request, _version: int) -> tuple[int, dict]:
        """Return the class that is explained, and each layer's feature maps and weights."""
        self._set_busy(True)
        batch = as_images(self._batch(request.picture), self._engine.model)
        targets = check_targets(request.target, 1, len(self._class_names))
        (target,), _, _, terms = self._engine.run(batch, targets, None, channels_and_weights)
        return int(target), terms

    def _parts(self) -> tuple[int, Parts]:
        """Return the class that is explained, and what its map at the present layer is made of."""
        target, terms = self._terms(*self._explanations.key(self._request(self.index)))
        (feature_maps,), (weights,) = terms[self.layer]
        return target, take_apart(feature_maps, weights)

    def _show(self) -> str:
        target, parts = self._parts()
        self._slider.max = (
            self._channels_of_layer()
        )  # a layer of fewer channels moves the slider, too
        added = self.channels
        heatmap, whole = (
            to_heatmap(parts.add(count)[np.newaxis])[0] for count in (added, len(parts.weights))
        )
        name = self._class_names[target]
        words = (
            f"{added} of {len(parts.weights)} channels of {self.layer} added, for class {name}: "
            + (
                "this is the Grad-CAM heatmap"
                if added == len(parts.weights)
                else f"up to {np.abs(heatmap - whole).max():.2f} away from the Grad-CAM heatmap"
            )
        )
        words += f"; {page_parts.whereabouts(heatmap)}"
        self._view.show(self._encoded(self.index), heatmap, description=words)
        self._caption.value = html.escape(words)
        self._sum.value = page_parts.sum_html(
            parts.add(added), parts.add(len(parts.weights)), added
        )
        self._thumbnails.value = page_parts.channels_html(*parts.strongest(), added)
        return ""

    def _figure(self) -> Figure:
        (_, parts), added = self._parts(), self.channels
        heatmap = to_heatmap(parts.add(added)[np.newaxis])[0]
        return figures.anatomy_figure(
            *parts.strongest(),
            parts.add(added),
            parts.add(len(parts.weights)),
            added,
            self._small(self.index),
            heatmap,
            self.alpha,
            self.colormap,
            self.threshold,
        )

    def _channels_of_layer(self) -> int:
        return survey(self._engine.model).shapes[self.layer][-1]

    @validate("channels")
    def _check_channels(self, proposal: dict) -> int:
        most = self._channels_of_layer()
        if not 0 <= proposal["value"] <= most:
            raise TraitError(f"there are no {proposal['value']} channels: give 0 to {most}")
        return proposal["value"]
