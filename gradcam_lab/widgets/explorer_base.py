"""What all explorers share: a network, a state of a few traits, and how a change of it is shown."""

import base64
import html
import io
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from threading import RLock
from typing import TypeAlias, TypeVar

import ipywidgets as widgets
import numpy as np
from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from PIL import Image
from traitlets import observe

from gradcam_lab import _checks as checks
from gradcam_lab._checks import PREDICTED, Images
from gradcam_lab._pictures import common_white, encode_png, to_picture
from gradcam_lab._tensorflow import keras
from gradcam_lab._traces import NetworkChanges
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.hooks import named_layers
from gradcam_lab.layers import last_convolutional_layer, spatial_layers
from gradcam_lab.methods import DIVIDE_BY_SUMS, METHODS
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.browser.browser_half import BrowserHalf
from gradcam_lab.widgets.browser.network import NotInBrowser
from gradcam_lab.widgets.browser.pack import Packed, pack, pack_pictures
from gradcam_lab.widgets.browser.page import write_page
from gradcam_lab.widgets.browser.record import record
from gradcam_lab.widgets.controls import COLORMAPS, Choice, Layer, Paper, Share, Switch
from gradcam_lab.widgets.drawing import to_digit
from gradcam_lab.widgets.heatmap_view import LARGEST, HeatmapView
from gradcam_lab.widgets.receptive_field import receptive_fields
from gradcam_lab.widgets.refusals import Closed, NotOffered
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.words import WORDS

Model: TypeAlias = keras.Model | PretrainedNetwork | GradCAM
Value = TypeVar("Value")

# So the warmest place is among the 5 % of pixels that stand out most from the paper (in CIELAB) for
# 74 of 100 digits; in the look of the course, with jet over black, for 5.
ON_PAPER = {"paper": True, "colormap": "OrRd", "alpha": 0.6}
KEPT = 16  # explanations at least: each holds the heatmaps of all layers
HELD = {  # what `close` lets go of
    *("engine", "network", "images", "layers", "explanation_of", "png", "_batch", "_image_of"),
    *("_network_has_changed", "_terms"),
    *("_in_orders", "_by_hand", "_networks", "_maps", "_accuracies"),
}
LINEAR = (
    *(keras.layers.BatchNormalization, keras.layers.Add),
    *(keras.layers.Subtract, keras.layers.Average),
)


