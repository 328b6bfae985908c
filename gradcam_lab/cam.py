"""The engine: one forward pass and one gradient give the heatmaps of every asked layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.class_scores import SCORES
from gradcam_lab.compiled_pass import (
    PREDICTED,
    CompiledPass,
    Question,
    compiled_pass,
)
from gradcam_lab.inputs import as_batch, check_shape
from gradcam_lab.layers import choose_output, input_shape, last_convolutional_layer, survey
from gradcam_lab.methods import METHODS, Method
from gradcam_lab.model_checks import check_is_keras_model, check_loss
from gradcam_lab.score_cam import SCORE_CAM, Progress, feature_maps_alone, score_cam_maps


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
        For each layer the signed map, float32 (n, h', w'): evidence for the target where positive,
        against it where negative.
    heatmaps : dict of str to numpy.ndarray
        For each layer ``max(signed, 0) / max(signed)``, float32 (n, h', w') in [0, 1]; zero
        everywhere where the signed map is nowhere positive: no positive evidence for the target.
    """

    target: np.ndarray
    score: np.ndarray
    probabilities: np.ndarray
    signed: dict[str, np.ndarray]
    heatmaps: dict[str, np.ndarray]


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
        check_is_keras_model(model)
        if score not in SCORES:
            raise ValueError(f"no score {score!r}; there are: {', '.join(SCORES)}")
        self.model = model
        self.score = score
        self.output = output

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that can be explained, in network order: those of more than one place."""
        return self._compiled(None).layers

    @property
    def classes(self) -> int:
        """The number of classes that can be explained."""
        shape = choose_output(survey(self.model).answers, self.output, self.model)
        return max(2, shape[-1])  # one output alone tells two classes apart

    def explain(
        self,
        images: np.ndarray,
        target: int | Sequence[int] | None = None,
        layers: str | Sequence[str] | None = None,
        method: str = "gradcam",
        *,
        progress: bool | Progress = True,
    ) -> Explanation:
        """Compute the heatmaps of all asked layers for a batch of images.

        Parameters
        ----------
        images : array (n, h, w, c)
            As the model takes them. Batches too big for memory are cut into parts; ``"scorecam"``
            keeps the feature maps of the whole batch, so give it few.
        target : int or sequence of n int, optional
            The class to explain, for all images or for each; by default the predicted one.
        layers : str or sequence of str, optional
            Names out of `spatial_layers`; by default all of them. For ``"scorecam"``, which needs
            a forward pass for each channel, by default the last convolutional one.
        method : str, default "gradcam"
            A name out of `METHODS`, or ``"scorecam"``.
        progress : bool or callable, default True
            Whether ``"scorecam"`` prints how far it is; or a function that is told, after each
            part, how many channels are done and how many there are.

        Returns
        -------
        Explanation

        Raises
        ------
        ValueError
            If an image, a class, a layer or the method is not one that the model can work with.
        """
        if method not in (*METHODS, SCORE_CAM):
            raise ValueError(f"no method {method!r}; there are: {', '.join([*METHODS, SCORE_CAM])}")
        images = prepare(images, self.model)
        if layers is None and method == SCORE_CAM:
            layers = last_convolutional_layer(self.model, self.output)
        function = METHODS.get(method, feature_maps_alone)
        targets, scores, probabilities, maps = self.run(images, target, layers, function)
        if method == SCORE_CAM:
            compiled = self._compiled(tuple(maps))
            maps = score_cam_maps(compiled, images, targets, maps, progress)
        heatmaps = {name: to_heatmap(signed) for name, signed in maps.items()}
        return Explanation(targets, scores, probabilities, maps, heatmaps)

    def run(
        self,
        images: np.ndarray,
        target: int | Sequence[int] | None,
        layers: str | Sequence[str] | None,
        method: Method,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict]:
        """Check what is given, then run the network forward and back.

        Parameters
        ----------
        images, target, layers
            As in `explain`.
        method : callable
            Any function of a layer's feature maps and their gradients, (n, h', w', channels) both.

        Returns
        -------
        tuple of (targets, scores, probabilities, maps)
            As in an `Explanation`; `maps` is a dict, by layer, of what `method` returns.
        """
        images = prepare(images, self.model)
        check_images(images, input_shape(self.model))
        if layers is not None:
            layers = tuple(layers) if isinstance(layers, list | tuple) else (layers,)
        compiled = self._compiled(layers)
        targets = check_targets(target, len(images), compiled.classes)
        answer = compiled.run_in_parts(images, targets, method)
        check_answer(*answer)
        return answer

    def _compiled(self, layers: tuple[str, ...] | None) -> CompiledPass:
        return compiled_pass(self.model, Question(layers, self.score, self.output))


def make_gradcam_heatmap(
    img_array: np.ndarray,
    model: keras.Model,
    last_conv_layer_name: str | None = None,
    pred_index: int | None = None,
    *,
    score: str = "logit",
) -> np.ndarray:
    """Compute the Grad-CAM heatmap of one image.

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
    img_array = prepare(img_array, model)
    if img_array.ndim == 4 and len(img_array) > 1:
        raise ValueError(
            f"img_array holds {len(img_array)} images, and this function explains one: give "
            "images[[i]], or use GradCAM(model).explain(images)"
        )
    layer = last_conv_layer_name or last_convolutional_layer(model)
    return engine.explain(img_array, pred_index, layer).heatmaps[layer][0]


