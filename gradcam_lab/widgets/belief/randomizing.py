"""A network whose layers get random weights from the top down, and what is said of its maps."""

from collections.abc import Iterator, Sequence

import numpy as np

from gradcam_lab import evidence
from gradcam_lab.cam import GradCAM
from gradcam_lab.hooks import named_layers
from gradcam_lab.widgets import page_parts
from gradcam_lab.widgets.belief.curve_plot import curve_of
from gradcam_lab.widgets.words import WORDS


class PartlyRandom:
    """A network as it is, and a copy in which more and more layers get random weights.

    Attributes
    ----------
    layers : list of str
        Those that have weights, from the top.
    """

    def __init__(self, engine: GradCAM) -> None:
        self._engine = engine
        self._copy: GradCAM | None = None
        found = named_layers(engine.model)
        self.layers = [name for name, layer in reversed(found.items()) if layer.weights]

    def each(self, seed: int) -> Iterator[GradCAM]:
        """Give the network; then the copy, again and again, each time with a random layer more.

        At step k its weights are those of ``evidence.randomize(model, layers[:k], seed)``. There
        is one copy, so that it is traced but once.
        """
        engine = self._engine
        yield engine
        redrawn = evidence.randomize(engine.model, self.layers, seed)
        if self._copy is None:
            copy = evidence.randomize(engine.model, self.layers, seed)
            self._copy = GradCAM(copy, score=engine.score, output=engine.output)
        trained, random, now = map(named_layers, (engine.model, redrawn, self._copy.model))
        for name in self.layers:
            now[name].set_weights(trained[name].get_weights())
        for name in self.layers:
            now[name].set_weights(random[name].get_weights())
            yield self._copy


def title_of(count: int, layers: Sequence[str]) -> str:
    """Say how many of the layers, listed from the top, are random."""
    if count == 0:
        return WORDS["as_trained"]
    return WORDS["layers_random"].format(count=count, layers=len(layers))


def curves_of(
    heatmaps: np.ndarray,
    accuracies: Sequence[float],
    ink: np.ndarray,
    layers: Sequence[str],
    pictures: int,
) -> list[dict]:
    """Return how like the trained map each map is, the accuracies, and how like it plain ink is.

    Parameters
    ----------
    heatmaps : array (n, h', w')
        Of the trained network, and of n - 1 others in which more and more layers are random.
    accuracies : sequence of n float
    ink : array (1, h', w')
    layers : sequence of n - 1 str
        From the top.
    pictures : int
        The accuracy is that on so many.
    """
    trained = np.broadcast_to(heatmaps[:1], heatmaps.shape)
    likeness = evidence.rank_correlation(trained, heatmaps)
    of_ink = float(evidence.rank_correlation(heatmaps[:1], ink)[0])
    words = []
    for count, (alike, accuracy) in enumerate(zip(likeness, accuracies, strict=True)):
        title = WORDS["trained"]
        if count:
            title = WORDS["down_to"].format(
                count=count, layers=len(layers), layer=layers[count - 1]
            )
        words.append(
            WORDS["randomized"].format(
                title=title,
                accuracy=page_parts.percent(accuracy),
                correlation=number(alike),
                ink=number(of_ink),
            )
        )
    numbers = range(len(heatmaps))
    ends = [numbers[0], numbers[-1]]
    return [
        curve_of(WORDS["rank_correlation"], numbers, likeness, words),
        curve_of(WORDS["accuracy"].format(count=pictures), numbers, accuracies) | {"always": True},
        curve_of(WORDS["ink_correlation"], ends, [of_ink] * 2) | {"always": True},
    ]


def number(correlation: float) -> str:
    """Write a rank correlation; of a blank map, there is none."""
    if np.isnan(correlation):
        return WORDS["blank_map"]
    return f"{correlation:.2f}".replace("-", "−")
