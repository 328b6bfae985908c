"""A reference page for each public name, which Sphinx fills from its docstring."""

import inspect
from pathlib import Path
from types import ModuleType

import gradcam_lab

ROOMS = {  # where a name comes from, and the heading that it stands under
    "gradcam_lab.widgets": "Explorers, predictions, games",
    "gradcam_lab.pretrained": "Trained networks",
    "gradcam_lab": "Networks, heatmaps, pictures",
}
MODULES = "Keras and TensorFlow, as `gradcam_lab` imports them: without their start-up messages."
METHODS = (
    "The methods, by the names that ``method=`` takes. Each is a function of feature maps and "
    "their gradients, two tensors (n, h', w', channels), and returns the signed map (n, h', w')."
)


def write_reference(folder: Path) -> None:
    """Write the pages of all public names, and one that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    by_room: dict[str, list[str]] = {room: [] for room in ROOMS.values()}
    for name in gradcam_lab.__all__:
        value = getattr(gradcam_lab, name)
        (folder / f"{name}.rst").write_text(f"{heading(name)}\n{body(name, value)}")
        by_room[room_of(value)].append(name)
    parts = ["Reference", "=" * len("Reference"), "", "What ``import gradcam_lab`` gives.", ""]
    for room, names in by_room.items():
        parts += [room, "-" * len(room), ""]
        parts += [f":doc:`{name}`\n   {first_sentence(name)}\n" for name in names]
    parts += [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in gradcam_lab.__all__)]
    (folder / "index.rst").write_text("\n".join(parts) + "\n")


def heading(name: str) -> str:
    """Return a name as a page's heading."""
    return f"{name}\n{'=' * len(name)}\n"


def body(name: str, value: object) -> str:
    """Return what tells Sphinx to document a name."""
    full = f"gradcam_lab.{name}"
    if inspect.isclass(value):
        return f".. autoclass:: {full}\n   :members:\n"
    if inspect.isroutine(value):
        return f".. autofunction:: {full}\n"
    if own_module(value):
        return f".. automodule:: {full}\n   :members:\n"
    if isinstance(value, ModuleType):
        return f".. py:module:: {full}\n\n{first_sentence(name)}\n"
    rows = [f"``{key}``\n   {first_line(method)}\n" for key, method in value.items()]
    return f".. py:data:: {full}\n\n   {METHODS}\n\n" + "\n".join(rows)


def own_module(value: object) -> bool:
    """Tell whether a value is a module of this package: its functions are the reference."""
    return isinstance(value, ModuleType) and value.__name__.startswith("gradcam_lab.")


def room_of(value: object) -> str:
    """Return the heading that a name stands under."""
    module = getattr(value, "__module__", "gradcam_lab")
    return next((ROOMS[each] for each in ROOMS if module.startswith(each)), ROOMS["gradcam_lab"])


def first_sentence(name: str) -> str:
    """Return one line about a public name."""
    value = getattr(gradcam_lab, name)
    if isinstance(value, ModuleType) and not own_module(value):
        return MODULES.replace("`", "``")
    return METHODS if isinstance(value, dict) else first_line(value)


def first_line(value: object) -> str:
    """Return the first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split()).replace("`", "``")
