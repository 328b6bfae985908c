"""A row of small pictures: the layers of a network, or the samples around the present one."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import numpy as np
from PIL import Image
from traitlets import Bool, Bytes, Instance, Int, List, Unicode

from gradcam_lab._checks import Images
from gradcam_lab._pictures import to_picture
from gradcam_lab.widgets.browser.scripts import join_modules
from gradcam_lab.widgets.controls import Asking, close_with
from gradcam_lab.widgets.heatmap_view import TABLES
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget
from gradcam_lab.widgets.words import WORDS

LARGEST = 56  # pixels of a picture's longer side, ...
LARGEST_MAP = 28  # ... and of a heatmap's: there may be many
SAMPLES = 11  # frames around the present one


class FilmStrip(WholeWidget):
    """Small pictures side by side, one of them chosen by a slider; a click moves the slider.

    Attributes
    ----------
    slider : Widget
        It says which one is chosen, counted from the beginning of the whole film, ...
    place : {"value", "index"}
        ... by this trait.
    preview : int
        Which one the pointer is on; -1: none. The browser alone knows it.
    first : int
        The number of the first frame that is shown.
    count : int
        How many there are in the whole film.
    names, groups : list of str
        What stands below each frame, and above the first one of a group.
    wrong : list of bool
        Whether the network mistakes a frame's picture.
    frames : bytes
        Their pixels, uint8, one frame after the other.
    shapes : list of (h, w, c)
        A frame of one channel has the `colours` of a table, or shades of grey without one.
    """

    _esm = join_modules(Path(__file__).with_suffix(".js"))
    _css = stylesheet(Path(__file__).with_suffix(".css"))

    heading = Unicode().tag(sync=True)
    slider = Instance(widgets.Widget).tag(sync=True, **widgets.widget_serialization)
    place = Unicode("value").tag(sync=True)
    preview = Int(-1).tag(sync=True)
    first = Int(0).tag(sync=True)
    count = Int(0).tag(sync=True)
    names: List = List().tag(sync=True)
    groups: List = List().tag(sync=True)
    wrong: List = List().tag(sync=True)
    frames = Bytes().tag(sync=True)
    shapes: List = List().tag(sync=True)
    colours = Bytes().tag(sync=True)
    colormap_index = Int(0).tag(sync=True)
    disabled = Bool(False).tag(sync=True)

    def show(self, pictures: Sequence[np.ndarray], names: Sequence[str], **traits: object) -> None:
        """Show frames (h, w, c), uint8, with their names."""
        largest = LARGEST_MAP if self.colours else LARGEST
        small = [sample_pixels(picture, largest) for picture in pictures]
        with self.hold_sync():
            self.names, self.shapes = list(names), [frame.shape for frame in small]
            self.frames = b"".join(frame.tobytes() for frame in small)
            for name, value in traits.items():
                self.set_trait(name, value)

    def show_layers(self, heatmaps: Mapping[str, np.ndarray]) -> None:
        """Show each layer's heatmap (h', w') in [0, 1], under the size of its grid."""
        sizes = [f"{rows} × {columns}" for rows, columns in map(np.shape, heatmaps.values())]
        groups = ["" if i and size == sizes[i - 1] else size for i, size in enumerate(sizes)]
        levels = [(255 * heatmap[..., None]).astype(np.uint8) for heatmap in heatmaps.values()]
        self.show(levels, list(heatmaps), groups=groups)

    def show_samples(
        self, index: int, images: Images, names: Sequence[str], white: int | None
    ) -> None:
        """Show the pictures around one of them, with their names."""
        numbers = window_around(index, len(images))
        pictures = [frame_of(images[number], white) for number in numbers]
        self.show(pictures, names[numbers.start : numbers.stop], first=numbers.start)


def make_strips(explorer: Asking, names: Sequence[str] = ("layer", "index")) -> list[FilmStrip]:
    """Make the film strips of the traits `layer` and `index`, where there is a choice."""
    strips = []
    for name in names:
        if name not in explorer.controls:
            continue
        is_layer = name == "layer"
        heading, film = ("layers", explorer.layers) if is_layer else ("pictures", explorer.images)
        strips.append(make_strip(explorer, name, WORDS[heading], len(film), of_maps=is_layer))
    return strips


def make_strip(
    explorer: Asking, name: str, heading: str, count: int, *, of_maps: bool
) -> FilmStrip:
    """Make the film strip of a trait, which moves with its slider; maps have the colours chosen."""
    slider = explorer.controls[name]
    place = "index" if isinstance(slider, widgets.SelectionSlider) else "value"
    strip = FilmStrip(slider=slider, place=place, heading=heading, count=count)
    if of_maps:
        strip.colours = TABLES
        link = widgets.jsdlink((explorer.controls["colormap"], "index"), (strip, "colormap_index"))
        strip.observe(partial(close_with, link), "comm")
    strip.add_class(f"gradcam-{name}-strip")
    explorer.controls[f"{name}_strip"] = strip
    return strip


def frame_of(image: Image.Image | np.ndarray, white: int | None) -> np.ndarray:
    """Return a picture (h, w, 3); one that is none is refused only where it is chosen."""
    try:
        return np.asarray(to_picture(image, white))
    except ValueError:
        return np.full((1, 1, 3), 128, np.uint8)


def sample_pixels(picture: np.ndarray, largest: int) -> np.ndarray:
    """Return a picture (h, w, c) with as many of its pixels as a frame has room for."""
    height, width = picture.shape[:2]
    scale = max(height, width, largest) / largest
    rows, columns = (
        ((np.arange(round(size / scale)) + 0.5) * scale).astype(int).clip(max=size - 1)
        for size in (height, width)
    )
    return picture[np.ix_(rows, columns)]


def window_around(index: int, count: int) -> range:
    """Return the numbers of the frames to show: as many before a number as behind it."""
    first = min(max(0, index - SAMPLES // 2), max(0, count - SAMPLES))
    return range(first, min(count, first + SAMPLES))
