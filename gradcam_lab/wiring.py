"""How a control and a trait stay equal, whichever of them is moved, and in whichever thread."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets
from traitlets import HasTraits

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
    """Keep a control and a trait equal, and return the control.

    Callbacks of several threads may overlap. So each direction reads the value of the moment, and
    a value that came from the control is never written back to it: by then the hand may have
    moved on.

    A control may also move a trait of some views, and it does so in the browser, without the
    kernel. Python sets that trait only where Python itself has moved the control: for a page in
    which nothing is alive.
    """
    control.description = trait.replace("_", " ")
    control.style, control.layout = LABEL, CONTROL
    control.add_class(f"gradcam-{trait.replace('_', '-')}")
    control.value = reported = to_control(getattr(owner, trait))
    source = "index" if isinstance(control, widgets.Dropdown) else "value"
    for view in views:
        widgets.jsdlink((control, source), (view, view_trait))

    def control_moved(_change: dict) -> None:
        nonlocal reported
        reported = control.value
        setattr(owner, trait, to_trait(reported))

    def trait_set(_change: dict) -> None:
        value = to_control(getattr(owner, trait))
        if value != reported:
            control.value = value
            for view in views:
                setattr(view, view_trait, getattr(control, source))

    control.observe(control_moved, "value")
    owner.observe(trait_set, trait)
    return control
