"""Which layers of a model still have a *where*, and which of them Grad-CAM looks at by default."""

from gradcam_lab._checks import without_places
from gradcam_lab._survey import behind_branches, has_places, survey
from gradcam_lab._tensorflow import keras
from gradcam_lab.hooks import named_layers


def spatial_layers(model: keras.Model) -> list[str]:
    """Name every layer that still has a *where*.

    Parameters
    ----------
    model : keras.Model
        A functional or `Sequential` model that has been built, or a subclassed one that has been
        called.

    Returns
    -------
    list of str
        The layers with an output (n, h', w', channels), in network order; layers inside a nested
        model as ``"outer/inner"``.

    Raises
    ------
    ValueError
        If the shapes of the model's layers are not known yet, or none of them is spatial.
    """
    shapes = survey(model).shapes
    names = [name for name, shape in shapes.items() if len(shape) == 4]
    if not names:
        raise without_places(model, shapes)
    return names


def last_convolutional_layer(model: keras.Model, output: int | str | None = None) -> str:
    """Name the last convolutional layer: the customary place to look at with Grad-CAM.

    Its maps still have places, and already stand for what the classes are told apart by. If the
    last convolution is in one of several branches, it is the layer that joins them
    (`behind_branches`). Layers of a single place are skipped. In a model without convolutions, it
    is the last spatial layer. Of several outputs, `output` says which one is explained.
    """
    found, layers, spatial = survey(model, output), named_layers(model), spatial_layers(model)
    names = [n for n in spatial if has_places(found.shapes[n]) and found.calls[n] == 1] or spatial
    kernels = {name: [w for w in layers[name].weights if len(w.shape) == 4] for name in names}
    convolutions = [name for name in names if kernels[name]]  # or blocks that have one inside
    if not convolutions:
        return names[-1]
    last = convolutions[-1]
    if last in found.crossed:  # every path from the picture to the answer leads through it
        return last
    return behind_branches(convolutions, found, {name: layers[name] for name in names})
