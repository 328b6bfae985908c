"""How a control and a trait stay equal, whichever of them is moved, and in whichever thread."""

from collections.abc import Callable, Sequence
from functools import partial

import ipywidgets as widgets
from traitlets import HasTraits, TraitError

CONTROL = {"width": "390px", "max_width": "calc(100% - 4px)"}  # less its margins of 2 pixels
LABEL = {"description_width": "90px"}
UNDER_CONTROLS = {"margin": "2px 2px 2px 96px"}  # begins where the controls themselves begin
ROW = {"flex_flow": "row wrap", "max_width": "100%"}  # wraps where the page is narrow
GROUPS = ROW | {"grid_gap": "8px 24px"}


def connect(
    owner: HasTraits,
    trait: str,
    control: widgets.Widget,
    *,
    to_control: Callable = lambda value: value,
    to_trait: Callable = lambda value: value,
    views: Sequence[widgets.Widget] = (),
    view_trait: str = "",
) -> widgets.Widget:
    """Name a control after a trait, keep both equal, and return the control.

    A control may also move a trait of some views, and it does so in the browser, without the
    kernel. Python sets that trait only where Python itself has moved the control: for a page in
    which nothing is alive.
    """
    control.description = trait.replace("_", " ")
    for part, settings in ((control.style, LABEL), (control.layout, CONTROL)):
        for name, value in settings.items():
            part.set_trait(name, value)
    control.add_class(f"gradcam-{trait.replace('_', '-')}")
    source = "index" if isinstance(control, widgets.Dropdown) else "value"

    def follow() -> None:
        for view in views:
            setattr(view, view_trait, getattr(control, source))

    for view in views:
        link = widgets.jsdlink((control, source), (view, view_trait))
        control.observe(partial(_close_with, link), "comm")
    keep_equal(owner, trait, control, "value", to_control, to_trait, follow)
    return control


def _close_with(link: widgets.Widget, change: dict) -> None:
    if change["new"] is None:  # its control was closed
        link.close()


def keep_equal(
    owner: HasTraits,
    trait: str,
    control: widgets.Widget,
    value: str,
    to_control: Callable = lambda value: value,
    to_trait: Callable = lambda value: value,
    when_python_moved: Callable[[], None] = lambda: None,
) -> None:
    """Keep the trait `value` of a control equal to a trait of its owner, whichever moves.

    Callbacks of several threads may overlap. So each direction reads the value of the moment, and
    a value that came from the control is never written back to it: by then the hand may have
    moved on.
    """
    reported = to_control(getattr(owner, trait))
    setattr(control, value, reported)

    def control_moved(_change: dict) -> None:
        nonlocal reported
        reported = getattr(control, value)
        setattr(owner, trait, to_trait(reported))

    def trait_set(_change: dict) -> None:
        wanted = to_control(getattr(owner, trait))
        if wanted != reported:
            setattr(control, value, wanted)
            when_python_moved()

    control.observe(control_moved, value)
    owner.observe(trait_set, trait)


def refuse(check: Callable, proposal: dict) -> object:
    """Let a check's ValueError reach the user as traitlets' own error."""
    try:
        return check(proposal["value"])
    except ValueError as error:
        raise TraitError(str(error)) from error
