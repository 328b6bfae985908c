"""The engine: one forward pass and one gradient give the heatmaps of every requested layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod

import numpy as np

from gradcam_lab import _checks as checks
from gradcam_lab import _rare_models as rare
from gradcam_lab._checks import PREDICTED
from gradcam_lab._score_cam import SCORE_CAM, Progress, feature_maps_alone, score_cam_maps
from gradcam_lab._survey import check_layers
from gradcam_lab._tensorflow import Tensor, keras, tensorflow
from gradcam_lab._traces import traced
from gradcam_lab.class_scores import SCORES, class_scores
from gradcam_lab.hooks import Call, forward_hooks, named_layers, run_model
from gradcam_lab.layers import last_convolutional_layer, spatial_layers
from gradcam_lab.methods import METHODS, Method

MEMORY = 150 * 2**20  # bytes that one run of a pass may take


@dataclass(frozen=True, eq=False)  # arrays have no one answer to ==
class Explanation:
    """Why a network answered as it did, for n images.

    Attributes
    ----------
    target : numpy.ndarray
        int64 (n,): the class that is explained.
    score : numpy.ndarray
        float32 (n,): the class score that was differentiated.
    probabilities : numpy.ndarray
        float32 (n, classes): what the network answered.
    signed : dict of str to numpy.ndarray
        For each layer the signed map, float32 (n, h', w'): positive where the method finds
        something for the target, negative where it finds something against it.
    heatmaps : dict of str to numpy.ndarray
        For each layer ``max(signed, 0) / max(signed)``, float32 (n, h', w') in [0, 1]; zero
        everywhere where the signed map is nowhere positive.
    """

    target: np.ndarray
    score: np.ndarray
    probabilities: np.ndarray
    signed: dict[str, np.ndarray]

    @cached_property
    def heatmaps(self) -> dict[str, np.ndarray]:
        """The heatmap of each layer."""
        return {name: to_heatmap(signed) for name, signed in self.signed.items()}


def to_heatmap(signed: np.ndarray) -> np.ndarray:
    """Keep what is positive in signed maps (n, h', w'), and scale each by its maximum.

    The maximum of each heatmap is 1, or the heatmap is zero everywhere.
    """
    peak = signed.max(axis=(1, 2), keepdims=True)
    return np.where(signed > 0, signed, 0) / np.where(peak > 0, peak, 1)


class GradCAM:
    """Explains the answers of one Keras model.

    Parameters
    ----------
    model : keras.Model
        A classifier: images (n, h, w, c) to probabilities or logits (n, classes). It is left as
        it is.
    score : {"logit", "probability"}
        The class score that is differentiated. The logit, before the softmax, asks what speaks for
        the class; the probability asks what favours it over its rivals, and where the network is
        sure its gradient may be rounded to nothing.
    output : int or str, optional
        Which output of a model that has several.

    References
    ----------
    R. R. Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based
    localization. ICCV 2017: the score y^c is taken "before the softmax".
    """

    def __init__(
        self, model: keras.Model, *, score: str = "logit", output: int | str | None = None
    ) -> None:
        checks.check_is_keras_model(model)
        checks.check_name("score", score, SCORES)
        self.model = model
        self.score = score
        self.output = output

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that can be explained: of several places, run once, and with a gradient."""
        return self.trace(None).layers

    @property
    def classes(self) -> int:
        """The number of classes that can be explained."""
        return self.trace(None).classes

    def explain(
        self,
        images: np.ndarray,
        target: int | Sequence[int] | None = None,
        layers: str | Sequence[str] | None = None,
        method: str = "gradcam",
        *,
        progress: bool | Progress = True,
    ) -> Explanation:
        """Compute the heatmaps of all requested layers for a batch of images.

        Parameters
        ----------
        images : array (n, h, w, c)
            As the model takes them. Batches too big for memory are cut into parts; ``"scorecam"``
            keeps the feature maps of the whole batch, so give it few.
        target : int or sequence of n int, optional
            The class to explain, for all images or for each; by default the predicted one.
        layers : str or sequence of str, optional
            Names out of `spatial_layers`; by default those of `GradCAM.layers`, and for
            ``"scorecam"``, which needs a pass for each channel, the last convolutional one.
        method : str, default "gradcam"
            A name out of `METHODS`, or ``"scorecam"``.
        progress : bool or callable, default True
            Whether ``"scorecam"`` prints how far it is; or a function that is told how many
            channels are done, and how many there are.

        Returns
        -------
        Explanation

        Raises
        ------
        ValueError
            If an image, a class, a layer or the method is not one that the model can work with.
        """
        checks.check_name("method", method, [*METHODS, SCORE_CAM])
        images = checks.as_images(images, self.model)
        if layers is None and method == SCORE_CAM:
            layers = last_convolutional_layer(self.model, self.output)
        names = None if layers is None else checks.as_names(layers)
        traced_pass = self.trace(names)
        targets = checks.check_targets(target, len(images), traced_pass.classes)
        answer = self.run(traced_pass, images, targets, METHODS.get(method, feature_maps_alone))
        if method == SCORE_CAM:
            answer = score_cam_maps(partial(self.run, traced_pass), images, answer, progress)
        return Explanation(*answer)

    def trace(self, layers: tuple[str, ...] | None) -> "TracedPass":
        """Return the pass that explains these layers, None for all; it is traced only once."""
        trace = partial(trace_pass, self.model, self.score, self.output, layers)
        return traced(self.model, (self.score, self.output, layers), trace)

    def run(
        self, traced_pass: "TracedPass", images: np.ndarray, targets: np.ndarray, method: Method
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
        """Run a pass forward and back, on images and targets that have been checked.

        Parameters
        ----------
        traced_pass : TracedPass
            As `trace` returns it.
        images : array (n, h, w, c)
            float32. Where n are too many for memory, they are taken in parts.
        targets : array (n,)
            int64; `PREDICTED` stands for the predicted class.
        method : callable
            Any function of a layer's feature maps and their gradients, as in `methods`.

        Returns
        -------
        tuple of (targets, scores, probabilities, maps)
            As in an `Explanation`; `maps` is a dict, by layer, of what `method` returns.
        """
        if not np.isfinite(images).all():
            raise checks.no_numbers()
        explain = traced_pass.joined.get(method) or join_method(traced_pass, method)
        size = max(1, int(MEMORY / traced_pass.bytes_per_pixel / prod(images.shape[1:3])))
        starts = range(0, len(images), size)
        parts = [explain(images[i : i + size], targets[i : i + size]) for i in starts]
        flat = [tensorflow.nest.flatten(part) for part in parts]
        arrays = [np.concatenate(each) for each in zip(*flat, strict=True)]
        answer = tensorflow.nest.pack_sequence_as(parts[0], arrays)
        finite = all(np.isfinite(array).all() for array in arrays)
        if not finite or np.abs(answer[2] - 0.5).max() > 0.51:  # these are no probabilities
            raise checks.unusable_answer(*answer)
        return answer


@dataclass(frozen=True, eq=False)
class TracedPass:
    """One traced pass through a network and back, and what is known of it before it runs."""

    graph: tensorflow.types.experimental.ConcreteFunction  # of images and targets
    layers: tuple[str, ...]
    classes: int
    bytes_per_pixel: float  # of memory, for each pixel of an image
    joined: dict[Method, Callable] = field(default_factory=dict)  # graphs that apply a method, too


def trace_pass(
    model: keras.Model, score: str, output: int | str | None, layers: tuple[str, ...] | None
) -> TracedPass:
    """Trace what a CAM needs, once for all images, targets and methods.

    TensorFlow runs the inner function once, with symbolic tensors, and keeps the graph. The graph
    takes images (n, h, w, c) and target classes (n,). It returns the targets (with the predicted
    classes filled in), their class scores, the probabilities (n, classes), and by layer the feature
    maps and the gradients of the class score with respect to them.
    """
    checks.check_model(model)
    if layers is not None:
        check_layers(layers, model)
    calls: list[Call] = []
    shape = checks.input_shape(model)

    def forward_and_back(images: Tensor, targets: Tensor) -> tuple:
        watched: list[Call] = []
        with tensorflow.GradientTape(watch_accessed_variables=False, persistent=True) as tape:

            def hook(call: Call) -> None:
                calls.append(call)
                wanted = layers is None or call.name in layers
                if wanted and rare.gives_feature_maps(call, images):
                    tape.watch(call.outputs)
                    watched.append(call)

            with forward_hooks(named_layers(model), hook):
                outputs = rare.choose_output(run_model(model, images), output, model)
            scores, probabilities = class_scores(outputs, calls, score)
            predicted = tensorflow.argmax(probabilities, axis=-1)
            targets = tensorflow.where(targets == PREDICTED, predicted, targets)
            target_score = tensorflow.gather(scores, targets, axis=-1, batch_dims=1)
        gradients = tape.gradient(target_score, [call.outputs for call in watched])
        gradients = rare.in_float32(gradients, tape, target_score, watched)
        of_each_layer = rare.by_layer(watched, gradients, scores, layers)
        return targets, target_score, probabilities, *of_each_layer

    # Without AutoGraph, an error in a user's layer keeps its own words.
    graph = tensorflow.function(forward_and_back, autograph=False).get_concrete_function(
        tensorflow.TensorSpec((None, *shape), tensorflow.float32),
        tensorflow.TensorSpec((None,), tensorflow.int64),
    )
    _, _, probabilities, feature_maps, _ = graph.structured_outputs
    if layers is None and not feature_maps:
        raise checks.no_layer_can_be_explained(spatial_layers(model))
    size = rare.bytes_per_pixel(calls, feature_maps, shape)
    calls.clear()  # they hold the whole graph
    return TracedPass(graph, tuple(feature_maps), probabilities.shape[-1], size)


def join_method(traced_pass: TracedPass, method: Method) -> Callable[[Tensor, Tensor], tuple]:
    """Apply a method to what a pass returns, as one graph; the network is not traced anew."""

    def explain(images: Tensor, targets: Tensor) -> tuple:
        *answer, feature_maps, gradients = traced_pass.graph(images, targets)
        return *answer, {n: method(maps, gradients[n]) for n, maps in feature_maps.items()}

    signature, _ = traced_pass.graph.structured_input_signature
    compiled = tensorflow.function(explain, autograph=False).get_concrete_function(*signature)
    return traced_pass.joined.setdefault(method, compiled)


def make_gradcam_heatmap(
    img_array: np.ndarray,
    model: keras.Model,
    last_conv_layer_name: str | None = None,
    pred_index: int | None = None,
    *,
    score: str = "logit",
) -> np.ndarray:
    """Compute the Grad-CAM heatmap of one image; the arguments have the names of the course.

    Parameters
    ----------
    img_array : array (1, h, w, c)
        One image, as the model takes it.
    model : keras.Model
        A classifier.
    last_conv_layer_name : str, optional
        The layer to look at; by default the last convolutional one.
    pred_index : int, optional
        The class to explain; by default the predicted one.
    score : {"logit", "probability"}
        The class score that is differentiated; ``"probability"`` as in the course.

    Returns
    -------
    numpy.ndarray
        float32 (h', w') in [0, 1], at the resolution of the layer's feature maps.

    Raises
    ------
    ValueError
        As `GradCAM.explain`, and if there is more than one image.
    """
    engine = GradCAM(model, score=score)
    img_array = checks.check_one_image(checks.as_images(img_array, model))
    layer = last_conv_layer_name or last_convolutional_layer(model)
    return engine.explain(img_array, pred_index, layer).heatmaps[layer][0]
