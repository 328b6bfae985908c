"""Erase a picture cell by cell, by hand or in an order, and watch what the network answers."""

import html
from collections.abc import Sequence
from functools import lru_cache, partial

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import observe

from gradcam_lab import evidence
from gradcam_lab._checks import Images, check_fraction, check_labels
from gradcam_lab._survey import survey
from gradcam_lab.methods import METHODS
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.belief import erasing
from gradcam_lab.widgets.belief.curve_plot import CurvePlot, figure_with_curves, place_on
from gradcam_lab.widgets.belief.erased_picture import Cells, ErasedPicture, draw_erased
from gradcam_lab.widgets.belief.erasing import BY_HAND, ORDERS, Erasing
from gradcam_lab.widgets.controls import Choice, Index, Share, Target, arrange, connect, keep_equal
from gradcam_lab.widgets.explorer_base import KEPT, Explorer, Model
from gradcam_lab.widgets.figures import Panel
from gradcam_lab.widgets.film_strip import make_strips
from gradcam_lab.widgets.heatmap_view import HeatmapView, as_sent
from gradcam_lab.widgets.words import WORDS

PERCENT = [(share, f"{100 * share:.0f} %") for share in (0, 0.25, 0.5, 0.75, 1)]


class DeletionExplorer(Explorer):
    """Erase a picture cell by cell, and watch what becomes of the answer.

    The curve is that of `evidence.deletion`: the cells of the layer's signed map, or those that the
    hand chooses, become 0, one after the other. The grey band is what chance does.

    Parameters
    ----------
    model, images, labels, class_names
        As in `GradCAMExplorer`.

    Attributes
    ----------
    order : str
        In which order the cells are erased: "by the map" (warmest first), "coldest first",
        "random", "from the centre", or "by hand".
    fraction : float
        The share of the cells that is erased in that order, 0 to 1; the nearest of 20 steps counts.
        By hand, it has no say.
    erased : tuple of (row, column)
        The cells that the hand has erased, in its order. To set them is to go on by hand.
    index, layer, target, method, alpha, colormap, threshold
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError, traitlets.TraitError
        As `GradCAMExplorer`, and if a cell does not exist.
    """

    index = Index(0, help="which of the images")
    target = Target()
    method = Choice("method", tuple(METHODS))
    erased = Cells(help="the cells that the hand has erased, each (row, column)")
    order = Choice("order", ORDERS)
    fraction = Share(0.0, check_fraction, help="share of the cells that is erased, 0 to 1")
    asked = ("index", "layer", "target", "method", "erased")
    drawn = (*Explorer.drawn, "order", "fraction")
    answered_by_browser = False

    def __init__(
        self,
        model: Model,
        images: Images,
        labels: Sequence[int] | None = None,
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._view, self._picture = HeatmapView(panels=("overlay",)), ErasedPicture()
        self._plot = CurvePlot(x_label=WORDS["cells_erased"], x_ticks=PERCENT, y_ticks=PERCENT)
        self._in_orders = lru_cache(KEPT)(self._compute_orders)
        self._by_hand = lru_cache(KEPT)(self._compute_by_hand)
        super().__init__(model, class_names, [self._view], images)
        self.add_class("gradcam-deletion")
        self._labels = None
        if labels is not None:
            self._labels = check_labels(labels, len(self.images), len(self.class_names))
            self._picture_names = [self.class_names[label] for label in self._labels]
        keep_equal(self, "erased", self._picture, "erased", **Cells.conversions)
        self.controls["erased"] = self._picture
        traits, follow = self.traits(), [self._picture, self._plot]
        for name, place in {"order": "chosen", "fraction": "place"}.items():
            control = traits[name].control(self)
            self.controls[name] = connect(self, name, control, views=follow, view_trait=place)
        above = [self.controls["order"], self.controls["fraction"]]
        seen = widgets.HBox([self._picture, self._view])
        seen.add_class("gradcam-seen")
        stage = arrange(self, [], above)
        show, _hand = stage.children
        show.children = (seen, self._plot, *make_strips(self, ["index"]))
        self._put_on_page([self.caption, stage, self.message], {}, kind="deletion")

    def grid(self) -> tuple[int, int]:
        """Return how many rows and columns of cells the present layer has."""
        _, rows, columns, _ = survey(self.engine.model).shapes[self.layer]
        return rows or 0, columns or 0  # not known: none

    @observe("layer")
    def _let_go_of_other_cells(self, change: dict) -> None:
        shapes = survey(self.engine.model).shapes
        if change["old"] in shapes and shapes[change["old"]][1:3] != self.grid():
            self.erased = ()

    @observe("erased")
    def _go_on_by_hand(self, _change: dict) -> None:
        if self.erased:
            self.order = BY_HAND

    @observe("order")
    def _stop_slider(self, _change: dict) -> None:
        if slider := self.controls.get("fraction"):
            slider.disabled = self.order == BY_HAND

    # Asking

    def _forget(self) -> None:
        super()._forget()
        self._in_orders.cache_clear()
        self._by_hand.cache_clear()

    def _answer(self, index: int, erased: np.ndarray) -> np.ndarray:
        """Return the probabilities (n, classes) for a picture with cells (n, h', w') erased."""
        self._view.busy = True
        images = np.repeat(self._batch(index), len(erased), axis=0)
        return self.engine.explain(evidence.erase(images, erased), layers=()).probabilities

    def _compute_orders(self, index: int, layer: str, target: int | None, method: str) -> Erasing:
        signed = self.explanation_of(index, target, method).signed[layer][0]
        return erasing.erase_in_orders(signed, partial(self._answer, index))

    def _compute_by_hand(self, index: int, cells: tuple, grid: tuple[int, int]) -> np.ndarray:
        return self._answer(index, erasing.masks_of(cells, grid))

    def _erasing(self) -> Erasing:
        """Return what the network answers in all orders, that of the hand included."""
        in_orders = self._in_orders(self.index, self.layer, self.target, self.method)
        by_hand = self._by_hand(self.index, self.erased, self.grid())
        return in_orders.with_hand(self.erased, by_hand)

    # Showing

    def _show(self) -> None:
        explanation = self.explanation_of(self.index, self.target, self.method)
        target, heatmap = int(explanation.target[0]), explanation.heatmaps[self.layer][0]
        found, (rows, columns) = self._erasing(), self.grid()
        label = None if self._labels is None else int(self._labels[self.index])
        words = page_parts.sentence(
            *(explanation.probabilities[0], self.class_names, label, target),
            *(self.layer, self.method, heatmap),
        )
        words += self.warning([self.method])
        self.caption.value = html.escape(words)
        self.show_bars(np.empty(0), target, -1 if label is None else label)
        self._view.show(self.png(self.index), heatmap, description=words)
        self.fill_strips(explanation)
        self._picture.update(
            picture=self._view.picture,
            shape=(rows, columns),
            orders=found.orders[:-1],
            counts=found.counts[0],
            description=WORDS["to_erase"].format(rows=rows, columns=columns),
        )
        name = self.class_names[target]
        self._plot.update(
            y_label=WORDS["probability_of"].format(name=name),
            band=erasing.chance_band(found, target),
            curves=erasing.curves_of(found, target, self.class_names),
            description=WORDS["probability_while_erased"].format(name=name),
        )

    def _figure(self) -> Figure:
        self._show()  # the network may have changed meanwhile
        found, chosen = self._erasing(), ORDERS.index(self.order)
        count = found.counts[chosen][place_on(self._plot.curves[chosen], self.fraction)]
        erased = erasing.masks_of(found.orders[chosen][:count], self.grid())[-1]
        picture = figures.fit(figures.as_shown(self.small_picture(self.index), self.paper))
        explanation = self.explanation_of(self.index, self.target, self.method)
        heatmap = as_sent(explanation.heatmaps[self.layer][0])
        overlay = figures.draw_overlay(
            *(picture, heatmap, self.alpha, self.colormap, self.threshold)
        )
        title = WORDS["overlay"].format(
            name=self.class_names[int(explanation.target[0])],
            layer=self.layer,
            method=WORDS.get(self.method, self.method),
        )
        lines = figures.lines_at(self.threshold) if self.contours else ()
        done = WORDS["erased_cells"].format(count=count, cells=erased.size)
        panels = [Panel(done, draw_erased(picture, erased)), Panel(title, overlay, heatmap, lines)]
        return figure_with_curves(self._plot, chosen, self.fraction, panels, self.colormap)
