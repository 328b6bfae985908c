"""One pass of a network, listened to and differentiated, compiled once.

Cutting a model in two (``keras.Model(inputs, layer.output)``) cannot reach a layer inside a nested
model. Listening to the layers while the whole model runs reaches every one of them, and leaves the
model as it was. It happens while TensorFlow traces the pass; later calls run the traced graph.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from threading import RLock, get_ident
from typing import NamedTuple
from weakref import WeakKeyDictionary, ref

from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.methods import METHODS
from gradcam_lab.networks import named_layers

SCORES = ("logit", "probability")
PREDICTED = -1  # as a target: the class that the network itself finds likeliest


class Call(NamedTuple):
    """One call of one layer: its name, itself, and the tensors that went in and came out."""

    name: str
    layer: keras.Layer
    inputs: tensorflow.Tensor
    outputs: tensorflow.Tensor


@contextmanager
def listening(layers: Mapping[str, keras.Layer], notice: Callable[[Call], None]) -> Iterator[None]:
    """Report every call of the given layers to `notice`, as it happens, while the block runs."""
    with ExitStack() as listeners:
        for name, layer in layers.items():
            listeners.enter_context(_listening_to(name, layer, notice))
        yield


@contextmanager
def _listening_to(name: str, layer: keras.Layer, notice: Callable[[Call], None]) -> Iterator[None]:
    """Shadow the layer's method `call` by an attribute of the instance, then remove it again."""
    call, thread = layer.call, get_ident()

    @wraps(call)
    def call_and_report(inputs: object, *args: object, **kwargs: object) -> object:
        outputs = call(inputs, *args, **kwargs)
        if get_ident() == thread:  # another thread may be running the model meanwhile
            notice(Call(name, layer, inputs, outputs))
        return outputs

    attributes = vars(layer)
    attributes["call"] = call_and_report
    try:
        yield
    finally:
        del attributes["call"]


_TRACING = RLock()  # one pass at a time may listen to a model

# The compiled passes of a model live as long as the model does: a pass refers to it weakly.
_PASSES: WeakKeyDictionary[keras.Model, dict[tuple, Callable]] = WeakKeyDictionary()


def compiled_pass(model: keras.Model, names: tuple[str, ...], score: str, method: str) -> Callable:
    """Return the compiled pass for these layers, traced at its first call and never again."""
    key = (names, score, method)
    with _TRACING:
        passes = _PASSES.setdefault(model, {})
        if key not in passes:
            passes[key] = _compile_pass(model, names, score, method).get_concrete_function()
        return passes[key]


def _compile_pass(model: keras.Model, names: tuple[str, ...], score: str, method: str) -> Callable:
    weak_model = ref(model)
    takes_list = isinstance(getattr(model, "input", None), list)

    @tensorflow.function(
        input_signature=[
            tensorflow.TensorSpec((None, *model.inputs[0].shape[1:]), tensorflow.float32),
            tensorflow.TensorSpec((None,), tensorflow.int64),
        ],
        autograph=False,  # an error keeps its own words
    )
    def explain(images: tensorflow.Tensor, targets: tensorflow.Tensor) -> tuple:
        traced_model = weak_model()
        calls: list[Call] = []
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:

            def notice(call: Call) -> None:
                calls.append(call)
                if call.name in names:
                    tape.watch(call.outputs)

            with listening(named_layers(traced_model), notice):
                outputs = traced_model([images] if takes_list else images, training=False)
            logits, probabilities = _logits_and_probabilities(outputs, calls)
            predicted = tensorflow.argmax(probabilities, axis=-1)
            chosen = tensorflow.where(targets == PREDICTED, predicted, targets)
            scores = tensorflow.gather(
                logits if score == "logit" else probabilities, chosen, axis=-1, batch_dims=1
            )
        feature_maps = _feature_maps(calls, names)
        gradients = tape.gradient(scores, feature_maps, unconnected_gradients="zero")
        signed = {
            name: METHODS[method](
                tensorflow.cast(feature_maps[name], tensorflow.float32),
                tensorflow.cast(gradients[name], tensorflow.float32),
            )
            for name in names
        }
        return chosen, scores, probabilities, signed

    return explain


def _feature_maps(calls: list[Call], names: tuple[str, ...]) -> dict[str, tensorflow.Tensor]:
    """Find the feature maps of the asked layers among what was heard."""
    found = {}
    for name in names:
        heard = [call.outputs for call in calls if call.name == name]
        if len(heard) != 1:
            raise ValueError(
                f"layer {name!r} runs {len(heard)} times in one pass of the model, so it is "
                "ambiguous which feature maps to explain: choose a layer that runs once"
            )
        found[name] = heard[0]
    return found


def _logits_and_probabilities(
    outputs: tensorflow.Tensor, calls: list[Call]
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
    """Return the numbers before the model's last softmax or sigmoid, and those after it."""
    last = next((call for call in calls if call.outputs is outputs), None)
    if last is None or len(outputs.shape) != 2:
        raise ValueError(
            "the model does not end in a layer with an output (n, classes): end it in a Dense, "
            "Activation or Softmax layer"
        )
    logits, activation = _before_activation(last)
    logits = tensorflow.cast(logits, tensorflow.float32)
    if activation is keras.activations.linear:
        return logits, tensorflow.nn.softmax(logits)
    if activation in (keras.activations.softmax, keras.activations.sigmoid):
        return logits, tensorflow.cast(outputs, tensorflow.float32)
    raise ValueError(
        f"the model's last layer {last.name!r} ends in {activation.__name__}, which gives no "
        "probabilities: end the model in softmax, sigmoid, or nothing for logits"
    )


def _before_activation(last: Call) -> tuple[tensorflow.Tensor, Callable]:
    """Return what the last layer hands to its activation function, and that function."""
    layer, inputs = last.layer, last.inputs
    if isinstance(layer, keras.layers.Softmax):
        return inputs, keras.activations.softmax
    if isinstance(layer, keras.layers.Activation):
        return inputs, layer.activation
    if isinstance(layer, keras.layers.Dense):
        logits = tensorflow.matmul(tensorflow.cast(inputs, layer.kernel.dtype), layer.kernel)
        return (logits if layer.bias is None else logits + layer.bias), layer.activation
    return last.outputs, keras.activations.linear
