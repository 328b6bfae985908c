"""The CAM methods: what each one makes of a layer's feature maps and their gradients.

Every function in `METHODS` takes two tensors of shape (n, h', w', channels), the *feature maps* A
of a layer and the *gradients* G of the class score y with respect to them, and returns the *signed
map* (n, h', w'). It does not scale, and applies no ReLU to the result: the engine does that for all
methods alike. Sums over i and j go over places, sums over k over channels.
"""

from collections.abc import Callable

from gradcam_lab._tensorflow import Tensor, keras

ops = keras.ops
Method = Callable[[Tensor, Tensor], Tensor]
PLACES = (1, 2)
CHANNELS = -1


def weighted_sum(feature_maps: Tensor, weights: Tensor) -> Tensor:
    """Add up the channels (n, h', w', channels), each times its weight (n, channels)."""
    return ops.einsum("nijk,nk->nij", feature_maps, weights)


def channels_and_weights(feature_maps: Tensor, gradients: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return what Grad-CAM multiplies: each channel, and the mean of its gradients.

    Feature maps (n, h', w', channels), and weights :math:`\alpha_k` (n, channels).
    """
    return feature_maps, ops.mean(gradients, axis=PLACES)


def grad_cam(feature_maps: Tensor, gradients: Tensor) -> Tensor:
    r"""Weigh each channel by the mean of its gradients.

    .. math:: \alpha_k = \frac{1}{h'w'} \sum_{ij} G^k_{ij}, \qquad
              L_{ij} = \sum_k \alpha_k A^k_{ij}

    References
    ----------
    R. R. Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based
    localization. ICCV 2017, equations 1 and 2 (2 without its ReLU).
    """
    return weighted_sum(*channels_and_weights(feature_maps, gradients))


def grad_cam_plus_plus(feature_maps: Tensor, gradients: Tensor) -> Tensor:
    r"""Weigh each channel by its positive gradients, each place by a share of its own.

    .. math:: \alpha^k_{ij} = \frac{(G^k_{ij})^2}
              {2 (G^k_{ij})^2 + \sum_{ab} A^k_{ab} \, (G^k_{ij})^3}, \qquad
              w_k = \sum_{ij} \alpha^k_{ij} \, \mathrm{ReLU}(G^k_{ij}), \qquad
              L_{ij} = \sum_k w_k A^k_{ij}

    As in the paper, the score goes through an exponential, so that its higher derivatives are
    powers of G; the exponential itself, a positive factor that all w share, is left out.

    At a layer without an activation a channel has values of both signs, and their sum may be nearly
    0. Then the share is large or small by chance, and so is the map: choose a layer behind an
    activation.

    References
    ----------
    A. Chattopadhay et al.: Grad-CAM++: Generalized gradient-based visual explanations for deep
    convolutional networks. WACV 2018, equations 5 and 19.
    """
    total = ops.sum(feature_maps, axis=PLACES, keepdims=True)
    denominator = 2 + total * gradients  # G squared is cancelled: it could underflow to 0
    share = ops.where(denominator == 0, 0.0, 1.0) / ops.where(denominator == 0, 1.0, denominator)
    return weighted_sum(feature_maps, ops.sum(share * ops.relu(gradients), axis=PLACES))


def hires_cam(feature_maps: Tensor, gradients: Tensor) -> Tensor:
    r"""Multiply each value by its own gradient: no averaging over places.

    .. math:: L_{ij} = \sum_k G^k_{ij} A^k_{ij}

    References
    ----------
    R. L. Draelos, L. Carin: Use HiResCAM instead of Grad-CAM for faithful explanations of
    convolutional neural networks. 2020, arXiv:2011.08891.
    """
    return ops.sum(gradients * feature_maps, axis=CHANNELS)


def layer_cam(feature_maps: Tensor, gradients: Tensor) -> Tensor:
    r"""Multiply each value by its own gradient where that is positive.

    .. math:: L_{ij} = \sum_k \mathrm{ReLU}(G^k_{ij}) A^k_{ij}

    References
    ----------
    P.-T. Jiang et al.: LayerCAM: Exploring hierarchical class activation maps for localization.
    IEEE Transactions on Image Processing, 2021.
    """
    return ops.sum(ops.relu(gradients) * feature_maps, axis=CHANNELS)


def x_grad_cam(feature_maps: Tensor, gradients: Tensor) -> Tensor:
    r"""Weigh each channel by the mean of its gradients where the channel is active.

    .. math:: \alpha_k = \sum_{ij} \frac{A^k_{ij}}{\sum_{ab} A^k_{ab}} G^k_{ij}, \qquad
              L_{ij} = \sum_k \alpha_k A^k_{ij}

    A channel whose values add up to 0 has the weight 0. At a layer without an activation they may
    nearly do so, and the map is largely chance, as with `grad_cam_plus_plus`.

    References
    ----------
    R. Fu et al.: Axiom-based Grad-CAM: Towards accurate visualization and explanation of CNNs.
    BMVC 2020, arXiv:2008.02312.
    """
    total = ops.sum(feature_maps, axis=PLACES, keepdims=True)
    shares = ops.where(total == 0, 0.0, feature_maps) / ops.where(total == 0, 1.0, total)
    return weighted_sum(feature_maps, ops.sum(shares * gradients, axis=PLACES))


METHODS: dict[str, Method] = {
    "gradcam": grad_cam,
    "gradcam++": grad_cam_plus_plus,
    "hirescam": hires_cam,
    "layercam": layer_cam,
    "xgradcam": x_grad_cam,
}
DIVIDE_BY_SUMS = ("gradcam++", "xgradcam")  # of channels: chance, where a sum may be nearly 0
