"""The explorer of many images: its state is a few traits, and moving one is all it takes."""

from collections.abc import Sequence

from gradcam_lab._checks import Images
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import GradCAM
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets.explorer_base import HeatmapExplorer
from gradcam_lab.widgets.image_choice import ImageChoice, check_labels
from gradcam_lab.widgets.picture_explorer import PictureExplorer


class GradCAMExplorer(ImageChoice, PictureExplorer):
    """Grad-CAM with controls: picture, heatmap and overlay follow the hand.

    Setting a trait from Python is the same as moving its control.

    Parameters
    ----------
    model : keras.Model, PretrainedNetwork or GradCAM
        The network to ask; a GradCAM where you want a score or output of your choice.
    images : array (n, h, w, c), or a sequence of pictures for a `PretrainedNetwork`
        A keras.Model takes each image as it is; a PretrainedNetwork prepares its pictures.
    labels : sequence of n int, optional
        The true classes.
    class_names : sequence of str, optional
        The names of the model's classes; by default ImageNet's for a PretrainedNetwork, and
        numbers for another model.

    Attributes
    ----------
    index : int
        Which of the images.
    layer : str
        A name out of `spatial_layers`; at first the last convolutional layer.
    target : int or None
        The class to explain; None is the predicted one.
    method : str
        A name out of `METHODS`, at first Grad-CAM; or ``"scorecam"``, which is computed in the
        background.
    same_scale : bool
        Whether the maximum over all layers scales every layer. At first each layer is scaled by
        its own; Score-CAM is, in any case, because it is computed for one layer only.
    alpha : float
        Opacity of the heatmap, 0 to 1.
    colormap : str
        One of jet, turbo, viridis, cividis, inferno, magma and gray.
    threshold : float
        Values of the heatmap below it are hidden, 0 to 1.
    swipe : bool
        Whether one large overlay with a divider stands in place of the three panels.

    Raises
    ------
    ValueError
        If there are no images, or the number of labels or class names does not fit.
    traitlets.TraitError
        If a trait is set to a value that does not exist.
    """

    state = ("index", *HeatmapExplorer.state)

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        images: Images,
        *,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        self._images = images
        super().__init__(model, class_names)
        self._labels = check_labels(labels, len(self._images), len(self._class_names))
        self._redraw()
        self._arrange(*self._index_controls())

    def _picture(self) -> int:
        return self.index

    def _label(self) -> int | None:
        return None if self._labels is None else int(self._labels[self.index])
