"""What the explorers share: the traits that are their state, and the controls that move them."""

import base64
import html
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import RLock

import ipywidgets as widgets
import numpy as np
from PIL import Image
from traitlets import Float, Int, TraitError, Unicode, validate

from gradcam_lab import views
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import Explanation, GradCAM, check_targets
from gradcam_lab.compiled_pass import PREDICTED
from gradcam_lab.methods import METHODS
from gradcam_lab.networks import check_layers, last_convolutional_layer, spatial_layers
from gradcam_lab.overlay import check_alpha, save_picture
from gradcam_lab.pretrained import PretrainedNetwork

COLORMAPS = ("jet", "turbo", "viridis", "cividis", "inferno", "magma", "gray")
CONTROL = {"width": "420px", "max_width": "calc(100% - 4px)"}  # less its margins of 2 pixels
LABEL = {"description_width": "70px"}
UNDER_CONTROLS = {"margin": "2px 2px 2px 76px"}  # begins where the controls themselves begin
ROW = {"flex_flow": "row wrap", "max_width": "100%"}  # wraps where the page is narrow
STYLE = """<style>
.gradcam-layer .widget-readout { width: 150px; flex: none; }  /* the track keeps its length */
.gradcam-caption .widget-html-content { line-height: 1.4; min-height: 2.8em; }
</style>"""


