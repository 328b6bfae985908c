"""Several heatmaps under shared controls, one column each: of pictures, methods or classes."""

import html
from collections.abc import Sequence
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import TraitError, Tuple

from gradcam_lab._checks import Images, check_labels, check_targets
from gradcam_lab._language import say
from gradcam_lab.cam import Explanation
from gradcam_lab.methods import METHODS
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.controls import (
    ROW,
    Choice,
    Index,
    SameScale,
    Switch,
    Target,
    arrange,
    keep_equal,
    make_button,
)
from gradcam_lab.widgets.difference import difference_of
from gradcam_lab.widgets.explorer_base import Explorer, Model, heatmap_of
from gradcam_lab.widgets.film_strip import make_strips
from gradcam_lab.widgets.heatmap_view import HeatmapView, as_sent
from gradcam_lab.widgets.words import WORDS


class Column(NamedTuple):
    """One answer among several: of which image, by which method, under which title."""

    key: int
    explanation: Explanation
    method: str
    title: str


def make_views(columns: Sequence, panels: Sequence[str]) -> list[HeatmapView]:
    """Make a view for each column."""
    return [HeatmapView(panels=panels) for _ in columns]


def arrange_columns(explorer: Explorer, *above: widgets.Widget) -> list[widgets.Widget]:
    """Return the parts of a page, with an explorer's own controls above the others."""
    explorer.add_class("gradcam-comparison")
    row = widgets.HBox(explorer.views, layout=ROW | {"grid_gap": "8px 14px"})
    stage = arrange(explorer, [row], above)
    show, _hand = stage.children
    show.children = (row, *make_strips(explorer, ["index"]))
    return [explorer.caption, stage, explorer.message]


def show_columns(
    explorer: Explorer, columns: Sequence[Column], summary: str, difference: bool | None = None
) -> None:
    """Show one answer in each view, and say below them what they have in common.

    The `difference` of each from the first is shown (True) or only said (False); None: neither.
    """
    blank, colours = [], ""
    maps = [heatmap_of(each.explanation, explorer.layer, explorer.same_scale) for each in columns]
    first = columns[0].title
    if difference and len(columns) > 1:
        colours = WORDS["colours"].format(first=first)
    for i, (view, column, heatmap) in enumerate(zip(explorer.views, columns, maps, strict=True)):
        is_related = difference is not None and i > 0
        note = page_parts.relation(heatmap, maps[0], first) if is_related else ""
        words = WORDS["column"].format(
            title=column.title,
            layer=explorer.layer,
            place=page_parts.whereabouts(heatmap),
            note=note and f"; {note}",
        )
        is_difference = bool(difference) and i > 0
        view.show(
            explorer.png(column.key),
            difference_of(heatmap, maps[0]) if is_difference else heatmap,
            is_difference=is_difference,
            **{"title": column.title, "note": note, "description": words},
        )
        blank += [] if heatmap.any() else [column.title]
    methods = list(dict.fromkeys(column.method for column in columns))
    words = WORDS["columns"].format(
        summary=summary,
        layer=explorer.layer,
        chance=explorer.warning(methods),
        blank=WORDS["blank"].format(titles="; ".join(blank)) if blank else "",
        colours=colours,
    )
    explorer.caption.value = html.escape(words)


def heatmaps_of(explorer: Explorer, columns: Sequence[Column]) -> list[np.ndarray]:
    """Return the heatmap (h', w') of each column as its view draws it."""
    return [
        as_sent(heatmap_of(column.explanation, explorer.layer, explorer.same_scale))
        for column in columns
    ]


def questions_figure(explorer: Explorer, index: int, columns: Sequence[Column]) -> Figure:
    """Draw one picture, and beside it what it was asked."""
    return figures.questions_figure(
        explorer.small_picture(index),
        heatmaps_of(explorer, columns),
        [column.title for column in columns],
        *(explorer.alpha, explorer.colormap, explorer.threshold),
        **explorer.look,
    )


def prediction(explanation: Explanation, class_names: Sequence[str]) -> str:
    """Say which class the network predicts, and how sure it is."""
    probabilities = explanation.probabilities[0]
    predicted = int(np.argmax(probabilities))
    chance = page_parts.percent(probabilities[predicted])
    return WORDS["predicted"].format(name=class_names[predicted], percent=chance)


class Indices(Tuple):
    """Which of the images, one for each column."""

    def validate(self, explorer: "GradCAMComparison", value: object) -> tuple[int, ...]:
        """Validate the indices: one for each column."""
        indices, wanted = super().validate(explorer, value) or (), len(explorer.views)
        if len(indices) != wanted or not all(isinstance(i, int | np.integer) for i in indices):
            raise TraitError(
                say(
                    "indices are {indices}: give {wanted} numbers of images, one a class",
                    indices=indices,
                    wanted=wanted,
                )
            )
        return tuple(Index().validate(explorer, int(index)) for index in indices)


