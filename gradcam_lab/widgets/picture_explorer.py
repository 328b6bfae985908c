"""One picture at a time: its view, a sentence about it, and the likeliest classes."""

import html
from collections.abc import Hashable, Sequence

import ipywidgets as widgets
from matplotlib.figure import Figure

from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.explanations import Request
from gradcam_lab.widgets.explorer_base import HeatmapExplorer
from gradcam_lab.widgets.heatmap_view import HeatmapView


class PictureExplorer(HeatmapExplorer):
    """An explorer of one picture at a time; a subclass says which (`_picture`, `_label`)."""

    panels: tuple[str, ...] = figures.PANELS

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        class_names: Sequence[str] | None,
    ) -> None:
        self._view = HeatmapView(panels=self.panels)
        super().__init__(model, class_names, [self._view])
        self.add_class("gradcam-explorer")
        self._bars = widgets.HTML()

    @property
    def explanation(self) -> Explanation:
        """The explanation of the present picture, a batch of one, at all layers."""
        return self._answer(lambda: self._explain(self._request(self._picture())))

    def _picture(self) -> Hashable:
        raise NotImplementedError

    def _label(self) -> int | None:
        return None

    def _arrange(self, *above: widgets.Widget) -> None:
        """Set the parts on the page, with a subclass's own controls above the others."""
        controls = self._controls(above, [self._bars])
        self.children = [self._view, self._caption, self._message, controls]

    def _requests(self) -> list[Request]:
        return [self._request(self._picture())]

    def _show(self) -> str:
        picture = self._picture()
        explanation = self._explain(self._request(picture))
        heatmap = self._heatmap(explanation)
        probabilities, target = explanation.probabilities[0], int(explanation.target[0])
        words = page_parts.sentence(
            probabilities,
            self._class_names,
            self._label(),
            target,
            self.layer,
            self.method,
            heatmap,
        ) + self._warning([self.method])
        self._view.show(self._encoded(picture), heatmap, description=words)
        self._caption.value = html.escape(words)
        bars = page_parts.bars_html(probabilities, self._class_names, target)
        self._bars.value = f"<b>the five most likely classes</b>{bars}"
        return ""

    def _figure(self) -> Figure:
        picture = self._picture()
        heatmap = self._heatmap(self._explain(self._request(picture)))
        return figures.explorer_figure(
            self._small(picture),
            heatmap,
            self.alpha,
            self.colormap,
            self.threshold,
            self.panels,
        )
