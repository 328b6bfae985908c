"""Which of many images: the trait `index`, its controls, and the checks of images and labels."""

from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from PIL import Image
from traitlets import HasTraits, Int, TraitError, validate

from gradcam_lab._checks import Images
from gradcam_lab.widgets.wiring import ROW, UNDER_CONTROLS, connect


class ImageChoice(HasTraits):
    """A part of explorers that show one of their images, `self._images`, at a time."""

    index = Int(0, help="which of the images")

    def _image(self, index: int) -> Image.Image | np.ndarray:
        return self._images[index]

    def _index_controls(self) -> list[widgets.Widget]:
        slider = connect(self, "index", widgets.IntSlider(min=0, max=len(self._images) - 1))
        steps = [self._step_button("previous", -1), self._step_button("next", +1)]
        return [slider, widgets.HBox(steps, layout=ROW | UNDER_CONTROLS)]

    def _step_button(self, word: str, step: int) -> widgets.Widget:
        button = widgets.Button(description=f"{word} picture")
        button.add_class(f"gradcam-{word}")
        last = len(self._images) - 1
        button.on_click(lambda _: setattr(self, "index", min(max(self.index + step, 0), last)))
        return button

    @validate("index")
    def _check_index(self, proposal: dict) -> int:
        return check_index(proposal["value"], self._images)


def check_index(index: int, images: Images) -> int:
    """Return the index, or say that no image has it."""
    if not 0 <= index < len(images):
        raise TraitError(f"there is no image {index}: give 0 to {len(images) - 1}")
    return index


def check_labels(labels: Sequence[int] | None, n: int, classes: int) -> np.ndarray | None:
    """Return the labels of n images as an array, or say what is wrong with them."""
    if labels is None:
        return None
    labels = np.asarray(labels)
    if (
        labels.shape != (n,)
        or not np.issubdtype(labels.dtype, np.integer)
        or not ((labels >= 0) & (labels < classes)).all()
    ):
        raise ValueError(
            f"labels have the shape {labels.shape} and the type {labels.dtype}: give one whole "
            f"number from 0 to {classes - 1} for each of the {n} images (labels.ravel() of a "
            "column, labels.argmax(1) of one-hot rows)"
        )
    return labels