def to_heatmap(signed: np.ndarray) -> np.ndarray:
    """Keep what is positive and scale each map by its maximum.

    Parameters
    ----------
    signed : array (n, h', w')

    Returns
    -------
    numpy.ndarray
        (n, h', w') in [0, 1]: the maximum of each map is 1, or the map is zero everywhere.
    """
    peak = signed.max(axis=(1, 2), keepdims=True)
    return np.where(signed > 0, signed, 0) / np.where(peak > 0, peak, 1)


def prepare(images: np.ndarray, model: keras.Model) -> np.ndarray:
    """Return images as float32; a model that knows no shapes yet learns them from the first."""
    check_loss(model)
    if model.built:
        input_shape(model)  # one input, or what is given need not be one batch
    images = as_batch(images)
    if not model.built:
        check_images(images, (None, None, None))
        model(images[:1], training=False)
    return images


def check_images(images: np.ndarray, expected: tuple[int | None, ...]) -> None:
    """Say what is wrong with images, float32, that a model cannot take."""
    check_shape(images.shape, expected)
    if not np.isfinite(images).all():
        raise ValueError("images contain NaN or infinite values: look at how they were prepared")


def check_answer(
    _targets: np.ndarray, scores: np.ndarray, probabilities: np.ndarray, maps: dict
) -> None:
    """Say why numbers that a network gave are none to draw a heatmap from."""
    if not (np.isfinite(scores).all() and np.isfinite(probabilities).all()):
        raise ValueError(
            "the network answers NaN or infinity: its training diverged, or its weights are "
            "damaged. Train it anew, with a smaller learning rate, or load it again"
        )
    low, high = probabilities.min(), probabilities.max()
    if low < -0.01 or high > 1.01:
        raise ValueError(
            f"the network answers with numbers from {low:.3g} to {high:.3g}, which are no "
            "probabilities: end it in softmax, or in a Dense layer without activation and use "
            'score="logit"'
        )
    for name, values in maps.items():
        if not all(np.isfinite(part).all() for part in tensorflow.nest.flatten(values)):
            raise ValueError(
                f"the map of layer {name!r} overflows: its feature maps or gradients are too large "
                "for float32. Look at the range of the images, and of the weights"
            )


def check_targets(target: int | Sequence[int] | None, n: int, classes: int) -> np.ndarray:
    """Return the class to explain for each of n images, int64 (n,), or say what is wrong."""
    if target is None:
        return np.full(n, PREDICTED)
    targets = np.asarray(target)
    if not np.issubdtype(targets.dtype, np.integer) or targets.shape not in ((), (n,)):
        raise ValueError(
            f"target is {target!r}: give one class index, or one for each of the {n} images"
        )
    outside = targets[(targets < 0) | (targets >= classes)]
    if outside.size:
        raise ValueError(
            f"there is no class {outside[0]}: the model has {classes} classes, 0 to {classes - 1}"
        )
    return np.broadcast_to(targets, (n,)).astype(np.int64)
