"""The traits of explorers: which values each takes, and the control that moves it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

import ipywidgets as widgets
from ipywidgets.widgets.widget_description import DescriptionWidget
from traitlets import Bool, Float, HasTraits, Int, TraitError, TraitType, Unicode

from gradcam_lab import _checks as checks
from gradcam_lab._language import say
from gradcam_lab._survey import check_layers
from gradcam_lab.cam import GradCAM
from gradcam_lab.widgets.class_bars import ClassBars
from gradcam_lab.widgets.words import LABELS, WORDS

COLORMAPS = ("jet", "turbo", "viridis", "cividis", "inferno", "magma", "gray", "OrRd")
CONTROL = {"width": "calc(100% - 4px)"}  # less its margins of 2 pixels
LABEL = {"description_width": "76px"}
ROW = {"flex_flow": "row wrap", "max_width": "100%"}  # wraps where the page is narrow

Value = TypeVar("Value")


class Asking(Protocol):
    """What traits and controls need from their explorer."""

    engine: GradCAM
    images: checks.Images
    layers: Sequence[str]
    class_names: Sequence[str]
    views: Sequence[widgets.Widget]
    asked: tuple[str, ...]
    drawn: tuple[str, ...]
    controls: dict[str, widgets.Widget]
    are_ink: bool

    def traits(self) -> dict[str, TraitType]:
        """Return its traits by their names, as any `HasTraits`."""

    def set_trait(self, name: str, value: object) -> None:
        """Set a trait."""

    def observe(self, handler: Callable, names: str) -> None:
        """Call a function when a trait changes."""


class Index(Int):
    """Which of the images."""

    def validate(self, explorer: Asking, value: object) -> int:
        """Validate the index: some image has it."""
        index = int(super().validate(explorer, value))  # True would be a mask
        if not 0 <= index < len(explorer.images):
            raise TraitError(
                say(
                    "there is no image {index}: give 0 to {last}",
                    index=index,
                    last=len(explorer.images) - 1,
                )
            )
        return index

    def control(self, explorer: Asking) -> widgets.Widget | None:
        """Make a slider over all images, where there are several."""
        if len(explorer.images) == 1:
            return None
        return widgets.IntSlider(min=0, max=len(explorer.images) - 1)


class Layer(Unicode):
    """The name of the layer whose heatmap is shown."""

    def validate(self, explorer: Asking, value: object) -> str:
        """Validate the name of a layer that can be explained."""
        name = super().validate(explorer, value)
        if name not in explorer.layers:
            checked(partial(check_layers, model=explorer.engine.model), [name])
            raise TraitError(
                say(
                    "layer {name!r} cannot be explained here: it has one place only, runs "
                    "more than once, or has no gradient. There are: {names}",
                    name=name,
                    names=", ".join(explorer.layers),
                )
            )
        return name

    def control(self, explorer: Asking) -> widgets.Widget:
        """Make a slider from the first layer to the last."""
        return widgets.SelectionSlider(options=explorer.layers)


class Target(Int):
    """The class to explain; None, the predicted one, would be an empty choice in a list."""

    conversions: Mapping[str, Callable] = {
        "to_control": lambda target: checks.PREDICTED if target is None else target,
        "to_trait": lambda choice: None if choice == checks.PREDICTED else choice,
    }

    def __init__(self) -> None:
        super().__init__(None, allow_none=True, help="class to explain; None is the predicted one")

    def validate(self, explorer: Asking, value: object) -> int:
        """Validate the number of a class."""
        target = super().validate(explorer, value)
        checked(checks.check_targets, target, 1, len(explorer.class_names))
        return target

    def control(self, explorer: Asking) -> widgets.Widget:
        """Make a bar for each class, or for the likeliest."""
        return ClassBars(explorer.class_names)


class Choice(Unicode):
    """One of several names; an object with a name, such as a colormap, is accepted, too."""

    def __init__(self, what: str, names: Sequence[str]) -> None:
        super().__init__(names[0], help=f"name of the {what}")
        self._what, self._names = what, tuple(names)

    def validate(self, explorer: HasTraits, value: object) -> str:
        """Validate the name."""
        name = super().validate(explorer, getattr(value, "name", value))
        checked(checks.check_name, self._what, name, self._names)
        return name

    def control(self, _explorer: Asking) -> widgets.Widget:
        """Make a list of the names."""
        return widgets.Dropdown(options=[(WORDS.get(name, name), name) for name in self._names])


class Share(Float):
    """A number from 0 to 1; `check` says in words what is wrong with another one."""

    def __init__(self, default: float, check: Callable, help: str | None = None) -> None:
        super().__init__(default, help=help)
        self._check = check

    def validate(self, owner: HasTraits, value: object) -> float:
        """Validate the number."""
        number = super().validate(owner, value)
        if not 0 <= number <= 1:  # NaN fails this, too
            checked(self._check, number)
        return number

    def control(self, _explorer: Asking) -> widgets.Widget:
        """Make a slider from 0 to 1."""
        return widgets.FloatSlider(max=1, step=0.05)


class Switch(Bool):
    """Off or on."""

    def control(self, _explorer: Asking) -> widgets.Widget:
        """Make a box to tick."""
        return widgets.Checkbox(indent=False)


class Paper(Switch):
    """Whether white ink on black is shown as black ink on white: nothing else offers it."""

    def control(self, explorer: Asking) -> widgets.Widget | None:
        """Make a box to tick, where the pictures are ink."""
        return super().control(explorer) if explorer.are_ink else None


class SameScale(Switch):
    """Whether the maximum over all layers scales every layer."""


class Swipe(Switch):
    """Whether one large overlay with a divider stands in place of the panels."""


def checked(check: Callable[..., Value], *values: object) -> Value:
    """Return what a check returns; its ValueError reaches the user as traitlets' own error."""
    try:
        return check(*values)
    except ValueError as error:
        raise TraitError(str(error)) from error


