"""Several pictures under shared controls."""

import html
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from PIL import Image
from traitlets import TraitError, Tuple, validate

from gradcam_lab import views
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import GradCAM
from gradcam_lab.explorer_base import STYLE, UNDER_CONTROLS, HeatmapExplorer
from gradcam_lab.pretrained import PretrainedNetwork


class GradCAMComparison(HeatmapExplorer):
    """One picture of each chosen class, side by side; every control moves all of them.

    Parameters
    ----------
    model : keras.Model, PretrainedNetwork or GradCAM
        The network to ask; a GradCAM where you want a score or output of your choice.
    images : array (n, h, w, c), or a sequence of pictures for a `PretrainedNetwork`
        As in `GradCAMExplorer`.
    labels : sequence of n int
        The true classes: from them the pictures are chosen.
    classes : sequence of int
        The classes to compare.
    class_names : sequence of str, optional
        As in `GradCAMExplorer`.

    Attributes
    ----------
    indices : tuple of int
        Which of the images; at first the first one of each class.
    layer, alpha, target, method, colormap
        As in `GradCAMExplorer`, for all pictures alike.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if a class has no picture.
    """

    indices = Tuple(help="which of the images")
    state = ("indices", *HeatmapExplorer.state)

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        images: Sequence[Image.Image | np.ndarray] | np.ndarray,
        labels: Sequence[int],
        classes: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(model, images, labels, class_names)
        self.add_class("gradcam-comparison")
        self._pictures_of = [np.flatnonzero(self._labels == each) for each in classes]
        if not self._pictures_of or not all(pictures.size for pictures in self._pictures_of):
            raise ValueError(
                f"classes are {tuple(classes)}: give at least one, and only such as have a picture "
                "among the labels"
            )
        self.indices = tuple(int(pictures[0]) for pictures in self._pictures_of)
        others = widgets.Button(description="Show others", layout=UNDER_CONTROLS)
        others.add_class("gradcam-others")
        others.on_click(lambda _: self.show_others())
        self._redraw()
        self.children = [
            self._view,
            self._caption,
            others,
            *self._heatmap_controls(),
            self._save_controls(),
            self._message,
            widgets.HTML(STYLE),
        ]

    def show_others(self) -> None:
        """Go on to the next picture of each class; after the last comes the first."""
        self.indices = tuple(
            int(pictures[(np.searchsorted(pictures, index) + 1) % len(pictures)])
            for index, pictures in zip(self.indices, self._pictures_of, strict=True)
        )

    def _figure(self) -> Image.Image:
        explanations = [self._explain(index, self.target, self.method) for index in self.indices]
        return views.comparison_figure(
            [self._images[index] for index in self.indices],
            [explanation.heatmaps[self.layer][0] for explanation in explanations],
            [self._title(index) for index in self.indices],
            self.alpha,
            self.colormap,
        )

    def _title(self, index: int) -> str:
        probabilities = self._explain(index, self.target, self.method).probabilities[0]
        predicted = int(np.argmax(probabilities))
        chance = views.percent(probabilities[predicted])
        true = self._class_names[self._labels[index]]
        return f"true {true}, predicted {self._class_names[predicted]} ({chance})"

    def _describe(self) -> str:
        blank = [
            self._class_names[self._labels[index]]
            for index in self.indices
            if not self._explain(index, self.target, self.method).heatmaps[self.layer].any()
        ]
        what = "its predicted class"
        if self.target is not None:
            what = f"class {self._class_names[self.target]}"
        words = f"each picture explained for {what}, at {self.layer}"
        if blank:
            words += f"; no positive evidence in the picture of {', '.join(blank)}"
        return html.escape(words)

    @validate("indices")
    def _check_indices(self, proposal: dict) -> tuple[int, ...]:
        indices, wanted = proposal["value"], len(self._pictures_of)
        if len(indices) != wanted or not all(isinstance(i, int | np.integer) for i in indices):
            raise TraitError(f"indices are {indices}: give {wanted} numbers of images, one a class")
        return tuple(self._check_index(int(index)) for index in indices)
