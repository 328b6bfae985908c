"""Layers get random weights, one after the other from the top: which maps stay as they are."""

import html
from collections.abc import Iterator, Sequence
from functools import lru_cache

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import Int, TraitError

from gradcam_lab import evidence
from gradcam_lab._checks import Images, check_labels
from gradcam_lab._language import say
from gradcam_lab.cam import GradCAM
from gradcam_lab.methods import METHODS
from gradcam_lab.widgets import figures, page_parts
from gradcam_lab.widgets.belief.curve_plot import CurvePlot, figure_with_curves
from gradcam_lab.widgets.belief.randomizing import PartlyRandom, curves_of, title_of
from gradcam_lab.widgets.belief.recording import Recording
from gradcam_lab.widgets.controls import ROW, Choice, Index, arrange, connect
from gradcam_lab.widgets.explorer_base import KEPT, Explorer, Model
from gradcam_lab.widgets.figures import Panel
from gradcam_lab.widgets.film_strip import make_strip, make_strips
from gradcam_lab.widgets.heatmap_view import HeatmapView, as_sent
from gradcam_lab.widgets.words import WORDS

LARGEST_SEED = 9999
TICKS = [(-1, "−1"), (-0.5, "−0.5"), (0, "0"), (0.5, "0.5"), (1, "1")]


class Number(Int):
    """A whole number from 0 to what an explorer says of the trait."""

    def validate(self, explorer: "RandomizationExplorer", value: object) -> int:
        """Validate the number."""
        number = super().validate(explorer, value)
        most = LARGEST_SEED if self.name == "seed" else len(explorer.steps)
        if not 0 <= number <= most:
            raise TraitError(
                say(
                    "{name} is {number}: give 0 to {most}", name=self.name, number=number, most=most
                )
            )
        return number


