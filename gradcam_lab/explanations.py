"""What explorers have asked, and the answers that they keep: a control moved back costs nothing."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

import numpy as np

from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.score_cam import Progress

MOST = 16  # explanations that are kept: each holds the heatmaps of all layers


class Request(NamedTuple):
    """What one explanation answers: which picture, which class, which method."""

    picture: Hashable
    target: int | None
    method: str
    layers: str | None  # None: all of them


class Explanations:
    """Computes explanations of single pictures, and keeps the latest few.

    Parameters
    ----------
    engine : GradCAM
    batch_of : callable
        Gives the batch of one, as the model takes it, for the picture of a request.
    before_work : callable
        Called when an answer is not there yet, before it is computed.
    most : int
        How many are kept.
    """

    def __init__(
        self,
        engine: GradCAM,
        batch_of: Callable[[Hashable], np.ndarray],
        before_work: Callable[[], None] = lambda: None,
        most: int = MOST,
    ) -> None:
        self._engine = engine
        self._batch_of = batch_of
        self._before_work = before_work
        self._most = most
        self._kept: dict[tuple, Explanation] = {}
        self._lock = Lock()

    def key(self, request: Request) -> tuple:
        """Return what an explanation depends on."""
        return request, self.weights()

    def weights(self) -> int:
        """Return a number that is another one when the network is trained or loaded anew.

        Biases and the statistics of normalisation stand in for all weights: they are few, and
        every layer that learns has some. Where there are none, the last weights do.
        """
        weights = self._engine.model.weights
        few = [weight for weight in weights if len(weight.shape) == 1] or weights[-1:]
        return hash(tuple(weight.numpy().tobytes() for weight in few))

    def __contains__(self, request: Request) -> bool:
        """Tell whether an explanation is there already."""
        return self.key(request) in self._kept

    def get(self, request: Request, progress: Progress | None = None) -> Explanation:
        """Return an explanation, computed if need be."""
        key = self.key(request)
        explanation = self._kept.get(key)
        if explanation is None:
            self._before_work()
            explanation = self._engine.explain(
                self._batch_of(request.picture),
                request.target,
                request.layers,
                request.method,
                progress=progress or False,
            )
            with self._lock:
                self._kept[key] = explanation
                if len(self._kept) > self._most:
                    del self._kept[next(iter(self._kept))]
        return explanation