def arrange(
    explorer: Asking, shown: Sequence[widgets.Widget], above: Sequence[widgets.Widget] = ()
) -> widgets.Widget:
    """Set the controls of an explorer beside what they change.

    First comes what is asked, below other controls, and then how the answer is drawn. A control
    that has been made already stands elsewhere.
    """
    elsewhere = explorer.controls.keys()
    asked = make_controls(explorer, [name for name in explorer.asked if name not in elsewhere])
    if "index" in explorer.controls:
        steps = [make_button(explorer, name, WORDS[name]) for name in ("previous", "next")]
        asked.insert(1, row_of(steps))
    others = [name for name in explorer.drawn if name not in elsewhere]
    drawn = make_controls(explorer, others, explorer.views)
    safe = make_button(explorer, "colour-blind-safe", WORDS["safe"])
    course = [make_button(explorer, "course", WORDS["course"])] if explorer.are_ink else []
    buttons = row_of([safe, *course, make_button(explorer, "save", WORDS["save"])])
    controls = [*asked, *drawn]
    switches = [control for control in controls if isinstance(control, widgets.Checkbox)]
    others = [control for control in controls if control not in switches]
    hand = widgets.VBox([*above, *others, row_of(switches, "switches"), buttons])
    stage = widgets.HBox([widgets.VBox(shown), hand])
    for part, name in zip((stage, *stage.children), ("stage", "show", "hand"), strict=True):
        part.add_class(f"gradcam-{name}")
    return stage


def row_of(parts: Sequence[widgets.Widget], name: str = "buttons") -> widgets.Widget:
    """Set small controls side by side."""
    row = widgets.HBox(parts)
    row.add_class(f"gradcam-{name}")
    return row


def make_button(explorer: Asking, name: str, words: str, **traits: object) -> widgets.Button:
    """Make a button whose work the browser does: see browser_half.js."""
    button = widgets.Button(description=words, **traits)
    button.add_class(f"gradcam-{name}")
    explorer.controls[name] = button
    return button


def make_controls(
    explorer: Asking, names: Sequence[str], views: Sequence[widgets.Widget] = ()
) -> list[widgets.Widget]:
    """Make the control of each trait that has one; it also moves that trait of some views."""
    traits = explorer.traits()
    made = {}
    for name in names:
        trait = traits[name]
        control = trait.control(explorer) if hasattr(trait, "control") else None
        if control is not None:
            made[name] = connect(
                explorer,
                name,
                control,
                **getattr(trait, "conversions", {}),
                views=views,
                view_trait="colormap_index" if name == "colormap" else name,
            )
    explorer.controls |= made
    return list(made.values())


def connect(
    owner: HasTraits | Asking,
    trait: str,
    control: widgets.Widget,
    *,
    to_control: Callable | None = None,
    to_trait: Callable | None = None,
    views: Sequence[widgets.Widget] = (),
    view_trait: str = "",
) -> widgets.Widget:
    """Name a control after a trait, keep both equal, and return the control.

    A control may also move a trait of some views, and it does so in the browser, without the
    kernel. Python sets that trait only where Python itself has moved the control: for a page
    that has no kernel.
    """
    if isinstance(control, DescriptionWidget):
        control.description = LABELS.get(trait, trait.replace("_", " "))
        for part, settings in ((control.style, LABEL), (control.layout, CONTROL)):
            for name, value in settings.items():
                part.set_trait(name, value)
    control.add_class(f"gradcam-{trait.replace('_', '-')}")
    source = "index" if isinstance(control, widgets.Dropdown) else "value"

    def move_views() -> None:
        for view in views:
            setattr(view, view_trait, getattr(control, source))

    for view in views:
        link = widgets.jsdlink((control, source), (view, view_trait))
        control.observe(partial(close_with, link), "comm")
    keep_equal(owner, trait, control, "value", to_control, to_trait, move_views)
    move_views()
    return control


def close_with(link: widgets.Widget, change: dict) -> None:
    """Close a link together with the widget whose `comm` has changed."""
    if change["new"] is None:  # its control was closed
        link.close()


def keep_equal(
    owner: HasTraits | Asking,
    trait: str,
    control: HasTraits,
    value: str,
    to_control: Callable | None = None,
    to_trait: Callable | None = None,
    when_python_moved: Callable[[], None] = lambda: None,
) -> None:
    """Keep the trait `value` of a control equal to a trait of its owner, whichever moves.

    Callbacks of several threads may overlap. So each direction reads the value of the moment, and
    a value that came from the control is never written back to it: by then the hand may have
    moved on.
    """
    set_by_owner = getattr(owner, trait)
    reported = to_control(set_by_owner) if to_control else set_by_owner
    setattr(control, value, reported)

    def control_moved(_change: dict) -> None:
        nonlocal reported
        reported = getattr(control, value)
        setattr(owner, trait, to_trait(reported) if to_trait else reported)

    def trait_set(_change: dict) -> None:
        wanted = getattr(owner, trait)
        wanted = to_control(wanted) if to_control else wanted
        if wanted != reported:
            setattr(control, value, wanted)
            when_python_moved()

    control.observe(control_moved, value)
    owner.observe(trait_set, trait)