class Explorer(widgets.VBox):
    """A network, the controls that concern any heatmap, and a view that follows them.

    A subclass adds traits, lists them in `asked` or `drawn`, and says how to show what is asked
    (`_show`) and how to draw it where no widget is alive (`_figure`). Callbacks may run in several
    threads at once: one lock covers computing and showing, and whoever gets it shows the state of
    that moment. So the latest state is the one that stays.

    Parameters
    ----------
    model : keras.Model, PretrainedNetwork or GradCAM
    class_names : sequence of str, optional
    views : sequence of HeatmapView
        Where the answers are drawn.
    images : array (n, h, w, c) or sequence of pictures, optional
        What the trait `index` chooses from.
    image_of : callable, optional
        Gives the picture that a key stands for; by default the image of that index.

    Attributes
    ----------
    asked, drawn : tuple of str
        The traits that the kernel has to answer, and those that the browser draws alone; their
        controls stand in this order.
    answered_by_browser : bool
        Whether the browser's half knows how to answer, where it has the network.
    """

    layer = Layer(help="name of the layer whose heatmap is shown")
    alpha = Share(0.4, checks.check_alpha, help="opacity of the heatmap, 0 to 1")
    colormap = Choice("colormap", COLORMAPS)
    threshold = Share(0.0, checks.check_threshold, help="what lies below it is hidden, 0 to 1")
    paper = Paper(help="whether white ink on black is shown as black ink on white")
    contours = Switch(help="whether lines are drawn where the heatmap is 0.25, 0.5 and 0.75")
    index, target, method = NotOffered[int](), NotOffered[int | None](), NotOffered[str]()
    same_scale, swipe = NotOffered[bool](), NotOffered[bool]()
    answered_by_browser = True
    asked: tuple[str, ...] = ("layer",)
    drawn: tuple[str, ...] = ("alpha", "colormap", "threshold", "paper", "contours")
    _shell: InteractiveShell | None = None
    _picture_names: Sequence[str] | None = None  # by default numbers

    def __init__(
        self,
        model: Model,
        class_names: Sequence[str] | None,
        views: Sequence[HeatmapView],
        images: Images = (),
        image_of: Callable[..., Image.Image | np.ndarray] | None = None,
    ) -> None:
        self.network = model if isinstance(model, PretrainedNetwork) else None
        inner = self.network.model if self.network else model
        self.engine = inner if isinstance(inner, GradCAM) else GradCAM(inner)
        self.images, self._white = self._check_images(images, has_images=image_of is None)
        self.layers = self.engine.layers
        self.class_names = self._check_class_names(class_names)
        self.views = views
        self._image_of: Callable[..., Image.Image | np.ndarray] = (
            image_of or self.images.__getitem__
        )
        self._lock = RLock()
        self._shown: tuple | None = None
        self._network_has_changed = NetworkChanges(self.engine.model)
        self._is_unfit = False
        kept = max(KEPT, 2 * len(views))  # a comparison's columns are kept together
        self.explanation_of = lru_cache(kept)(self._compute)
        self._batch = lru_cache(kept)(self._prepare)  # a large photograph is resized only once
        self.png = lru_cache(64)(self._encode)
        self.caption, self.message = widgets.HTML(), widgets.HTML()
        self.caption.add_class("gradcam-caption")
        self.controls: dict[str, widgets.Widget] = {}
        self.browser = BrowserHalf()
        self._fields = receptive_fields(self.engine.model)
        self.are_ink = image_of is to_digit or (not self.network and are_ink(self.images))
        super().__init__(layer=self._first_layer(), **(ON_PAPER if self.are_ink else {}))
        self.add_class("gradcam-lab")
        self.observe(self._redraw, list(self.asked))
        self.browser.observe(self._take_over, "answers")

    # What a subclass says

    def _show(self) -> None:
        """Give views and caption what the present state asks for."""
        raise NotImplementedError

    def _figure(self) -> Figure:
        """Draw what the present state asks for."""
        raise NotImplementedError

    def _pictures(self) -> Images:
        """Return the pictures that the browser needs in order to answer."""
        return self.images

    # Explaining and showing

    def _put_on_page(
        self, children: Sequence[widgets.Widget], texts: dict[str, widgets.HTML], **facts: object
    ) -> None:
        """Show the present state, and tell the browser's half what it needs to go on from there.

        Parameters
        ----------
        children : sequence of Widget
            What stands on the page.
        texts : dict of str to HTML
            Where the browser writes, besides caption and message.
        **facts
            What is special to this explorer: see `BrowserHalf`.
        """
        self._redraw()
        layers = named_layers(self.engine.model)
        with self.browser.hold_sync():
            self.browser.controls, self.browser.views = self.controls, list(self.views)
            self.browser.texts = {"caption": self.caption, "message": self.message, **texts}
            self.browser.facts = {
                "words": dict(WORDS),
                "asked": self.asked,
                "classNames": self.class_names,
                "layers": self.layers,
                "methods": list(METHODS),
                "receptiveFields": [self._fields.get(name, ()) for name in self.layers],
                "withoutActivation": [n for n in self.layers if lacks_activation(layers[n])],
                **facts,
            }
        self.children = [*children, self.browser]
        self._shell = get_ipython()
        if self._shell:  # a cell may train the network
            self._shell.events.register("post_run_cell", self._redraw)

    def _redraw(self, _change: object = None, *, also_for_python: bool = False) -> None:
        """Show the state of this moment, unless it is shown already, or the browser does it."""
        with self._lock:
            state = tuple(getattr(self, name) for name in self.asked)
            is_other_network = self._network_has_changed() or self._is_unfit
            try:
                if is_other_network:
                    self._forget()
                if self.browser.answers and not also_for_python:
                    self._shown = None  # nobody here knows what the browser shows
                    return
                if state == self._shown:
                    return
                self._shown, self.message.value = state, ""
                self._show()
            except Exception as error:  # in a callback, it would appear nowhere else
                self._tell(error)

    def _take_over(self, change: dict) -> None:
        """Draw what a browser no longer draws that has found a network beyond it."""
        if not change["new"] and self.browser.network is not None:
            self._redraw()

    def _forget(self) -> None:
        """Let go of answers that are about another network."""
        self.explanation_of.cache_clear()
        self._shown, self._is_unfit = None, True
        self.browser.give(self._pack)
        checks.check_loss(self.engine.model)  # it may have been trained to give plain numbers
        self._is_unfit = False

    def _pack(self, *, for_page: bool = False) -> Packed:
        self._check_browser()
        checks.check_loss(self.engine.model)
        pictures = self._pictures()
        return pack(self.engine, self.network, pictures, self._white, for_page=for_page)

    def _check_browser(self) -> None:
        if not self.answered_by_browser:
            raise NotInBrowser(WORDS["kernel_answers"].format(explorer=type(self).__name__))

    def _compute(self, key: Hashable, target: int | None, method: str = "gradcam") -> Explanation:
        """Explain a picture at all layers, so that another layer needs no new call."""
        for view in self.views:
            view.busy = True
        targets = np.array([PREDICTED if target is None else target])
        traced_pass = self.engine.trace(None)
        return Explanation(
            *self.engine.run(traced_pass, self._batch(key), targets, METHODS[method])
        )

    def _prepare(self, key: Hashable) -> np.ndarray:
        image = self._image_of(key)
        if self.network:
            is_picture = isinstance(image, Image.Image)
            return self.network.preprocess(image if is_picture else to_picture(image, self._white))
        return np.asarray(image, np.float32)[np.newaxis]

    def _encode(self, key: Hashable) -> bytes:
        return encode_png(self._image_of(key), self._white, LARGEST)

    def _tell(self, error: Exception) -> None:
        """Show what went wrong, in place of words about another state."""
        self._shown = None  # so that the same question can be asked again
        self.log.error("%s shows an error", type(self).__name__, exc_info=error)
        explains_itself = isinstance(error, ValueError | TypeError | RuntimeError)
        words = str(error) if explains_itself else f"{type(error).__name__}: {error}"
        self.caption.value = ""
        self.message.value = f"<span role='alert'>{html.escape(words)}</span>"
        self._rest()

    def _rest(self) -> None:
        for view in self.views:
            view.busy = False

    def _ask(self, question: Callable[[], Value]) -> Value:
        """Answer what a cell asks about the present state and the present network."""
        with self._lock:
            if self._network_has_changed() or self._is_unfit:
                self._forget()
            try:
                return question()
            finally:
                self._rest()

    # For a subclass and its parts

    @property
    def look(self) -> figures.Look:
        """How a figure shows picture and heatmap, besides colours."""
        return {"paper": self.paper, "contours": self.contours}

    @observe("layer")
    def _show_field(self, _change: dict) -> None:
        """Tell the views what the cells of the present layer see."""
        for view in self.views:
            view.receptive_field = self._fields.get(self.layer, ())

    def show_bars(self, probabilities: np.ndarray, explained: int, label: int = -1) -> None:
        """Show at the control of `target` how likely each class is, and which one is explained."""
        if bars := self.controls.get("target"):
            with bars.hold_sync():
                bars.probabilities = probabilities.astype("<f4").tobytes()
                bars.explained, bars.label = explained, label

    def fill_strips(self, explanation: Explanation) -> None:
        """Show layers and pictures, where the browser has no network to do it itself."""
        if strip := self.controls.get("layer_strip"):
            strip.show_layers({name: maps[0] for name, maps in explanation.heatmaps.items()})
        if strip := self.controls.get("index_strip"):
            names = self._picture_names or [str(each) for each in range(len(self.images))]
            strip.show_samples(self.index, self.images, names, self._white)

    def small_picture(self, key: Hashable) -> Image.Image:
        """Return a picture at the size that the view got, which is enough for a figure."""
        return Image.open(io.BytesIO(self.png(key)))

    def warning(self, methods: Sequence[str]) -> str:
        """Say of which methods the maps are largely chance at the present layer."""
        by_chance = [WORDS.get(method, method) for method in methods if method in DIVIDE_BY_SUMS]
        if not by_chance or not lacks_activation(named_layers(self.engine.model)[self.layer]):
            return ""
        return WORDS["chance"].format(layer=self.layer, methods=WORDS["and"].join(by_chance))

    # What a page and a cell see

    def __repr__(self) -> str:
        """Return the class and its state."""
        state = ", ".join(f"{name}={getattr(self, name)!r}" for name in (*self.asked, *self.drawn))
        return f"{type(self).__name__}({state})"

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the present figure, for pages where no widget is alive."""
        bundle = super()._repr_mimebundle_(**options)
        self._redraw(also_for_python=True)  # for pages without the browser's half
        with suppress(Exception):  # the widget itself says what went wrong
            figure = figures.to_png(self._ask(self._figure))
            bundle |= {"image/png": base64.b64encode(figure).decode()}
        return bundle

    def _ipython_display_(self) -> None:
        display_with_still(self, html.unescape(self.caption.value))

    def save(self, path: str | Path, *, network: bool | None = None) -> Path:
        """Write the figure to a file, whole or not at all; its ending chooses the format.

        With the ending ``.html`` the file is a page with the explorer itself: it opens in any
        browser, and its controls are answered without a kernel and without any network.

        Parameters
        ----------
        path : str or Path
        network : bool, optional
            Whether the weights go into a page, so that everything can be asked there, or heatmaps
            of the pictures as they are, for the five likeliest classes of each. By default the
            weights if they take at most 4 MB, and else whichever is smaller.

        Raises
        ------
        ValueError
            If the ending names no format, or the page cannot have what was asked for.
        OSError
            If the file cannot be written; an older file of that name then stays as it was.
        """
        if Path(path).suffix.lower() != ".html":
            return figures.save(self._ask(self._figure), path)
        with self._lock:
            more = self.values_for_page(network=network)
            return write_page(self, path, f"Grad-CAM: {self.engine.model.name}", more)

    def values_for_page(self, *, network: bool | None = None) -> dict[str, dict]:
        """Return by model what a page without a kernel needs besides the state; see `save`."""
        self._redraw(also_for_python=True)
        with self._lock:
            whole = partial(self._pack, for_page=True)
            return self.browser.for_page(whole, self._record, network)

    def _record(self) -> Packed:
        """Compute what a page without the network can be asked."""
        self._check_browser()
        columns, pictures = self.browser.facts["columns"], self._pictures()
        by_default = list(METHODS) if "method" in self.asked else ["gradcam"]
        methods = [column["method"] for column in columns if "method" in column] or by_default
        targets = [column["target"] for column in columns if "target" in column]
        batches = [self._prepare(i) for i in range(len(pictures))]
        packed = pack_pictures(pictures, self._white, self.network)
        return record(self.engine, batches, targets, methods, packed)

    def close(self) -> None:
        """Take the explorer and its controls off the page, and let go of network and pictures."""
        self.unobserve_all()
        if self._shell:
            self._shell.events.unregister("post_run_cell", self._redraw)
            self._shell = None
        _, *parts = parts_of(self)
        for part in parts:
            part.close()
        super().close()
        self.__dict__.update(dict.fromkeys(self.__dict__.keys() & HELD, Closed()))

    # What is checked once

    def _check_images(self, images: Images, *, has_images: bool) -> tuple[Images, int | None]:
        """Validate the images; return them and the white that they have in common."""
        expected = checks.input_shape(self.engine.model)
        if len(expected) != 3:
            spatial_layers(self.engine.model)  # says what to do, where there are none
        if not has_images:  # a picture is drawn, or chosen later
            return (), None
        images = checks.check_pictures(images, None if self.network else expected)
        return images, common_white(images)

    def _check_class_names(self, names: Sequence[str] | None) -> list[str]:
        classes = self.engine.classes
        if names is None and self.network:
            names = self.network.class_names
        return checks.check_class_names(range(classes) if names is None else names, classes)

    def _first_layer(self) -> str:
        """Return the layer to begin with: the network's own choice, or the customary one."""
        customary = last_convolutional_layer(self.engine.model, self.engine.output)
        wanted = self.network.last_conv if self.network else customary
        return wanted if wanted in self.layers else self.layers[-1]