class HeatmapExplorer(widgets.VBox):
    """What the explorers share: a model, pictures, and the controls that concern any heatmap.

    A subclass adds the traits that choose pictures, lists all traits in `state`, and says how to
    draw them (`_figure`, `_describe`). Callbacks may run in several threads at once: one lock
    holds computing and drawing together, and whoever gets it draws the state of that moment, so
    that the latest state is what stays.
    """

    layer = Unicode(help="name of the layer whose heatmap is shown")
    alpha = Float(0.4, help="opacity of the heatmap, 0 to 1")
    target = Int(None, allow_none=True, help="class to explain; None is the predicted one")
    method = Unicode("gradcam", help="name of the CAM method")
    colormap = Unicode("jet", help="name of the colormap")
    state: tuple[str, ...] = ("layer", "alpha", "target", "method", "colormap")

    def __init__(
        self,
        model: keras.Model | PretrainedNetwork | GradCAM,
        images: Sequence[Image.Image | np.ndarray] | np.ndarray,
        labels: Sequence[int] | None,
        class_names: Sequence[str] | None,
    ) -> None:
        if isinstance(images, Image.Image | str | Path):
            raise TypeError("images is not a list of pictures: give [Image.open(path)]")
        if len(images) == 0:
            raise ValueError("there are no images to explore: give at least one")
        self._network = model if isinstance(model, PretrainedNetwork) else None
        model = self._network.model if self._network else model
        self._engine = model if isinstance(model, GradCAM) else GradCAM(model)
        self._images = images
        self._layers = spatial_layers(self._engine.model)
        self._class_names = self._check_class_names(class_names)
        self._labels = self._check_labels(labels)
        self._explain = lru_cache(maxsize=16)(self._compute)
        self._lock = RLock()
        self._drawn: tuple | None = None
        self._view = widgets.Image(format="png", layout={"max_width": "100%"})
        self._view.add_class("gradcam-view")
        self._caption, self._message = widgets.HTML(), widgets.HTML()
        self._caption.add_class("gradcam-caption")
        super().__init__(layer=last_convolutional_layer(self._engine.model))
        self.observe(self._redraw, list(self.state))

    def __repr__(self) -> str:
        """Return the class and its state."""
        state = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.state)
        return f"{type(self).__name__}({state})"

    def _repr_mimebundle_(self, **options: object) -> dict:
        """Add the present figure, for pages where no widget is alive."""
        figure = {"image/png": base64.b64encode(self._view.value).decode()}
        return super()._repr_mimebundle_(**options) | figure

    def save(self, path: str | Path) -> Path:
        """Write the figure to a file, whole or not at all; its ending chooses the format."""
        with self._lock:
            return save_picture(self._figure(), path)

    # Drawing

    def _figure(self) -> Image.Image:
        raise NotImplementedError

    def _describe(self) -> str:
        raise NotImplementedError

    def _redraw(self, _change: object = None) -> None:
        """Draw the state of this moment, unless the view shows it already."""
        with self._lock:
            state = tuple(getattr(self, name) for name in self.state)
            if state != self._drawn:
                self._drawn = state
                self._attempt(self._draw)

    def _draw(self) -> str:
        self._view.value = views.to_png(self._figure())
        self._caption.value = self._describe()
        return ""

    def _attempt(self, action: Callable[[], str]) -> None:
        """Show what an action says, or why it failed: an error in a callback shows nowhere else."""
        try:
            self._message.value = html.escape(action())
        except Exception as error:
            self._message.value = (
                "<span role='alert' style='color:var(--jp-error-color1,#b00020)'>"
                f"{html.escape(str(error))}</span>"
            )

    def _compute(self, index: int, target: int | None, method: str) -> Explanation:
        """Explain one picture at all layers, so that another layer needs no model call."""
        image = self._images[index]
        batch = self._network.preprocess(image) if self._network else np.asarray(image)[np.newaxis]
        return self._engine.explain(batch, target, method=method)

    # Controls

    def _heatmap_controls(self) -> list[widgets.Widget]:
        classes = [(name, index) for index, name in enumerate(self._class_names)]
        return [
            self._control("layer", widgets.SelectionSlider(options=self._layers)),
            self._control("alpha", widgets.FloatSlider(min=0, max=1, step=0.05)),
            self._control(
                "target",
                widgets.Dropdown(options=[("the predicted class", PREDICTED), *classes]),
                to_control=lambda target: PREDICTED if target is None else target,
                to_trait=lambda choice: None if choice == PREDICTED else choice,
            ),
            self._control("method", widgets.Dropdown(options=list(METHODS))),
            self._control("colormap", widgets.Dropdown(options=COLORMAPS)),
        ]

    def _control(
        self,
        trait: str,
        control: widgets.Widget,
        to_control: Callable = lambda value: value,
        to_trait: Callable = lambda value: value,
    ) -> widgets.Widget:
        """Keep a control and a trait equal.

        Callbacks of several threads may overlap. So each direction reads the value of the moment,
        and a value that came from the control is never written back to it: by then the hand may
        have moved on.
        """
        control.description, control.style, control.layout = trait, LABEL, CONTROL
        control.add_class(f"gradcam-{trait}")
        control.value = reported = to_control(getattr(self, trait))

        def control_moved(_change: dict) -> None:
            nonlocal reported
            reported = control.value
            setattr(self, trait, to_trait(reported))

        def trait_set(_change: dict) -> None:
            value = to_control(getattr(self, trait))
            if value != reported:
                control.value = value

        control.observe(control_moved, "value")
        self.observe(trait_set, trait)
        return control

    def _save_controls(self) -> widgets.Widget:
        file = widgets.Text("cam.png", layout={"width": "200px"}, description="file", style=LABEL)
        button = widgets.Button(description="Save picture", icon="download")
        button.add_class("gradcam-save")
        button.on_click(lambda _: self._attempt(lambda: f"saved {self.save(file.value)}"))
        return widgets.HBox([file, button], layout=ROW)

    # Validation: a value from Python is refused early, with the remedy

    @validate("layer")
    def _check_layer(self, proposal: dict) -> str:
        if proposal["value"] not in self._layers:
            _refuse(lambda name: check_layers([name], self._engine.model), proposal)
        return proposal["value"]

    @validate("alpha")
    def _check_alpha(self, proposal: dict) -> float:
        return _refuse(check_alpha, proposal)

    @validate("target")
    def _check_target(self, proposal: dict) -> int | None:
        if proposal["value"] is not None:
            _refuse(lambda target: check_targets(target, 1, len(self._class_names)), proposal)
        return proposal["value"]

    @validate("method", "colormap")
    def _check_choice(self, proposal: dict) -> str:
        trait, name = proposal["trait"].name, proposal["value"]
        choices = METHODS if trait == "method" else COLORMAPS
        if name not in choices:
            raise TraitError(f"no {trait} {name!r}; there are: {', '.join(choices)}")
        return name

    def _check_index(self, index: int) -> int:
        if not 0 <= index < len(self._images):
            raise TraitError(f"there is no image {index}: give 0 to {len(self._images) - 1}")
        return index

    def _check_class_names(self, names: Sequence[str] | None) -> list[str]:
        classes = self._engine.classes
        if names is None:
            names = self._network.class_names if self._network else range(classes)
        if len(names) != classes:
            raise ValueError(f"{len(names)} class names for {classes} classes: give one for each")
        return [str(name) for name in names]

    def _check_labels(self, labels: Sequence[int] | None) -> np.ndarray | None:
        if labels is None:
            return None
        labels, n, classes = np.asarray(labels), len(self._images), len(self._class_names)
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


def _refuse(check: Callable, proposal: dict) -> object:
    """Let a check's ValueError reach the user as traitlets' own error."""
    try:
        return check(proposal["value"])
    except ValueError as error:
        raise TraitError(str(error)) from error
