"""Find the class scores of a model: the numbers before its last softmax or sigmoid, or after it."""

from collections.abc import Callable, Sequence

from gradcam_lab import _checks as checks
from gradcam_lab._rare_models import call_that_gave
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.hooks import Call

SCORES = ("logit", "probability")

_LINEAR = keras.activations.linear
_MAY_GIVE_LOGITS = (  # the layers whose outputs are taken as logits
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.Dropout,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalMaxPooling2D,
)
_POOLING = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
_KNOWN_CALLS = {each.call for each in (*_MAY_GIVE_LOGITS, keras.layers.Softmax)}
_SOFTMAX = (keras.activations.softmax, keras.ops.softmax, tensorflow.nn.softmax)
_SIGMOID = (keras.activations.sigmoid, keras.ops.sigmoid, tensorflow.nn.sigmoid)


def class_scores(
    outputs: tensorflow.Tensor, calls: Sequence[Call], score: str
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
    """Return the class scores and the probabilities of a pass, both float32 (n, classes).

    Parameters
    ----------
    outputs : tensor (n, classes)
        What the model answered. One output alone is taken as that of a two-class model: the
        score or probability of class 1.
    calls : sequence of Call
        The calls of the model's layers during the pass.
    score : {"logit", "probability"}
        Which numbers are the class scores.

    Raises
    ------
    ValueError
        If the model is no classifier, or has no logits while `score` is ``"logit"``.
    """
    if len(outputs.shape) != 2:
        raise checks.no_classifier(outputs.shape)
    logits, activation = _before_last_activation(outputs, calls)
    outputs = tensorflow.cast(outputs, tensorflow.float32)
    if activation is _LINEAR:
        single_output = outputs.shape[-1] == 1
        activation = tensorflow.nn.sigmoid if single_output else tensorflow.nn.softmax
        outputs = activation(outputs)
    if outputs.shape[-1] == 1:
        outputs = tensorflow.concat([1 - outputs, outputs], axis=-1)
        logits = None if logits is None else tensorflow.concat([-logits, logits], axis=-1)
    if score == "probability":
        return outputs, outputs
    if activation not in (*_SOFTMAX, *_SIGMOID):
        raise checks.no_logit()
    return tensorflow.cast(logits, tensorflow.float32), outputs


def _before_last_activation(
    outputs: tensorflow.Tensor, calls: Sequence[Call]
) -> tuple[tensorflow.Tensor | None, Callable | None]:
    """Return what enters the activation that gave the outputs, and that activation, if known."""
    last = call_that_gave(outputs, calls)
    if last is None:
        return None, None
    layer, inputs = last.layer, last.inputs
    if type(layer).call not in _KNOWN_CALLS:  # a user's own: nobody knows what it computes
        return None, None
    if isinstance(layer, keras.layers.Softmax):
        return inputs, keras.activations.softmax
    if isinstance(layer, keras.layers.Activation) and layer.activation is not _LINEAR:
        return inputs, layer.activation
    if isinstance(layer, keras.layers.Dense) and layer.activation is not _LINEAR:
        logits = tensorflow.matmul(tensorflow.cast(inputs, layer.kernel.dtype), layer.kernel)
        return (logits if layer.bias is None else logits + layer.bias), layer.activation
    if isinstance(layer, _POOLING) and _gives_probabilities(call_that_gave(inputs, calls)):
        return None, None  # their mean is no logit
    return (outputs, _LINEAR) if isinstance(layer, _MAY_GIVE_LOGITS) else (None, None)


def _gives_probabilities(call: Call | None) -> bool:
    layer = call.layer if call else None
    activation = getattr(layer, "activation", None)
    return activation in (*_SOFTMAX, *_SIGMOID) or isinstance(layer, keras.layers.Softmax)
