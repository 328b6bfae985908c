"""Several heatmaps under shared controls, a column each; here of several pictures."""

import html
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from traitlets import TraitError, Tuple, validate

from gradcam_lab._checks import Images
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.explanations import Request
from gradcam_lab.widgets.explorer_base import HeatmapExplorer
from gradcam_lab.widgets.heatmap_view import HeatmapView
from gradcam_lab.widgets.image_choice import check_index, check_labels
from gradcam_lab.widgets.wiring import ROW, UNDER_CONTROLS

Model = keras.Model | PretrainedNetwork | GradCAM


class Comparison(HeatmapExplorer):
    """One column for each explanation; a subclass says which they are, and how to entitle them."""

    state = tuple(name for name in HeatmapExplorer.state if name != "swipe")
    panels: tuple[str, ...] = ("picture", "overlay")

    def __init__(
        self,
        model: Model,
        images: Images,
        class_names: Sequence[str] | None,
        columns: int,
    ) -> None:
        self._images = images
        super().__init__(
            model, class_names, [HeatmapView(panels=self.panels) for _ in range(columns)]
        )
        self.add_class("gradcam-comparison")

    def _image(self, index: int) -> Image.Image | np.ndarray:
        return self._images[index]

    def _title(self, request: Request, explanation: Explanation) -> str:
        raise NotImplementedError

    def _summary(self) -> str:
        raise NotImplementedError

    def _arrange(self, *above: widgets.Widget) -> None:
        """Set the parts on the page, with a subclass's own controls above the others."""
        row = widgets.HBox(self._views, layout=ROW | {"grid_gap": "8px 14px"})
        self.children = [row, self._caption, self._message, self._controls(above)]

    def _columns(self) -> list[tuple[Request, str, np.ndarray]]:
        """Return request, title and heatmap of each column."""
        asked = [(request, self._explain(request)) for request in self._requests()]
        return [
            (request, self._title(request, explanation), self._heatmap(explanation))
            for request, explanation in asked
        ]

    def _show(self) -> str:
        columns = self._columns()
        blank = [title for _, title, heatmap in columns if not heatmap.any()]
        for view, (request, title, heatmap) in zip(self._views, columns, strict=True):
            words = f"{title}, at {self.layer}; {page_parts.whereabouts(heatmap)}"
            view.show(self._encoded(request.picture), heatmap, title=title, description=words)
        methods = list(dict.fromkeys(request.method for request, _, _ in columns))
        words = f"{self._summary()}, at {self.layer}{self._warning(methods)}"
        if blank:
            words += f"; no positive evidence in: {'; '.join(blank)}"
        self._caption.value = html.escape(words)
        return ""

    def _class(self, target: int) -> str:
        return self._class_names[target]

    def _prediction(self, explanation: Explanation) -> str:
        probabilities = explanation.probabilities[0]
        predicted = int(np.argmax(probabilities))
        return (
            f"predicted {self._class(predicted)} ({page_parts.percent(probabilities[predicted])})"
        )


class GradCAMComparison(Comparison):
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
    layer, target, method, same_scale, alpha, colormap, threshold
        As in `GradCAMExplorer`, for all pictures alike.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if a class has no picture.
    """

    indices = Tuple(help="which of the images")
    state = ("indices", *Comparison.state)

    def __init__(
        self,
        model: Model,
        images: Images,
        labels: Sequence[int],
        classes: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(model, images, class_names, len(classes))
        self._labels = check_labels(labels, len(self._images), len(self._class_names))
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
        self._arrange(others)

    def show_others(self) -> None:
        """Go on to the next picture of each class; after the last comes the first."""
        self.indices = tuple(
            int(pictures[np.searchsorted(pictures, index, side="right") % len(pictures)])
            for index, pictures in zip(self.indices, self._pictures_of, strict=True)
        )

    def _requests(self) -> list[Request]:
        return [self._request(index) for index in self.indices]

    def _figure(self) -> Figure:
        _, titles, heatmaps = zip(*self._columns(), strict=True)
        images = [self._small(index) for index in self.indices]
        return figures.comparison_figure(
            images, heatmaps, titles, self.alpha, self.colormap, self.threshold
        )

    def _title(self, request: Request, explanation: Explanation) -> str:
        true = self._class(self._labels[request.picture])
        return f"true {true}, {self._prediction(explanation)}"

    def _summary(self) -> str:
        if self.target is None:
            return "each picture explained for its predicted class"
        return f"each picture explained for class {self._class(self.target)}"

    @validate("indices")
    def _check_indices(self, proposal: dict) -> tuple[int, ...]:
        indices, wanted = proposal["value"], len(self._pictures_of)
        if len(indices) != wanted or not all(isinstance(i, int | np.integer) for i in indices):
            raise TraitError(f"indices are {indices}: give {wanted} numbers of images, one a class")
        return tuple(check_index(int(index), self._images) for index in indices)