class RandomizationExplorer(Explorer):
    """Layers get random weights, from the last one down, and their map beside the trained one.

    A map that stays as it was does not show what these layers have learned. The curves are
    `evidence.rank_correlation`, of the trained network's map and the other's, and the accuracy.

    Parameters
    ----------
    model, images, class_names
        As in `GradCAMExplorer`; `evidence.randomize` must be able to copy the network. A large one
        takes its time: the answer is that of as many networks as there are layers with weights.
    labels : sequence of n int
        The true classes: the accuracy is that on all the images.

    Attributes
    ----------
    randomized : int
        How many layers with weights have random ones, from the top; 0: none.
    seed : int
        Of the random weights, 0 to 9999.
    index, layer, method, alpha, colormap, threshold
        As in `GradCAMExplorer`. The class that is explained is the one that the trained network
        predicts.

    Raises
    ------
    ValueError, traitlets.TraitError
        As `GradCAMExplorer`.

    References
    ----------
    J. Adebayo et al.: Sanity checks for saliency maps. NeurIPS 2018, section 3.
    """

    index = Index(0, help="which of the images")
    method = Choice("method", tuple(METHODS))
    randomized = Number(0, help="how many layers have random weights, from the top")
    seed = Number(0, help="seed of the random weights")
    asked = ("index", "layer", "method", "randomized", "seed")
    answered_by_browser = False

    def __init__(
        self,
        model: Model,
        images: Images,
        labels: Sequence[int],
        *,
        class_names: Sequence[str] | None = None,
    ) -> None:
        views = [HeatmapView(panels=(panel,)) for panel in ("picture", "overlay", "overlay")]
        super().__init__(model, class_names, views, images)
        self._networks = PartlyRandom(self.engine)
        self.steps, last = self._networks.layers, len(self._networks.layers)
        self._labels = check_labels(labels, len(self.images), len(self.class_names))
        self._picture_names = [self.class_names[label] for label in self._labels]
        self._accuracies = lru_cache(KEPT)(self._compute_accuracies)
        self._maps = lru_cache(KEPT)(self._compute_maps)
        for name in ("comparison", "randomization"):
            self.add_class(f"gradcam-{name}")
        self._titles = [title_of(count, self.steps) for count in range(last + 1)]
        self._plot = CurvePlot(
            x_label=WORDS["random_layers"],
            x_ticks=[(count, str(count)) for count in range(last + 1)],
            y_label=WORDS["correlation_or_accuracy"],
            y_ticks=TICKS,
            description=WORDS["curves_of_layers"],
        )
        self._recording = Recording(follower=views[-1])
        slider, number = widgets.IntSlider(max=last), widgets.BoundedIntText(max=LARGEST_SEED)
        self.controls |= {"randomized": slider, "seed": number}
        follow = [self._plot, self._recording]
        connect(self, "randomized", slider, views=follow, view_trait="place")
        slider.style.description_width = "86px"  # a longer word than others
        stage = arrange(self, [], [slider, connect(self, "seed", number)])
        show, _hand = stage.children
        row = widgets.HBox(views, layout=ROW | {"grid_gap": "8px 14px"})
        strip = make_strip(self, "randomized", WORDS["maps_of_layers"], last + 1, of_maps=True)
        show.children = (row, strip, self._plot, *make_strips(self, ["index"]))
        asked = ("index", "layer", "method", "seed")  # what is randomized is recorded
        parts = [self.caption, stage, self.message, self._recording]
        self._put_on_page(parts, {}, kind="randomization", asked=asked)

    # Asking

    def _forget(self) -> None:
        super()._forget()
        self._networks = PartlyRandom(self.engine)
        self._accuracies.cache_clear()
        self._maps.cache_clear()

    def _ask_each(self, seed: int) -> Iterator[GradCAM]:
        for view in self.views:
            view.busy = True
        return self._networks.each(seed)

    def _compute_accuracies(self, seed: int) -> list[float]:
        images = np.concatenate([self._prepare(number) for number in range(len(self.images))])
        answers = (each.explain(images, layers=()).probabilities for each in self._ask_each(seed))
        return [float((answer.argmax(axis=1) == self._labels).mean()) for answer in answers]

    def _compute_maps(self, index: int, method: str, seed: int) -> list[dict[str, np.ndarray]]:
        """Return the heatmaps (1, h', w') of each network, by layer."""
        target, batch = self.explanation_of(index, None, method).target[0], self._batch(index)
        networks = self._ask_each(seed)
        return [each.explain(batch, int(target), method=method).heatmaps for each in networks]

    # Showing

    def _heatmaps(self) -> np.ndarray:
        """Return the present layer's heatmap (n, h', w') of each network."""
        maps = self._maps(self.index, self.method, self.seed)
        return np.concatenate([of_layers[self.layer] for of_layers in maps])

    def _show(self) -> None:
        explanation = self.explanation_of(self.index, None, self.method)
        heatmaps, accuracies = self._heatmaps(), self._accuracies(self.seed)
        label, target = int(self._labels[self.index]), int(explanation.target[0])
        words = page_parts.sentence(
            *(explanation.probabilities[0], self.class_names, label, target),
            *(self.layer, self.method, heatmaps[0]),
        )
        words += self.warning([self.method])
        self.caption.value = html.escape(words)
        says = [
            {"title": title, "description": page_parts.whereabouts(heatmap)}
            for title, heatmap in zip(self._titles, heatmaps, strict=True)
        ]
        shown, trained, now = self.views
        picture = self.png(self.index)
        shown.show(picture, heatmaps[0], title=self.class_names[label], description=words)
        trained.show(picture, heatmaps[0], **says[0])
        now.show(picture, heatmaps[self.randomized], **says[self.randomized])
        self._recording.moments = [
            {"heatmap": heatmap.astype("<f4").tobytes(), **said}
            for heatmap, said in zip(heatmaps, says, strict=True)
        ]
        strip, names = self.controls["randomized_strip"], [self._titles[0], *self.steps]
        strip.show([(255 * each[..., None]).astype(np.uint8) for each in heatmaps], names)
        ink = evidence.ink_maps(self._batch(self.index), heatmaps[:1].shape)
        self._plot.curves = curves_of(heatmaps, accuracies, ink, self.steps, len(self.images))
        self.fill_strips(explanation)

    def _figure(self) -> Figure:
        self._show()  # the network may have changed meanwhile
        heatmaps = [as_sent(each) for each in self._heatmaps()[[0, self.randomized]]]
        picture = figures.fit(
            figures.as_shown(self.small_picture(self.index), self.paper), figures.SMALL_PANEL
        )
        look = self.alpha, self.colormap, self.threshold
        lines = figures.lines_at(self.threshold) if self.contours else ()
        panels = [Panel(self.views[0].title, picture)] + [
            Panel(view.title, figures.draw_overlay(picture, heatmap, *look), heatmap, lines)
            for view, heatmap in zip(self.views[1:], heatmaps, strict=True)
        ]
        return figure_with_curves(self._plot, 0, self.randomized, panels, self.colormap)
