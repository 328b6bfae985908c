"""The explorer: its state is a few traits, and every change of state redraws the view."""

import html
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from PIL import Image
from traitlets import Int, validate

from gradcam_lab import views
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.explorer_base import ROW, STYLE, UNDER_CONTROLS, HeatmapExplorer
from gradcam_lab.pretrained import PretrainedNetwork


class GradCAMExplorer(HeatmapExplorer):
    """Grad-CAM with controls: picture, heatmap and overlay, redrawn as the controls move.

    Setting a trait from Python is the same as moving its control.

    Parameters
    ----------
    model : keras.Model, PretrainedNetwork or GradCAM
        The network to ask; a GradCAM where you want a score or output of your choice.
    images : array (n, h, w, c), or a sequence of pictures for a `PretrainedNetwork`
        A keras.Model takes each image as it is; a PretrainedNetwork prepares its pictures.
    labels : sequence of n int, optional
        The true classes.
    class_names : sequence of str, optional
        The names of the model's classes; by default ImageNet's for a PretrainedNetwork, and
        numbers for another model.

    Attributes
    ----------
    index : int
        Which of the images.
    layer : str
        A name out of `spatial_layers`; at first the last convolutional layer.
    alpha : float
        Opacity of the heatmap, 0 to 1.
    target : int or None
        The class to explain; None is the predicted one.
    method : str
        A name out of `METHODS`; at first Grad-CAM.
    colormap : str
        One of jet, turbo, viridis, cividis, inferno, magma and gray.

    Raises
    ------
    ValueError
        If there are no images, or the number of labels or class names does not fit.
    traitlets.TraitError
        If a trait is set to a value that does not exist.
    """

    index = Int(0, help="which of the images")
    state = ("index", *HeatmapExplorer.state)

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        images: Sequence[Image.Image | np.ndarray] | np.ndarray,
        *,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(model, images, labels, class_names)
        self.add_class("gradcam-explorer")
        self._bars = widgets.HTML()
        self._redraw()
        controls = widgets.VBox(
            [*self._index_controls(), *self._heatmap_controls(), self._save_controls()],
            layout={"max_width": "100%"},
        )
        answer = widgets.VBox([widgets.HTML("<b>the five most likely classes</b>"), self._bars])
        below = widgets.HBox([controls, answer], layout=ROW | {"grid_gap": "24px"})
        self.children = [self._view, self._caption, below, self._message, widgets.HTML(STYLE)]

    @property
    def explanation(self) -> Explanation:
        """The explanation of the present picture, a batch of one, at all layers."""
        return self._explain(self.index, self.target, self.method)

    def _index_controls(self) -> list[widgets.Widget]:
        slider = self._control("index", widgets.IntSlider(min=0, max=len(self._images) - 1))
        steps = [self._step_button("previous", -1), self._step_button("next", +1)]
        return [slider, widgets.HBox(steps, layout=ROW | UNDER_CONTROLS)]

    def _step_button(self, word: str, step: int) -> widgets.Widget:
        button = widgets.Button(description=f"{word} picture")
        button.add_class(f"gradcam-{word}")
        last = len(self._images) - 1
        button.on_click(lambda _: setattr(self, "index", min(max(self.index + step, 0), last)))
        return button

    def _figure(self) -> Image.Image:
        heatmap = self.explanation.heatmaps[self.layer][0]
        return views.explorer_figure(self._images[self.index], heatmap, self.alpha, self.colormap)

    def _describe(self) -> str:
        explanation = self.explanation
        probabilities, target = explanation.probabilities[0], int(explanation.target[0])
        self._bars.value = views.bars_html(probabilities, self._class_names, target)
        label = None if self._labels is None else int(self._labels[self.index])
        heatmap = explanation.heatmaps[self.layer][0]
        return html.escape(
            views.sentence(probabilities, self._class_names, label, target, self.layer, heatmap)
        )

    @validate("index")
    def _check_index_trait(self, proposal: dict) -> int:
        return self._check_index(proposal["value"])
