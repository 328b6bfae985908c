"""The CAM methods: what each one makes of a layer's feature maps and their gradients.

Every function takes two arrays of shape (n, h', w', channels), the *feature maps* A of a layer and
the *gradients* of the class score y with respect to them, and returns the *signed map* (n, h', w').
It does not apply ReLU and does not scale: the engine does that for all methods alike.
"""

from collections.abc import Callable

from gradcam_lab._tensorflow import keras, tensorflow

Method = Callable[[tensorflow.Tensor, tensorflow.Tensor], tensorflow.Tensor]


def grad_cam(feature_maps: tensorflow.Tensor, gradients: tensorflow.Tensor) -> tensorflow.Tensor:
    r"""Weigh each channel by the mean of its gradients.

    .. math:: \alpha_k = \frac{1}{Z} \sum_{ij} \frac{\partial y}{\partial A^k_{ij}}, \qquad
              L_{ij} = \sum_k \alpha_k A^k_{ij}

    References
    ----------
    R. R. Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based
    localization. ICCV 2017, equations 1 and 2 (2 without its ReLU).
    """
    weights = keras.ops.mean(gradients, axis=(1, 2), keepdims=True)
    return keras.ops.sum(weights * feature_maps, axis=-1)


METHODS: dict[str, Method] = {"gradcam": grad_cam}
