"""Receptive fields: which pixels of the picture the cells of a layer's feature maps can see."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from gradcam_lab._checks import input_shape
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab._traces import traced
from gradcam_lab.hooks import Call, forward_hooks, named_layers, run_model

_LAYERS = keras.layers
_CONVOLUTIONS = _LAYERS.Conv2D, _LAYERS.DepthwiseConv2D, _LAYERS.SeparableConv2D
_POOLINGS = _LAYERS.MaxPooling2D, _LAYERS.AveragePooling2D
_MERGES = (
    *(_LAYERS.Add, _LAYERS.Subtract, _LAYERS.Multiply, _LAYERS.Average),
    *(_LAYERS.Maximum, _LAYERS.Minimum, _LAYERS.Concatenate),
)
_ELEMENTWISE = (
    *(_LAYERS.BatchNormalization, _LAYERS.Activation, _LAYERS.ReLU, _LAYERS.LeakyReLU),
    *(_LAYERS.PReLU, _LAYERS.ELU, _LAYERS.Rescaling, _LAYERS.Normalization, _LAYERS.Identity),
    *(_LAYERS.Dropout, _LAYERS.SpatialDropout2D, _LAYERS.GaussianNoise, _LAYERS.GaussianDropout),
)
_SAME_VALUES = "Cast", "Identity", "StopGradient"  # operations that Keras puts between layers


class Along(NamedTuple):
    """What a layer's cells see along the rows or the columns of the picture, in its pixels.

    Cell i sees the pixels from ``start + i * stride`` up to, and without, that plus ``size``. What
    lies outside 0 to ``length`` is padding.
    """

    size: int
    stride: int
    start: int
    length: int


ReceptiveField = tuple[Along, Along]  # rows, columns
Seen = dict[Any, ReceptiveField]  # by references to tensors, which also keep these alive


class _Window(NamedTuple):
    """What a layer sees of its input along one axis."""

    size: int
    stride: int
    before: int  # how much of the first window is padding


def receptive_fields(model: keras.Model) -> dict[str, ReceptiveField]:
    """Compute which pixels of the picture the cells of each layer depend on.

    The field of a layer behind branches spans those of all branches. At the picture's edges it may
    be a little more than what is really seen, and never less.

    Parameters
    ----------
    model : keras.Model
        Any that can be explained: functional, `Sequential`, nested or subclassed.

    Returns
    -------
    dict of str to (Along, Along)
        By the layers' names, rows and columns. A layer is left out if it has no places, or if
        something before it is of an unknown kind or looks at the whole picture, such as global
        pooling.
    """
    return traced(model, receptive_fields, partial(_run_once, model))


def _run_once(model: keras.Model) -> dict[str, ReceptiveField]:
    shape = input_shape(model)
    if len(shape) != 3 or shape[0] is None or shape[1] is None:
        return {}
    picture = Along(1, 1, 0, shape[0]), Along(1, 1, 0, shape[1])
    calls: list[Call] = []
    seen: Seen = {}

    def run(images: tensorflow.Tensor) -> object:
        seen[images.ref()] = picture
        with forward_hooks(named_layers(model), calls.append):
            return run_model(model, images)

    form = tensorflow.TensorSpec((1, *shape), tensorflow.float32)
    tensorflow.function(run, autograph=False).get_concrete_function(form)
    fields: dict[str, ReceptiveField] = {}
    for call in calls:
        field = _field_behind(call, seen)
        if field is not None:
            seen[call.outputs.ref()] = fields[call.name] = field
    runs = Counter(call.name for call in calls)
    return {name: field for name, field in fields.items() if runs[name] == 1}


def _field_behind(call: Call, seen: Seen) -> ReceptiveField | None:
    """Return what a layer's cells see of the picture, from what those of its inputs see."""
    several = isinstance(call.inputs, list | tuple)
    tensors = list(call.inputs) if several else [call.inputs]
    known = [_known(tensor, seen) for tensor in tensors]
    fields = [field for field in known if field is not None]
    if not fields or len(fields) < len(known) or len(call.outputs.shape) != 4:
        return None
    if isinstance(call.layer, _MERGES):
        return _span(call, tensors, fields)
    windows = None if several else _windows(call.layer, tensors[0].shape[1:3])
    if windows is None:
        return None
    rows, columns = map(_through, fields[0], windows)
    return rows, columns


def _known(tensor: tensorflow.Tensor, seen: Seen) -> ReceptiveField | None:
    """Look a tensor up, also behind a cast to half precision."""
    if not tensorflow.is_tensor(tensor):
        return None
    while tensor.ref() not in seen and tensor.op.type in _SAME_VALUES:
        tensor = tensor.op.inputs[0]
    return seen.get(tensor.ref())


def _span(
    call: Call, tensors: Sequence[tensorflow.Tensor], fields: Sequence[ReceptiveField]
) -> ReceptiveField | None:
    """Return the smallest field that holds those of all branches."""
    strides = {tuple(along.stride for along in field) for field in fields}
    sides = {tuple(tensor.shape[1:3]) for tensor in [*tensors, call.outputs]}
    if len(strides) > 1 or len(sides) > 1:
        return None
    rows, columns = (_hull(branches) for branches in zip(*fields, strict=True))
    return rows, columns


def _hull(branches: Sequence[Along]) -> Along:
    start = min(along.start for along in branches)
    end = max(along.start + along.size for along in branches)
    return branches[0]._replace(size=end - start, start=start)


def _windows(layer: keras.Layer, sides: Sequence[int]) -> list[_Window] | None:
    """Return a layer's windows along rows and columns, None for a layer of an unknown kind."""
    if type(layer) in _ELEMENTWISE and _leaves_places_alone(layer):
        return [_Window(1, 1, 0)] * 2
    if getattr(layer, "data_format", None) == "channels_first":
        return None
    if type(layer) is _LAYERS.ZeroPadding2D:
        return [_Window(1, 1, before) for before, _ in layer.padding]
    if type(layer) in _CONVOLUTIONS:
        sizes, dilations = layer.kernel_size, layer.dilation_rate
    elif type(layer) in _POOLINGS:
        sizes, dilations = layer.pool_size, (1, 1)
    else:
        return None
    return [
        _window((size - 1) * dilation + 1, stride, side if layer.padding == "same" else None)
        for size, dilation, stride, side in zip(sizes, dilations, layer.strides, sides, strict=True)
    ]


def _leaves_places_alone(layer: keras.Layer) -> bool:
    """Tell whether a layer of elementwise kind is one here: a norm may be over places."""
    return getattr(layer, "axis", -1) in (-1, 3, (-1,), (3,))


def _window(size: int, stride: int, padded_side: int | None) -> _Window:
    """Return a window; with padding, as much of it lies before the first value as after the last.

    An odd one of padding comes after the last.
    """
    if padded_side is None:
        return _Window(size, stride, 0)
    cells = -(-padded_side // stride)
    padding = max(0, (cells - 1) * stride + size - padded_side)
    return _Window(size, stride, padding // 2)


def _through(along: Along, window: _Window) -> Along:
    """Return what a layer's cells see of the picture through those of its input."""
    return along._replace(
        size=along.size + (window.size - 1) * along.stride,
        stride=along.stride * window.stride,
        start=along.start - window.before * along.stride,
    )
