"""The engine: one forward pass and one gradient give the heatmaps of every asked layer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcam_lab._tensorflow import keras
from gradcam_lab.class_scores import SCORES
from gradcam_lab.compiled_pass import PREDICTED, Question, compiled_pass
from gradcam_lab.inputs import as_batch, check_shape
from gradcam_lab.methods import METHODS, Method, grad_cam
from gradcam_lab.networks import input_shape, last_convolutional_layer
from gradcam_lab.score_cam import SCORE_CAM, Progress, feature_maps_alone, score_cam_maps


@dataclass(frozen=True)
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
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"model is a {type(model).__name__}, not a keras.Model: load a file with "
                "keras.saving.load_model; of a PretrainedNetwork, give its .model"
            )
        if score not in SCORES:
            raise ValueError(f"no score {score!r}; there are: {', '.join(SCORES)}")
        self.model = model
        self.score = score
        self.output = output

    @property
    def classes(self) -> int:
        """The number of classes that can be explained."""
        return compiled_pass(self.model, self._question(None, grad_cam)).classes

    def _question(self, layers: tuple[str, ...] | None, method: Method) -> Question:
        return Question(layers, self.score, method, self.output)

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
        images = as_batch(images)
        build_by_one_call(self.model, images)
        if layers is None and method == SCORE_CAM:
            layers = last_convolutional_layer(self.model)
        if layers is not None:
            layers = (layers,) if isinstance(layers, str) else tuple(layers)
        function = METHODS.get(method, feature_maps_alone)
        compiled = compiled_pass(self.model, self._question(layers, function))
        check_images(images, input_shape(self.model))
        targets = check_targets(target, len(images), compiled.classes)
        targets, scores, probabilities, maps = compiled.run_in_parts(images, targets)
        if method == SCORE_CAM:
            maps = score_cam_maps(compiled, images, targets, maps, progress)
        heatmaps = {name: to_heatmap(signed) for name, signed in maps.items()}
        return Explanation(targets, scores, probabilities, maps, heatmaps)


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
    img_array = as_batch(img_array)
    if img_array.ndim == 4 and len(img_array) > 1:
        raise ValueError(
            f"img_array holds {len(img_array)} images, and this function explains one: give "
            "images[[i]], or use GradCAM(model).explain(images)"
        )
    engine = GradCAM(model, score=score)
    build_by_one_call(model, img_array)
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


def build_by_one_call(model: keras.Model, images: np.ndarray) -> None:
    """Let a model that knows no shapes yet learn them from the first image."""
    if not model.built:
        check_images(images, (None, None, None))
        model(images[:1], training=False)


def check_images(images: np.ndarray, expected: tuple[int | None, ...]) -> None:
    """Say what is wrong with images, float32, that a model cannot take."""
    check_shape(images.shape, expected)
    if not np.isfinite(images).all():
        raise ValueError("images contain NaN or infinite values: look at how they were prepared")


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
