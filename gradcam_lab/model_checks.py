"""What models a CAM cannot explain, and what to do about each: asked once, before a model runs."""

from collections.abc import Mapping

from gradcam_lab._tensorflow import keras, tensorflow

_REGRESSION = {"mse", "mae", "mape", "msle", "huber", "huber_loss", "log_cosh", "logcosh"} | {
    f"mean_{kind}_error"
    for kind in ("squared", "absolute", "absolute_percentage", "squared_logarithmic")
}
_OTHER_DIMENSIONS = {
    3: "gives (n, steps, channels): treat a signal as a picture of height 1, by Conv2D with "
    "kernels (1, k) on inputs (n, 1, steps, channels)",
    5: "gives (n, frames or depth, h', w', channels): explain one frame at a time, by a model of "
    "its own",
}


def check_is_keras_model(model: object) -> None:
    """Say what to give instead of something that is no Keras 3 model."""
    if isinstance(model, keras.Model):
        return
    family = {each.__module__.split(".")[0] for each in type(model).__mro__}
    if family & {"tf_keras", "tensorflow"}:
        raise TypeError(
            f"model is a {type(model).__name__} of Keras 2 (tf_keras), and gradcam_lab works with "
            "Keras 3: build it with `import keras`, and copy the weights with "
            "model.set_weights(old.get_weights())"
        )
    raise TypeError(
        f"model is a {type(model).__name__}, not a keras.Model: load a file with "
        "keras.saving.load_model; of a PretrainedNetwork, give its .model"
    )


def check_model(model: keras.Model) -> None:
    """Say why a model cannot be explained, where its layers show it."""
    for layer in model._flatten_layers():
        if getattr(layer, "data_format", None) == "channels_first":
            raise ValueError(
                f"layer {layer.name!r} keeps its channels first, (n, channels, h', w'), and a CAM "
                "reads them last: build the model with data_format='channels_last'"
            )
        if isinstance(layer.dtype_policy, keras.dtype_policies.QuantizedDTypePolicy):
            raise ValueError(
                f"layer {layer.name!r} is quantised, and whole numbers have no gradient: explain "
                "the model as it was before model.quantize()"
            )


def check_loss(model: keras.Model) -> None:
    """Say that a model which was trained to give numbers has no classes to explain."""
    losses = tensorflow.nest.flatten(getattr(model, "loss", None))
    loss = losses[0] if len(losses) == 1 else None
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    is_plain = getattr(model.layers[-1], "activation", None) is keras.activations.linear
    if is_plain and str(name).lower() in _REGRESSION:
        raise ValueError(
            f"the model was trained with the loss {name!r} and answers with plain numbers, not "
            "with classes, so that there is no class score: end it in classes, such as 'low' and "
            "'high', and train it with a loss for classes"
        )


def without_places(model: keras.Model, shapes: Mapping[str, tuple[int | None, ...]]) -> ValueError:
    """Return the error for a model none of whose layers, of these shapes, has (h', w')."""
    remedy = "use a model with convolutional layers."
    for name, shape in sorted(shapes.items(), key=lambda item: len(item[1])):
        if len(shape) in _OTHER_DIMENSIONS:  # a video's frames before its steps
            remedy = f"layer {name!r} {_OTHER_DIMENSIONS[len(shape)]}."
    return ValueError(
        f"model {model.name!r} has no layer with an output (n, h', w', channels), so there is "
        f"nothing to draw a heatmap of: {remedy}"
    )
