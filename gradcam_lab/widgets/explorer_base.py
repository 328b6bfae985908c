"""What all explorers share: the traits that are their state, and how a change of state is shown."""

import base64
import html
import io
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from threading import RLock
from typing import NoReturn

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from traitlets import Bool, Float, HasTraits, Int, TraitError, Unicode, validate

from gradcam_lab._checks import (
    Images,
    check_alpha,
    check_class_names,
    check_container,
    check_name,
    check_pictures,
    check_shapes,
    check_targets,
    check_threshold,
    input_shape,
)
from gradcam_lab._pictures import common_white, to_picture
from gradcam_lab._score_cam import SCORE_CAM, Progress
from gradcam_lab._survey import check_layers
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM
from gradcam_lab.hooks import named_layers
from gradcam_lab.layers import last_convolutional_layer, spatial_layers
from gradcam_lab.methods import DIVIDE_BY_SUMS, METHODS
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets import figures
from gradcam_lab.widgets.controls import ONLY_IN_BROWSER, Controls
from gradcam_lab.widgets.explanations import MOST, Explanations, Request
from gradcam_lab.widgets.heatmap_view import COLORMAPS, HeatmapView, encode
from gradcam_lab.widgets.slow_work import SlowWork
from gradcam_lab.widgets.still import display_with_still
from gradcam_lab.widgets.wiring import refuse

HELD = {  # until closed
    *("_engine", "_network", "_images", "_explanations", "_encoded", "_batch", "_terms"),
}


class NameOfColormap(Unicode):
    """The name of a colormap, also of one that is given itself."""

    def validate(self, owner: HasTraits, value: object) -> str:
        """Return the name, or refuse it."""
        return super().validate(owner, getattr(value, "name", value))


LINEAR = (
    *(keras.layers.BatchNormalization, keras.layers.Add),
    *(keras.layers.Subtract, keras.layers.Average),
)


def lacks_activation(layer: keras.Layer) -> bool:
    """Tell whether a layer's values may have either sign, and a channel's sum be nearly zero."""
    activation = getattr(layer, "activation", None)
    return activation is keras.activations.linear or isinstance(layer, LINEAR)


class Closed:
    """Stands in place of what a closed explorer has let go of."""

    def refuse(self, *_: object) -> NoReturn:
        """Say what to do instead of using the explorer."""
        raise RuntimeError("this explorer was closed: make a new one")

    __getattr__ = __call__ = __len__ = __getitem__ = refuse


