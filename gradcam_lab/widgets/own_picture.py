"""A picture file of one's own, chosen or dropped on the page."""

from itertools import count
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image
from traitlets import Instance, Int, observe

from gradcam_lab._checks import Images
from gradcam_lab._language import say
from gradcam_lab._pictures import to_picture
from gradcam_lab.cam import Explanation
from gradcam_lab.data import sample_image
from gradcam_lab.methods import METHODS
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets.controls import Choice, SameScale, Swipe, Target
from gradcam_lab.widgets.explorer import OnePicture
from gradcam_lab.widgets.explorer_base import Explorer
from gradcam_lab.widgets.picture_drop import PictureDrop
from gradcam_lab.widgets.picture_files import in_browser


class OwnPictureExplorer(Explorer):
    """A field for a picture file, and what a trained network makes of it.

    JPEG, PNG, WebP and GIF are taken; what cannot be read is refused in one sentence, and the
    picture before it stays.

    Parameters
    ----------
    network : PretrainedNetwork
        The network to ask.
    picture : PIL.Image.Image or array, optional
        The first picture; by default the cat that ships with this package.

    Attributes
    ----------
    picture : PIL.Image.Image
        The picture that is explained.
    layer, target, method, same_scale, alpha, colormap, threshold, swipe
        As in `GradCAMExplorer`.

    Raises
    ------
    TypeError
        If the network is not a `PretrainedNetwork`, which knows how to prepare a photograph.

    Examples
    --------
    >>> OwnPictureExplorer(load_pretrained("efficientnet_lite0"))
    >>> OwnPictureExplorer(PretrainedNetwork(model, class_names=["cat", "dog"]))
    """

    picture = Instance(Image.Image, help="the picture that is explained")
    picture_number = Int(0, help="how many pictures have come: stands for the present one")
    target = Target()
    method = Choice("method", tuple(METHODS))
    same_scale = SameScale()
    swipe = Swipe()
    asked = ("picture_number", "layer", "target", "method", "same_scale")
    drawn = (*Explorer.drawn, "swipe")

    def __init__(self, network: PretrainedNetwork, picture: Image.Image | None = None) -> None:
        if not isinstance(network, PretrainedNetwork):
            raise TypeError(
                say(
                    "network is a {kind}, which does not say how a photograph is prepared: "
                    'give load_pretrained("efficientnet_lite0"), or of a model of your own '
                    "PretrainedNetwork(model, class_names=[...], scale=...)",
                    kind=type(network).__name__,
                )
            )
        self._one, self._numbers = OnePicture(), count(1)
        super().__init__(network, None, [self._one.view], image_of=lambda _number: self.picture)
        self.add_class("gradcam-explorer")
        self.add_class("gradcam-own-picture")
        picture = sample_image("cat") if picture is None else picture
        self.picture = picture if isinstance(picture, Image.Image) else to_picture(picture)
        self._drop = PictureDrop()
        self._drop.observe(self._take_file, "content")
        self.controls["file"] = self._drop
        parts = self._one.parts(self, self._drop)
        self._put_on_page(parts, {}, kind="picture", columns=[{}], files=in_browser())

    def __repr__(self) -> str:
        """Return the class and the size of the picture."""
        return f"OwnPictureExplorer({self.picture.size}, target={self.target!r})"

    @property
    def explanation(self) -> Explanation:
        """The explanation of the picture, a batch of one, at all layers."""
        return self._ask(lambda: self.explanation_of(self.picture_number, self.target, self.method))

    def save(self, path: str | Path, *, network: bool | None = True) -> Path:
        """Write the figure, or a page: as `Explorer.save`, but with the network, for any picture.

        Without the network (False), a page has the present picture alone.
        """
        return super().save(path, network=network)

    def _pictures(self) -> Images:
        return [self.picture]

    def _take_file(self, _change: dict) -> None:
        if picture := self._drop.read():
            self.picture = picture

    @observe("picture")
    def _number_picture(self, _change: dict) -> None:
        if self.browser.network is not None:
            self.browser.give(self._pack)  # the browser needs this one in order to answer
        self.picture_number = next(self._numbers)  # no two pictures have one number

    def _show(self) -> None:
        self._one.show(self, self.picture_number)

    def _figure(self) -> Figure:
        return self._one.figure(self, self.picture_number)
