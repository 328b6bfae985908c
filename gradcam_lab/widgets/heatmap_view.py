"""The view: picture, heatmap and overlay, drawn by the browser out of plain numbers."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image
from traitlets import Bool, Bytes, Int, TraitError, Tuple, Unicode, validate

from gradcam_lab._checks import check_alpha, check_heatmap, check_threshold
from gradcam_lab._language import say
from gradcam_lab._pictures import encode_png
from gradcam_lab.overlay import colorize
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.controls import COLORMAPS, Share
from gradcam_lab.widgets.figures import PANELS
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.style import DENSITY, PANEL, stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget
from gradcam_lab.widgets.words import WORDS

EXACT = 7500  # cells: the values of larger maps are sent in 16 bits, not 32, for slow lines
UINT16_MAX = 65535
LARGEST = (DENSITY * PANEL[0], DENSITY * PANEL[1])
TABLES = b"".join(
    colorize(np.linspace(0, 1, 256)[np.newaxis], name).tobytes() for name in COLORMAPS
)


class HeatmapView(WholeWidget):
    """A picture, a heatmap as it is, and the heatmap over the picture.

    The browser interpolates, colours and blends: alpha, colormap, threshold and divider need no
    kernel, also in an exported page. The overlay has the pixels of `superimpose`; heatmaps of
    more than 7,500 cells come rounded to 16 bits, for slow lines.

    Parameters
    ----------
    image : PIL.Image.Image or array, optional
        The picture, in any form that `superimpose` takes; `show` sets another one.
    heatmap : array (h', w'), optional
        In [0, 1].
    panels : sequence of {"picture", "heatmap", "overlay"}
        What stands side by side.
    **traits
        Any of the attributes.

    Attributes
    ----------
    alpha : float
        Opacity of the heatmap, 0 to 1.
    threshold : float
        Values below it are hidden.
    colormap_index : int
        Which of `COLORMAPS`.
    swipe : bool
        Whether there is one large overlay with a divider, instead of panels side by side.
    is_difference : bool
        Whether the numbers are the difference between two heatmaps, with 0.5 for none. The overlay
        then is blue where it is less and red where it is more, and there is no threshold.
    paper : bool
        Whether the picture is shown inverted: white ink on black as black ink on white, so that
        the warmest place is not darker than cold ink.
    contours : bool
        Whether lines are drawn over the overlay where the heatmap is 0.25, 0.5 and 0.75.
    receptive_field : tuple
        What `receptive_fields` says about the heatmap's layer: the pixels that the cell under the
        pointer sees are outlined. Empty: none are.
    title, note, description : str
        A heading, words below the panels, and a sentence for somebody who cannot see the picture.
    busy : bool
        Whether the kernel is computing what comes next.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    picture = Bytes(help="a PNG, or any file that browsers show").tag(sync=True)
    heatmap = Bytes(
        help="the values row by row: float32 in [0, 1], or uint16 where there are many"
    ).tag(sync=True)
    shape = Tuple((1, 1), help="rows and columns of the heatmap").tag(sync=True)
    panels = Tuple(PANELS, help="names of the panels").tag(sync=True)
    panel_size = Tuple(PANEL, help="largest width and height, in CSS pixels").tag(sync=True)
    colours = Bytes(TABLES, help="256 colours of each colormap").tag(sync=True)
    colormap_index = Int(0).tag(sync=True)
    alpha = Share(0.4, check_alpha).tag(sync=True)
    threshold = Share(0.0, check_threshold).tag(sync=True)
    swipe = Bool(False).tag(sync=True)
    is_difference = Bool(False).tag(sync=True)
    paper = Bool(False).tag(sync=True)
    contours = Bool(False).tag(sync=True)
    receptive_field = Tuple((), help="rows and columns of `receptive_fields`").tag(sync=True)
    title = Unicode().tag(sync=True)
    note = Unicode().tag(sync=True)
    description = Unicode().tag(sync=True)
    busy = Bool(False).tag(sync=True)

    def __init__(
        self,
        image: Image.Image | np.ndarray | None = None,
        heatmap: np.ndarray | None = None,
        **traits: object,
    ) -> None:
        super().__init__(**traits)
        self.add_class("gradcam-view")
        blank = np.zeros((1, 1), np.uint8)
        heatmap = blank if heatmap is None else check_heatmap(heatmap)
        picture = encode_png(blank if image is None else image, largest=LARGEST)
        self.show(picture, heatmap)

    def show(self, picture: bytes, heatmap: np.ndarray, **traits: object) -> None:
        """Change picture, heatmap and other traits in one message to the browser.

        Parameters
        ----------
        picture : bytes
            As `encode_png` makes it.
        heatmap : array (h', w')
            In [0, 1].
        **traits
            Any of the attributes.
        """
        is_map = isinstance(heatmap, np.ndarray) and heatmap.ndim == 2 and heatmap.size > 0
        if not is_map or not 0 <= heatmap.min() <= heatmap.max() <= 1:
            heatmap = check_heatmap(heatmap)  # or says what is wrong
        values = heatmap.astype("<f4")
        if heatmap.size > EXACT:
            values = np.round(values * UINT16_MAX).astype("<u2")
        with self.hold_sync():
            self.set_trait("picture", picture)
            self.set_trait("heatmap", values.tobytes())
            self.set_trait("shape", heatmap.shape)
            for name, value in (traits | {"busy": False}).items():
                self.set_trait(name, value)

    @validate("colormap_index")
    def _check_colormap_index(self, proposal: dict) -> int:
        index = proposal["value"]
        if not 0 <= index < len(COLORMAPS):
            raise TraitError(
                say(
                    "no colormap {index}: give 0 to {last}",
                    index=index,
                    last=len(COLORMAPS) - 1,
                )
            )
        return index

    @validate("panels")
    def _check_panels(self, proposal: dict) -> tuple[str, ...]:
        panels = proposal["value"]
        if not panels or not set(panels) <= set(PANELS):
            raise TraitError(
                say(
                    "panels are {panels}: there are: {known}",
                    panels=panels,
                    known=", ".join(PANELS),
                )
            )
        return panels

    @validate("receptive_field")
    def _check_receptive_field(self, proposal: dict) -> tuple:
        field = proposal["value"]
        numbers = [number for along in field if isinstance(along, tuple | list) for number in along]
        are_numbers = all(isinstance(number, int | float) for number in numbers)
        if len(field) not in (0, 2) or len(numbers) != 4 * len(field) or not are_numbers:
            raise TraitError(
                say(
                    "receptive_field is {field}: give what receptive_fields(model) has for "
                    "the layer, or () where it has nothing",
                    field=field,
                )
            )
        return field

    def _repr_mimebundle_(self, **_options: object) -> tuple[dict, dict]:
        """Add the present state as a PNG, for pages where no widget is alive."""
        values = unpack(self.heatmap, self.shape)
        picture = Image.open(io.BytesIO(self.picture))
        colormap = COLORMAPS[self.colormap_index]
        drawn = self.alpha, colormap, self.threshold
        paper, contours = self.paper, self.contours
        figure = figures.explorer_figure(
            picture, values, *drawn, self.panels, paper=paper, contours=contours
        )
        if self.is_difference:
            title = self.title or WORDS["difference"]
            figure = figures.questions_figure(
                picture, [], [title], *drawn, [values], paper=paper, contours=contours
            )
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        return data | {"image/png": base64.b64encode(figures.to_png(figure)).decode()}, metadata

    def _ipython_display_(self) -> None:
        display_with_still(self, self.description)


def as_sent(heatmap: np.ndarray) -> np.ndarray:
    """Round a heatmap of many cells as the view gets it, so that a figure has the same pixels."""
    if heatmap.size <= EXACT:
        return heatmap
    return np.round(heatmap * UINT16_MAX) / np.float32(UINT16_MAX)


def unpack(values: bytes, shape: tuple[int, int]) -> np.ndarray:
    """Read the values of a view's heatmap."""
    if np.prod(shape) <= EXACT:
        return np.frombuffer(values, "<f4").reshape(shape)
    return np.frombuffer(values, "<u2").reshape(shape) / np.float32(UINT16_MAX)
