"""What explorers have asked, and the answers that they keep: a control moved back costs nothing."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

import numpy as np

from gradcam_lab._score_cam import Progress
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab._traces import are_same, settings_of
from gradcam_lab.cam import Explanation, GradCAM

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
        self._network_version = NetworkVersion(engine.model)

    def key(self, request: Request) -> tuple:
        """Return what an explanation depends on."""
        return request, self.version()

    def version(self) -> int:
        """Return a number that is another one when the network is another: trained, or changed."""
        with self._lock:
            return self._network_version()

    def __contains__(self, request: Request) -> bool:
        """Tell whether an explanation is there already."""
        return self.key(request) in self._kept

    def get(self, request: Request, progress: Progress | None = None) -> Explanation:
        """Return an explanation, computed if need be."""
        key = self.key(request)
        explanation = self._kept.pop(key, None)
        if explanation is None:
            if progress is None:  # slow work says itself that it is at work
                self._before_work()
            explanation = self._engine.explain(
                self._batch_of(request.picture),
                request.target,
                request.layers,
                request.method,
                progress=progress or False,
            )
        with self._lock:
            self._kept[key] = explanation  # as the one used last
            if len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return explanation


class NetworkVersion:
    """Counts how often a network was changed: its weights, its layers, or their settings.

    Weights are not compared number by number: TensorFlow gives a variable new memory when it is
    assigned while somebody holds what was read from it, and that is what happens here.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._settings: list = []
        self._read: list[tensorflow.Tensor] = []
        self._number = 0

    def __call__(self) -> int:
        """Return the number of the network as it is now."""
        settings = settings_of(self._model)
        read = [weight.value.value() for weight in self._model.weights]
        if not (are_same(settings, self._settings) and all(map(_are_equal, read, self._read))):
            self._settings, self._read, self._number = settings, read, self._number + 1
        return self._number


def _are_equal(weight: tensorflow.Tensor, other: tensorflow.Tensor) -> bool:
    here, there = np.asarray(weight), np.asarray(other)
    return np.may_share_memory(here, there) or np.array_equal(here, there)
