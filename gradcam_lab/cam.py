"""The engine: one forward pass and one gradient give the heatmaps of every asked layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.compiled_pass import PREDICTED, SCORES, compiled_pass
from gradcam_lab.methods import METHODS
from gradcam_lab.networks import last_convolutional_layer, named_layers, spatial_layers


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
        The class score that is differentiated. The gradient of a probability vanishes where the
        network is sure; that of the logit before the softmax does not.

    References
    ----------
    R. R. Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based
    localization. ICCV 2017: the score y^c is taken "before the softmax".
    """

    def __init__(self, model: keras.Model, *, score: str = "logit") -> None:
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"model is a {type(model).__name__}, not a keras.Model: of a PretrainedNetwork, "
                "give its .model"
            )
        if score not in SCORES:
            raise ValueError(f"no score {score!r}; there are: {', '.join(SCORES)}")
        self.model = model
        self.score = score

    def explain(
        self,
        images: np.ndarray,
        target: int | Sequence[int] | None = None,
        layers: str | Sequence[str] | None = None,
        method: str = "gradcam",
    ) -> Explanation:
        """Compute the heatmaps of all asked layers for a batch of images.

        Parameters
        ----------
        images : array (n, h, w, c)
            As the model takes them.
        target : int or sequence of n int, optional
            The class to explain, for all images or for each; by default the predicted one.
        layers : str or sequence of str, optional
            Names out of `spatial_layers`; by default all of them.
        method : str, default "gradcam"
            A name out of `METHODS`.

        Returns
        -------
        Explanation

        Raises
        ------
        ValueError
            If an image, a class, a layer or the method is not one that the model can work with.
        """
        if method not in METHODS:
            raise ValueError(f"no method {method!r}; there are: {', '.join(METHODS)}")
        names = check_layers(layers, self.model)
        images = check_images(images, self.model)
        targets = check_targets(target, len(images), self.model.outputs[0].shape[-1])
        run = compiled_pass(self.model, names, self.score, method)
        chosen, scores, probabilities, signed = run(
            tensorflow.constant(images), tensorflow.constant(targets)
        )
        signed = {name: signed_map.numpy() for name, signed_map in signed.items()}
        return Explanation(
            target=chosen.numpy(),
            score=scores.numpy(),
            probabilities=probabilities.numpy(),
            signed=signed,
            heatmaps={name: to_heatmap(signed_map) for name, signed_map in signed.items()},
        )


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
    if np.ndim(img_array) == 4 and len(img_array) > 1:
        raise ValueError(
            f"img_array holds {len(img_array)} images, and this function explains one: give "
            "images[[i]], or use GradCAM(model).explain(images)"
        )
    engine = GradCAM(model, score=score)
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
    positive = np.where(signed > 0, signed, 0)
    peak = positive.max(axis=(1, 2), keepdims=True)
    return np.divide(positive, peak, out=np.zeros_like(positive), where=peak > 0)


def check_images(images: np.ndarray, model: keras.Model) -> np.ndarray:
    """Return the images as float32 (n, h, w, c), or say what is wrong with them."""
    images = np.asarray(images, dtype=np.float32)
    expected = model.inputs[0].shape[1:]
    fits = images.ndim == 4 and all(
        want in (None, have) for want, have in zip(expected, images.shape[1:], strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if size is None else str(size) for size in expected)
        raise ValueError(
            f"images have the shape {images.shape}, but the model takes (n, {wanted}): keep the "
            "batch axis, as in images[[i]], and resize pictures to the model's input"
        )
    if len(images) == 0:
        raise ValueError("the batch of images is empty: give at least one image")
    if not np.isfinite(images).all():
        raise ValueError("images contain NaN or infinite values: look at how they were prepared")
    return images


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


def check_layers(layers: str | Sequence[str] | None, model: keras.Model) -> tuple[str, ...]:
    """Return the names of the layers to explain, or say which ones there are."""
    spatial = spatial_layers(model)
    if layers is None:
        return tuple(spatial)
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    known = named_layers(model)
    for name in names:
        if name in spatial:
            continue
        if name in known:
            fault = f"layer {name!r} has no output (n, h', w', channels) to draw a heatmap of"
        else:
            fault = f"model has no layer {name!r}"
        close = get_close_matches(name, spatial)
        hint = f"did you mean {' or '.join(close)}? " if close else ""
        raise ValueError(f"{fault}; {hint}spatial layers are: {', '.join(spatial)}")
    return names