class GradCAMComparison(Explorer):
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

    indices = Indices(help="which of the images")
    target = Target()
    method = Choice("method", tuple(METHODS))
    same_scale = SameScale()
    asked = ("indices", "layer", "target", "method", "same_scale")

    def __init__(
        self,
        model: Model,
        images: Images,
        labels: Sequence[int],
        classes: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        classes = tuple(classes)
        super().__init__(model, class_names, make_views(classes, ("picture", "overlay")), images)
        self._labels = check_labels(labels, len(self.images), len(self.class_names))
        self._pictures_of = [np.flatnonzero(self._labels == each) for each in classes]
        if not self._pictures_of or not all(pictures.size for pictures in self._pictures_of):
            raise ValueError(
                say(
                    "classes are {classes}: give at least one, and only such as have a "
                    "picture among the labels",
                    classes=classes,
                )
            )
        self.indices = tuple(int(pictures[0]) for pictures in self._pictures_of)
        keep_equal(self, "indices", self.browser, "indices")
        others = make_button(self, "others", WORDS["others"])
        columns: list[dict] = [{} for _ in classes]
        true, parts = self._labels.tolist(), arrange_columns(self, others)
        self._put_on_page(parts, {}, kind="pictures", columns=columns, labels=true)

    def show_others(self) -> None:
        """Go on to the next picture of each class; after the last comes the first."""
        self.indices = tuple(
            int(pictures[np.searchsorted(pictures, index, side="right") % len(pictures)])
            for index, pictures in zip(self.indices, self._pictures_of, strict=True)
        )

    def _columns(self) -> list[Column]:
        columns = []
        for index in self.indices:
            explanation = self.explanation_of(index, self.target, self.method)
            predicted = prediction(explanation, self.class_names)
            true = self.class_names[self._labels[index]]
            title = WORDS["picture_title"].format(name=true, predicted=predicted)
            columns.append(Column(index, explanation, self.method, title))
        return columns

    def _show(self) -> None:
        summary = WORDS["pictures_of_predicted"]
        if self.target is not None:
            summary = WORDS["pictures_of_target"].format(name=self.class_names[self.target])
        show_columns(self, self._columns(), summary)

    def _figure(self) -> Figure:
        columns = self._columns()
        return figures.comparison_figure(
            [self.small_picture(column.key) for column in columns],
            heatmaps_of(self, columns),
            [column.title for column in columns],
            *(self.alpha, self.colormap, self.threshold),
            **self.look,
        )


class MethodComparison(Explorer):
    """One picture under several methods, side by side.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`.
    methods : sequence of str, optional
        Names out of `METHODS`; by default all of them.

    Attributes
    ----------
    difference : bool
        Whether all columns but the first show how their heatmap differs from the first one's:
        blue where it is less, red where it is more.
    index, layer, target, same_scale, alpha, colormap, threshold
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if there is no such method.
    """

    index = Index(0, help="which of the images")
    target = Target()
    same_scale = SameScale()
    difference = Switch(help="whether all but the first show how they differ from it")
    asked = ("index", "layer", "target", "same_scale", "difference")

    def __init__(
        self,
        model: Model,
        images: Images,
        *,
        methods: Sequence[str] = tuple(METHODS),
        class_names: Sequence[str] | None = None,
    ) -> None:
        methods = tuple(methods)
        if not methods or not set(methods) <= set(METHODS):
            raise ValueError(
                say(
                    "methods are {methods}: give at least one out of {known}",
                    methods=methods,
                    known=", ".join(METHODS),
                )
            )
        super().__init__(model, class_names, make_views(methods, ("overlay",)), images)
        self._methods = methods
        self.add_class("gradcam-methods")
        columns = [{"method": method} for method in methods]
        self._put_on_page(arrange_columns(self), {}, kind="methods", columns=columns)

    def _columns(self) -> list[Column]:
        return [
            Column(
                self.index,
                self.explanation_of(self.index, self.target, method),
                method,
                WORDS.get(method, method),
            )
            for method in self._methods
        ]

    def _show(self) -> None:
        columns = self._columns()
        explanation = columns[0].explanation
        self.show_bars(explanation.probabilities[0], int(explanation.target[0]))
        explained = self.class_names[int(explanation.target[0])]
        predicted = prediction(explanation, self.class_names)
        summary = WORDS["methods"].format(predicted=predicted, name=explained)
        show_columns(self, columns, summary, self.difference)

    def _figure(self) -> Figure:
        columns = self._columns()
        first, *others = heatmaps_of(self, columns)
        title, *titles = [column.title for column in columns]
        notes = [page_parts.relation(heatmap, first, title) for heatmap in others]
        differences = [difference_of(heatmap, first) for heatmap in others]
        return figures.questions_figure(
            self.small_picture(self.index),
            [first] if self.difference else [first, *others],
            [title, *map("\n".join, zip(titles, notes, strict=True))],
            *(self.alpha, self.colormap, self.threshold),
            differences=differences if self.difference else (),
            **self.look,
        )


class TargetComparison(Explorer):
    """One picture asked about several classes, side by side.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`.
    targets : sequence of int
        The classes to explain.

    Attributes
    ----------
    index, layer, method, same_scale, alpha, colormap, threshold
        As in `GradCAMExplorer`.

    Raises
    ------
    ValueError
        As `GradCAMExplorer`, and if there is no such class.
    """

    index = Index(0, help="which of the images")
    method = Choice("method", tuple(METHODS))
    same_scale = SameScale()
    asked = ("index", "layer", "method", "same_scale")

    def __init__(
        self,
        model: Model,
        images: Images,
        targets: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        targets = tuple(targets)
        if not targets:
            raise ValueError(say("there are no targets: give at least one class"))
        super().__init__(model, class_names, make_views(targets, ("overlay",)), images)
        self._targets = check_targets(targets, len(targets), len(self.class_names)).tolist()
        columns = [{"target": target} for target in self._targets]
        self._put_on_page(arrange_columns(self), {}, kind="targets", columns=columns)

    def _columns(self) -> list[Column]:
        columns = []
        for target in self._targets:
            explanation = self.explanation_of(self.index, target, self.method)
            chance = page_parts.percent(explanation.probabilities[0, target])
            title = WORDS["target_title"].format(name=self.class_names[target], percent=chance)
            columns.append(Column(self.index, explanation, self.method, title))
        return columns

    def _show(self) -> None:
        columns = self._columns()
        show_columns(self, columns, prediction(columns[0].explanation, self.class_names))

    def _figure(self) -> Figure:
        return questions_figure(self, self.index, self._columns())