def on_one_scale(explanation: Explanation, layer: str) -> np.ndarray:
    """Return a layer's heatmap (h', w') on a scale that reaches 1 at the strongest layer only."""
    heatmap = explanation.heatmaps[layer][0]
    strongest = max(signed.max() for signed in explanation.signed.values())
    return heatmap * explanation.signed[layer].max() / strongest if heatmap.any() else heatmap


def heatmap_of(explanation: Explanation, layer: str, same_scale: bool) -> np.ndarray:
    """Return a layer's heatmap (h', w'), on its own or a common scale."""
    return on_one_scale(explanation, layer) if same_scale else explanation.heatmaps[layer][0]


def are_ink(images: Images) -> bool:
    """Tell whether pictures are white ink on black, as MNIST's digits are."""
    return isinstance(images, np.ndarray) and images.shape[-1] == 1 and not np.median(images)


def lacks_activation(layer: keras.Layer) -> bool:
    """Tell whether a layer's values may have either sign, and a channel's sum be nearly zero."""
    activation = getattr(layer, "activation", None)
    return activation is keras.activations.linear or isinstance(layer, LINEAR)


def parts_of(widget: widgets.Widget) -> list[widgets.Widget]:
    """Return a widget and all that belong to it: its children, its layout and its style."""
    named = [getattr(widget, name, None) for name in ("layout", "style")]
    parts = [each for each in named if each is not None] + list(getattr(widget, "children", ()))
    return [widget, *(each for part in parts for each in parts_of(part))]
