"""What each kind of Keras layer is for `layer_kinds.js`, which computes it just as Keras does."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.hooks import Call

Part = dict[str, Any]  # one layer of the browser's, with its options; its "weights" are arrays

LAYERS = keras.layers
ACTIVATIONS = {
    None: (keras.activations.linear,),
    "relu": (keras.activations.relu, keras.ops.relu, tensorflow.nn.relu),
    "relu6": (keras.activations.relu6, keras.ops.relu6, tensorflow.nn.relu6),
    "softmax": (keras.activations.softmax, keras.ops.softmax, tensorflow.nn.softmax),
    "sigmoid": (keras.activations.sigmoid, keras.ops.sigmoid, tensorflow.nn.sigmoid),
}


class NotInBrowser(ValueError):  # noqa: N818 - it names a state, not a mistake
    """The browser does not compute this network; the words name the layer, and why."""


def refusal(call: Call, reason: str = "") -> NotInBrowser:
    """Return the error for a layer that the browser does not compute."""
    kind = type(call.layer).__name__
    words = f"layer {call.name!r} ({kind}) is not computed in the browser"
    return NotInBrowser(f"{words}: {reason}" if reason else words)


def passes_on(call: Call) -> bool:
    """Tell whether a layer gives the very tensor that it gets, as Dropout does in an answer."""
    return call.outputs is call.inputs


def parts_of(call: Call) -> list[Part]:
    """Return what the browser computes for a layer: one part, or several in a row.

    Raises
    ------
    NotInBrowser
        If that would not be just what the layer computes.
    """
    layer = call.layer
    if getattr(LAYERS, type(layer).__name__, None) is not type(layer):
        raise refusal(call, "it is none of Keras's own layers")
    if layer.dtype_policy.name != "float32":
        raise refusal(call, f"it computes in {layer.dtype_policy.name}")
    if passes_on(call):
        return [{"kind": "Identity"}]
    if type(layer) not in KINDS:
        raise refusal(call)
    describe, options = KINDS[type(layer)]
    parts = describe(call)
    check_options(call, (*options.split(), *UNREAD.split()))
    return parts


def check_options(call: Call, known: Sequence[str]) -> None:
    """Validate that a layer has no option that would go unread."""
    for option, value in call.layer.get_config().items():
        trains = option.endswith(("_initializer", "_regularizer", "_constraint"))
        if not trains and option not in known and value is not None and value is not False:
            raise refusal(call, f"it has {option}={value!r}")


def activation_of(call: Call) -> str | None:
    """Return a layer's activation by the browser's name; None changes nothing."""
    function = getattr(call.layer, "activation", None)
    for name, functions in ACTIVATIONS.items():
        if any(function is each for each in functions):
            return name
    raise refusal(call, f"it has the activation {getattr(function, '__name__', function)!r}")


# Kind by kind: the parts of a call


def dense(call: Call) -> list[Part]:
    """Return a dense layer, of one place or of each."""
    return [weighted("Dense", call, call.layer.kernel, call.layer.bias)]


def convolution(call: Call) -> list[Part]:
    """Return a convolution; where each place sees itself alone, it needs no window."""
    layer = call.layer
    if layer.groups != 1:
        raise refusal(call, f"it has groups={layer.groups}")
    seen = {} if (*layer.kernel_size, *layer.strides) == (1, 1, 1, 1) else window_of(layer)
    return [weighted("Conv2D", call, layer.kernel, layer.bias) | seen]


def depthwise_convolution(call: Call) -> list[Part]:
    """Return a convolution of each channel by itself."""
    check_multiplier(call)
    layer = call.layer
    return [weighted("DepthwiseConv2D", call, layer.kernel, layer.bias) | window_of(layer)]


def separable_convolution(call: Call) -> list[Part]:
    """Return a convolution of each channel by itself, and behind it one of each place by itself."""
    check_multiplier(call)
    layer, kernel = call.layer, call.layer.depthwise_kernel
    shape = [*call.outputs.shape[1:3], kernel.shape[2]]
    depthwise = {"kind": "DepthwiseConv2D", "shape": shape, "weights": [as_array(kernel)]}
    pointwise = weighted("Conv2D", call, layer.pointwise_kernel, layer.bias)
    return [depthwise | window_of(layer), pointwise]


def pooling(call: Call) -> list[Part]:
    """Return the maximum or the mean of each window."""
    return [{"kind": type(call.layer).__name__} | window_of(call.layer)]


def global_pooling(call: Call) -> list[Part]:
    """Return the maximum or the mean of a window as large as the picture."""
    return [{"kind": type(call.layer).__name__} | window(call.inputs.shape[1:3])]


def zero_padding(call: Call) -> list[Part]:
    """Return what each place sees of itself, and nothing in the frame."""
    return [{"kind": "ZeroPadding2D"} | window((1, 1), padding=call.layer.padding)]


def activation(call: Call) -> list[Part]:
    """Return an activation alone."""
    return [{"kind": "Identity", "activation": activation_of(call)}]


def softmax(call: Call) -> list[Part]:
    """Return a softmax alone."""
    if call.layer.axis not in (-1, len(call.outputs.shape) - 1):
        raise refusal(call, f"it has axis={call.layer.axis}")
    return [{"kind": "Identity", "activation": "softmax"}]


def relu(call: Call) -> list[Part]:
    """Return a ReLU alone; one that ends at 6 is a ReLU6."""
    layer = call.layer
    if layer.negative_slope or layer.threshold or layer.max_value not in (None, 6):
        raise refusal(call, "it is neither a plain ReLU nor ReLU6")
    return [{"kind": "Identity", "activation": "relu6" if layer.max_value else "relu"}]


def flatten(call: Call) -> list[Part]:
    """Return the same numbers in the same order."""
    return [{"kind": "Flatten"}]


def addition(call: Call) -> list[Part]:
    """Return the sum of several inputs of one shape."""
    shapes = {tuple(each.shape[1:]) for each in call.inputs}
    if len(shapes) > 1:
        raise refusal(call, f"it adds different shapes, {' and '.join(map(str, sorted(shapes)))}")
    return [{"kind": "Add"}]


def concatenation(call: Call) -> list[Part]:
    """Return the channels of all inputs."""
    check_axis(call)
    return [{"kind": "Concatenate"}]


def batch_normalization(call: Call) -> list[Part]:
    """Return the factor and the offset of each channel that the statistics come down to."""
    check_axis(call)
    layer = call.layer
    factor = 1 / np.sqrt(as_array(layer.moving_variance) + layer.epsilon)
    if layer.gamma is not None:
        factor = factor * as_array(layer.gamma)
    offset = -as_array(layer.moving_mean) * factor
    return [scale(call, factor, offset if layer.beta is None else offset + as_array(layer.beta))]


def rescaling(call: Call) -> list[Part]:
    """Return one factor and one offset for all channels, or for each."""
    return [scale(call, as_array(call.layer.scale), as_array(call.layer.offset))]


def normalization(call: Call) -> list[Part]:
    """Return the factor and the offset that mean and variance come down to."""
    layer = call.layer
    if layer.invert:
        raise refusal(call, "it has invert=True")
    deviation = np.maximum(np.sqrt(as_array(layer.variance)), keras.config.epsilon())
    return [scale(call, 1 / deviation, -as_array(layer.mean) / deviation)]


# What several kinds share


def as_array(values: object) -> np.ndarray:
    """Return numbers as float64, in which factors are put together."""
    return np.asarray(values, np.float64)


def weighted(kind: str, call: Call, kernel: object, bias: object | None) -> Part:
    """Return a part with a kernel, perhaps a bias, and an activation."""
    weights = [as_array(each) for each in (kernel, bias) if each is not None]
    return {"kind": kind, "activation": activation_of(call), "weights": weights}


def scale(call: Call, factor: np.ndarray, offset: np.ndarray) -> Part:
    """Return a part with a factor and an offset for each channel."""
    channels = call.outputs.shape[-1]
    for each in (factor, offset):
        if each.size not in (1, channels) or prod(each.shape[:-1]) != 1:
            raise refusal(call, "it scales other things than channels")
    weights = [np.broadcast_to(each.ravel(), channels) for each in (factor, offset)]
    return {"kind": "Scale", "weights": weights}


def window_of(layer: keras.Layer) -> Part:
    """Return the window of a convolution or a pooling, as the layer has it."""
    size = getattr(layer, "kernel_size", None) or layer.pool_size
    return window(size, layer.strides, layer.padding, getattr(layer, "dilation_rate", (1, 1)))


def window(
    size: Sequence[int],
    strides: Sequence[int] = (1, 1),
    padding: str | Sequence[Sequence[int]] = "valid",
    dilation: Sequence[int] = (1, 1),
) -> Part:
    """Return what of its input a place of the output sees; lists are (vertical, horizontal)."""
    numbers = {"window": size, "strides": strides, "dilation": dilation}
    return {name: [int(each) for each in pair] for name, pair in numbers.items()} | {
        "padding": padding
    }


def check_multiplier(call: Call) -> None:
    """Validate that each channel becomes one channel."""
    if call.layer.depth_multiplier != 1:
        raise refusal(call, f"it has depth_multiplier={call.layer.depth_multiplier}")


def check_axis(call: Call) -> None:
    """Validate that an axis is that of the channels."""
    if call.layer.axis not in (-1, len(call.outputs.shape) - 1):
        raise refusal(call, f"it has axis={call.layer.axis}")


# Which function describes a kind, and the options that matter to it.
KINDS = {
    LAYERS.Dense: (dense, "activation"),
    LAYERS.Conv2D: (convolution, "kernel_size strides padding dilation_rate groups activation"),
    LAYERS.DepthwiseConv2D: (
        depthwise_convolution,
        "kernel_size strides padding dilation_rate depth_multiplier activation",
    ),
    LAYERS.SeparableConv2D: (
        separable_convolution,
        "kernel_size strides padding dilation_rate depth_multiplier activation",
    ),
    LAYERS.MaxPooling2D: (pooling, "pool_size strides padding"),
    LAYERS.AveragePooling2D: (pooling, "pool_size strides padding"),
    LAYERS.GlobalMaxPooling2D: (global_pooling, ""),
    LAYERS.GlobalAveragePooling2D: (global_pooling, ""),
    LAYERS.ZeroPadding2D: (zero_padding, "padding"),
    LAYERS.Activation: (activation, "activation"),
    LAYERS.Softmax: (softmax, "axis"),
    LAYERS.ReLU: (relu, "max_value negative_slope threshold"),
    LAYERS.Flatten: (flatten, ""),
    LAYERS.Add: (addition, ""),
    LAYERS.Concatenate: (concatenation, "axis"),
    LAYERS.BatchNormalization: (batch_normalization, "axis epsilon scale"),
    LAYERS.Rescaling: (rescaling, "scale offset"),
    LAYERS.Normalization: (normalization, "axis mean variance invert"),
}
# Options that weights and shapes tell, too, or that matter in training alone.
UNREAD = (
    "name trainable dtype autocast data_format filters units use_bias center keepdims "
    "momentum synchronized renorm renorm_clipping renorm_momentum"
)
