"""The explorer of many images: its state is a few traits, and to change one redraws the view."""

import html
from collections.abc import Hashable, Sequence

import ipywidgets as widgets
from matplotlib.figure import Figure

from gradcam_lab._checks import Images, check_labels
from gradcam_lab.cam import Explanation
from gradcam_lab.methods import DIVIDE_BY_SUMS, METHODS
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.controls import Choice, Index, SameScale, Swipe, Target, arrange
from gradcam_lab.widgets.explorer_base import Explorer, Model, heatmap_of, on_one_scale
from gradcam_lab.widgets.film_strip import make_strips
from gradcam_lab.widgets.heatmap_view import HeatmapView, as_sent


class OnePicture:
    """One picture at a time: its view, a sentence about it, and the likeliest classes.

    A part of explorers that have the traits `target`, `method` and `same_scale`.
    """

    def __init__(self, panels: Sequence[str] = figures.PANELS) -> None:
        self.view = HeatmapView(panels=panels)

    def parts(
        self, explorer: Explorer, *above: widgets.Widget, beside: widgets.Widget | None = None
    ) -> list[widgets.Widget]:
        """Return the parts of a page.

        An explorer's own controls stand above the others, or beside the view.
        """
        view = self.view if beside is None else widgets.HBox([beside, self.view])
        view.add_class("gradcam-seen")
        stage = arrange(explorer, [view], above)
        show, _hand = stage.children
        show.children = (view, *make_strips(explorer))
        return [explorer.caption, stage, explorer.message]

    def show(self, explorer: Explorer, key: Hashable, label: int | None = None) -> None:
        """Show the picture that a key stands for, as the explorer's state asks."""
        explanation = explorer.explanation_of(key, explorer.target, explorer.method)
        heatmap = explanation.heatmaps[explorer.layer][0]
        if explorer.same_scale:
            heatmap = on_one_scale(explanation, explorer.layer)
        probabilities, target = explanation.probabilities[0], int(explanation.target[0])
        explorer.show_bars(probabilities, target, -1 if label is None else label)
        words = page_parts.sentence(
            probabilities,
            explorer.class_names,
            label,
            target,
            explorer.layer,
            explorer.method,
            heatmap,
        )
        if explorer.method in DIVIDE_BY_SUMS:
            words += explorer.warning([explorer.method])
        self.view.show(explorer.png(key), heatmap, description=words)
        explorer.caption.value = html.escape(words)
        if explorer.browser.network is None:  # otherwise the browser fills the strips
            explorer.fill_strips(explanation)

    def figure(self, explorer: Explorer, key: Hashable) -> Figure:
        """Draw the picture that a key stands for, as the explorer's state asks."""
        explanation = explorer.explanation_of(key, explorer.target, explorer.method)
        heatmap = as_sent(heatmap_of(explanation, explorer.layer, explorer.same_scale))
        drawn = explorer.alpha, explorer.colormap, explorer.threshold, self.view.panels
        return figures.explorer_figure(
            explorer.small_picture(key), heatmap, *drawn, **explorer.look
        )


class GradCAMExplorer(Explorer):
    """Grad-CAM with controls: picture, heatmap and overlay follow the hand.

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
    target : int or None
        The class to explain; None is the predicted one.
    method : str
        A name out of `METHODS`, at first Grad-CAM.
    same_scale : bool
        Whether the maximum over all layers scales every layer. At first each layer is scaled by
        its own.
    alpha : float
        Opacity of the heatmap, 0 to 1.
    colormap : str
        One of jet, turbo, viridis, cividis, inferno, magma, gray and OrRd.
    threshold : float
        Values of the heatmap below it are hidden, 0 to 1.
    paper : bool
        Whether a digit is shown as black ink on white, at first where the pictures are white ink on
        black.
    contours : bool
        Whether lines are drawn over the overlay where the heatmap is 0.25, 0.5 and 0.75.
    swipe : bool
        Whether one large overlay with a divider stands in place of the three panels.

    Raises
    ------
    ValueError
        If there are no images, or the number of labels or class names does not fit.
    traitlets.TraitError
        If a trait is set to a value that does not exist.
    """

    index = Index(0, help="which of the images")
    target = Target()
    method = Choice("method", tuple(METHODS))
    same_scale = SameScale()
    swipe = Swipe()
    asked = ("index", "layer", "target", "method", "same_scale")
    drawn = (*Explorer.drawn, "swipe")

    def __init__(
        self,
        model: Model,
        images: Images,
        *,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._one = OnePicture()
        super().__init__(model, class_names, [self._one.view], images)
        self.add_class("gradcam-explorer")
        self._labels = None
        if labels is not None:
            self._labels = check_labels(labels, len(self.images), len(self.class_names))
            self._picture_names = [self.class_names[label] for label in self._labels]
        true = None if self._labels is None else self._labels.tolist()
        self._put_on_page(self._one.parts(self), {}, kind="picture", columns=[{}], labels=true)

    @property
    def explanation(self) -> Explanation:
        """The explanation of the present picture, a batch of one, at all layers."""
        return self._ask(lambda: self.explanation_of(self.index, self.target, self.method))

    def _show(self) -> None:
        label = None if self._labels is None else int(self._labels[self.index])
        self._one.show(self, self.index, label)

    def _figure(self) -> Figure:
        return self._one.figure(self, self.index)