class HeatmapExplorer(Controls, widgets.VBox):
    """What all explorers share: a model, and the controls that concern any heatmap.

    A subclass lists in `state` the traits that are its own, and says which explanations they ask
    for (`_requests`), how to show them (`_show`) and how to draw them where no widget is alive
    (`_figure`). Callbacks may run in several threads at once: one lock holds computing and showing
    together, and whoever gets it shows the state of that moment, so that the latest state stays.
    """

    layer = Unicode(help="name of the layer whose heatmap is shown")
    target = Int(None, allow_none=True, help="class to explain; None is the predicted one")
    method = Unicode("gradcam", help="name of the CAM method")
    same_scale = Bool(False, help="whether the maximum over all layers scales every layer")
    alpha = Float(0.4, help="opacity of the heatmap, 0 to 1")
    colormap = NameOfColormap("jet", help="name of the colormap")
    threshold = Float(0.0, help="values of the heatmap below it are hidden, 0 to 1")
    swipe = Bool(False, help="whether one large overlay with a divider stands for the panels")
    state: tuple[str, ...] = ("layer", "target", "method", "same_scale", *ONLY_IN_BROWSER)
    method_choices: tuple[str, ...] = (*METHODS, SCORE_CAM)
    _slow_work: SlowWork | None = None
    _images: Images  # where there are several, one of which is shown at a time
    _white: int | None = None  # the value that they have in common

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        class_names: Sequence[str] | None,
        heatmap_views: Sequence[HeatmapView],
    ) -> None:
        self._network = model if isinstance(model, PretrainedNetwork) else None
        model = self._network.model if self._network else model
        self._engine = model if isinstance(model, GradCAM) else GradCAM(model)
        self._check_images()
        self._layers = self._engine.layers
        self._class_names = self._check_class_names(class_names)
        self._views = heatmap_views
        self._lock = RLock()
        self._shown: tuple | None = None
        most = max(MOST, 2 * len(heatmap_views))  # a comparison's columns are kept together
        self._encoded = lru_cache(maxsize=64)(self._encode)
        self._batch = lru_cache(most)(self._batch)  # a large photograph is resized only once
        self._explanations = Explanations(
            self._engine, self._batch, partial(self._set_busy, True), most
        )
        self._caption, self._message = widgets.HTML(), widgets.HTML()
        self._caption.add_class("gradcam-caption")
        self._slow_work = SlowWork("Score-CAM", self._cancel)
        super().__init__(layer=self._first_layer())
        self.add_class("gradcam-lab")
        self.observe(self._redraw, [name for name in self.state if name not in ONLY_IN_BROWSER])

    def __repr__(self) -> str:
        """Return the class and its state."""
        state = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.state)
        return f"{type(self).__name__}({state})"

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the present figure, for pages where no widget is alive."""
        bundle = super()._repr_mimebundle_(**options)
        self._redraw()  # the network may have been trained since
        with suppress(Exception):  # the widget itself says what went wrong
            if not self._slow_work.running:
                figure = figures.to_png(self._answer(self._figure))
                bundle |= {"image/png": base64.b64encode(figure).decode()}
        return bundle

    def _ipython_display_(self) -> None:
        display_with_still(self, html.unescape(self._caption.value))

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file, whole or not at all; its ending chooses the format."""
        return figures.save(self._answer(self._figure), path)

    def close(self) -> None:
        """Take the explorer and its controls off the page, and let go of network and pictures."""
        if self._slow_work:  # or the construction failed
            self._slow_work.cancel()
            self._slow_work.wait()
        self.unobserve_all()
        for part in parts_of(self):
            widgets.Widget.close(part)
        vars(self).update(dict.fromkeys(vars(self).keys() & HELD, Closed()))

    # What a subclass says

    def _image(self, picture: Hashable) -> Image.Image | np.ndarray:
        raise NotImplementedError

    def _requests(self) -> list[Request]:
        raise NotImplementedError

    def _show(self) -> str:
        raise NotImplementedError

    def _figure(self) -> Figure:
        raise NotImplementedError

    def _cancel(self) -> None:
        """Do what is left to do when Score-CAM was cancelled."""
        self.method = "gradcam"

    # Showing

    def _encode(self, picture: Hashable) -> bytes:
        return encode(self._image(picture), self._white)

    def _small(self, picture: Hashable) -> Image.Image:
        """Return a picture as the view has it, which is large enough for a figure."""
        return Image.open(io.BytesIO(self._encoded(picture)))

    def _redraw(self, _change: object = None) -> None:
        """Show the state of this moment, unless it is shown already."""
        with self._lock:
            traits = [getattr(self, name) for name in self.state if name not in ONLY_IN_BROWSER]
            state = (*traits, self._explanations.version())
            if state != self._shown:
                self._shown = state
                self._show_or_begin()

    def _show_or_begin(self) -> None:
        """Show what is computed quickly or already; begin what takes long."""
        self._slow_work.cancel()
        slow = [each for each in self._requests() if each.method == SCORE_CAM]
        if any(each not in self._explanations for each in slow):
            self._slow_work.begin(partial(self._explain_all, slow))
        else:
            self._attempt(self._show)

    def _explain_all(self, requests: Sequence[Request], progress: Progress) -> None:
        """Compute what takes long; then show it, or why it failed, if it is still wanted."""
        failed = None
        try:
            for request in requests:
                with self._lock:
                    progress(0, 1)  # ends here if it was cancelled
                    self._set_busy(True)
                self._explain(request, progress)
        except Exception as error:
            failed = error
        with self._lock:
            progress(1, 1)  # ends here if the state is another one by now
            if failed:
                self._tell(failed)
            else:
                self._show_or_begin()

    def _attempt(self, action: Callable[..., str], *args: object) -> None:
        """Show what an action says, or why it failed: an error in a callback shows nowhere else."""
        try:
            self._message.value = html.escape(action(*args))
            self._set_busy(False)
        except Exception as error:
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        self._caption.value = ""  # it was about another state
        self._shown = None  # so that the same question can be asked again
        self.log.error("%s shows an error", type(self).__name__, exc_info=error)
        explains_itself = isinstance(error, ValueError | TypeError | RuntimeError)
        words = str(error) if explains_itself else f"{type(error).__name__}: {error}"
        self._message.value = f"<span role='alert'>{html.escape(words)}</span>"
        self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        for view in self._views:
            view.busy = busy

    def _answer(self, question: Callable) -> object:
        """Answer what a cell asks, when Score-CAM is done."""
        self._slow_work.wait()
        try:
            return question()
        finally:
            self._set_busy(False)

    # Explaining

    def _request(self, picture: Hashable, **other: object) -> Request:
        """Ask about a picture what the controls ask, except for what is said otherwise."""
        asked = {"target": self.target, "method": self.method} | other
        return Request(
            picture, **asked, layers=self.layer if asked["method"] == SCORE_CAM else None
        )

    def _explain(self, request: Request, progress: Progress | None = None) -> Explanation:
        """Explain one picture at all layers, so that another layer needs no model call."""
        return self._explanations.get(request, progress)

    def _batch(self, picture: Hashable) -> np.ndarray:
        image = self._image(picture)
        if self._network is None:
            return np.asarray(image)[np.newaxis]
        if not isinstance(image, Image.Image):
            image = to_picture(image, self._white)
        return self._network.preprocess(image)

    def _heatmap(self, explanation: Explanation) -> np.ndarray:
        """Return the heatmap of the present layer, (h', w') in [0, 1]."""
        heatmap = explanation.heatmaps[self.layer][0]
        if self.same_scale and heatmap.any():
            strongest = max(signed.max() for signed in explanation.signed.values())
            heatmap = heatmap * (explanation.signed[self.layer].max() / strongest)
        return heatmap

    def _warning(self, methods: Sequence[str]) -> str:
        """Say which of the methods give maps by chance at the present layer."""
        by_chance = [method for method in methods if method in DIVIDE_BY_SUMS]
        if not by_chance or not lacks_activation(named_layers(self._engine.model)[self.layer]):
            return ""
        return (
            f"; {self.layer} has no activation, and there much of what {' and '.join(by_chance)} "
            "show is chance"
        )

    # Validation: a value from Python is refused early, with the remedy

    @validate("layer", "target", "method", "same_scale", "alpha", "colormap", "threshold", "swipe")
    def _check_trait(self, proposal: dict) -> object:
        name, value = proposal["trait"].name, proposal["value"]
        if name not in self.state:
            offered = ", ".join(self.state)
            raise TraitError(f"{type(self).__name__} has no {name}; it has: {offered}")
        check = {
            "layer": self._check_layer,
            "target": lambda target: check_targets(target, 1, len(self._class_names)),
            "method": lambda method: check_name("method", method, self.method_choices),
            "colormap": lambda colormap: check_name("colormap", colormap, COLORMAPS),
            "alpha": check_alpha,
            "threshold": check_threshold,
        }.get(name, lambda _switch: None)
        if value is not None:
            refuse(check, proposal)
        return value

    def _check_layer(self, layer: str) -> None:
        check_layers([layer], self._engine.model)
        if layer not in self._layers:
            raise ValueError(
                f"layer {layer!r} cannot be explained here: it has one place only, runs more than "
                f"once, or has no gradient. There are: {', '.join(self._layers)}"
            )

    def _check_images(self) -> None:
        """Say what is wrong with the model's input, or with the images for it."""
        expected = input_shape(self._engine.model)
        if len(expected) != 3:
            spatial_layers(self._engine.model)  # says what to do, where there are none
        if "_images" not in vars(self):  # pictures are drawn, or chosen later
            return
        self._images = check_container(self._images)
        if self._network is None:
            check_shapes(self._images, expected)
        check_pictures(self._images)
        self._white = common_white(self._images)

    def _first_layer(self) -> str:
        """Return the layer to begin with: the network's own choice, or the customary one."""
        customary = last_convolutional_layer(self._engine.model, self._engine.output)
        wanted = self._network.last_conv if self._network else customary
        return wanted if wanted in self._layers else self._layers[-1]

    def _check_class_names(self, names: Sequence[str] | None) -> list[str]:
        classes = self._engine.classes
        if names is None:
            names = self._network.class_names if self._network else range(classes)
        return check_class_names(names, classes)


def parts_of(widget: widgets.Widget) -> list[widgets.Widget]:
    """Return a widget and all that belong to it: its children, its layout and its style."""
    named = [getattr(widget, name, None) for name in ("layout", "style")]
    parts = [each for each in named if each is not None] + list(getattr(widget, "children", ()))
    return [widget, *(each for part in parts for each in parts_of(part))]
