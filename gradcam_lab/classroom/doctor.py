"""What a lesson needs of a machine, looked at piece by piece, with the remedy for each fault."""

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata, version
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from gradcam_lab._language import mark, say
from gradcam_lab.classroom.memory import machine_memory, memory_limit

ASSETS = files("gradcam_lab") / "assets"
GB = 1e9
LESSONS_NEED = 1 * GB
VGG16_NEEDS = 1.6 * GB
SHIPPED = {
    mark("the course's CNN"): "trained_cnn.keras",
    "efficientnet_lite0": "efficientnet_lite0.keras",
}
FRONT_ENDS = {  # of Python packages: where JupyterLab looks for their browser code
    "ipywidgets": "@jupyter-widgets/jupyterlab-manager",
    "anywidget": "anywidget",
}
INSTALL_LAB = mark(
    "pip install --force-reinstall jupyterlab_widgets anywidget, then start JupyterLab anew. "
    "Where JupyterLab runs in another environment than the kernel: install them there, too."
)

# In a process of its own, which an unfit processor or a broken library may end.
START_TENSORFLOW = """
import sys
try:
    from gradcam_lab._tensorflow import keras, tensorflow
except Exception as error:
    print(f"{type(error).__name__}: {' '.join(str(error).split())}")
    sys.exit(1)
print(f"TensorFlow {tensorflow.__version__}, Keras {keras.__version__}")
"""
RENEW = mark(
    "some packages are damaged, or of versions that do not go together: make a new environment, "
    "with --constraint constraints.txt"
)
CRASH = mark(
    "Its wheels need a processor with AVX: use another machine, or a build of TensorFlow for this "
    "one. If the processor is not to blame, make a new environment."
)


class Finding(NamedTuple):
    """What was seen, and what to do about it where it is a fault."""

    seen: str
    remedy: str = ""


def examine() -> int:
    """Print what is found, and return 1 if there is a fault, otherwise 0."""
    faults, fault = 0, say("FAULT")
    for check in CHECKS:
        for seen, remedy in check():
            print(f"{fault if remedy else 'ok':7}{seen}", flush=True)
            if remedy:
                print(f"       -> {remedy}")
                faults += 1
    found = say("Faults: {count}. Each has its remedy behind the arrow.", count=faults)
    print(found if faults else say("No faults."))
    return 1 if faults else 0


def check_python() -> Iterator[Finding]:
    """Tell whether this Python is one that the package is made for."""
    try:
        range_ = metadata("gradcam-lab")["Requires-Python"]
    except PackageNotFoundError:
        yield Finding(say("gradcam-lab is not installed"), "pip install --editable '.[cpu,lab]'")
        return
    here = platform.python_version()
    fits = SpecifierSet(range_).contains(here, prereleases=True)
    yield Finding(
        f"Python {here}",
        "" if fits else say("Make an environment with Python {versions}.", versions=range_),
    )


def check_packages() -> Iterator[Finding]:
    """Tell which of the declared dependencies are missing or too old."""
    right = []
    for requirement in _requirements():
        installed = _version(requirement.name)
        if installed and requirement.specifier.contains(installed, prereleases=True):
            right.append(f"{requirement.name} {installed}")
        else:
            seen = f"{requirement.name} {installed}"
            if not installed:
                seen = say("{package} is not installed", package=requirement.name)
            yield Finding(
                seen,
                f"pip install '{requirement.name}{requirement.specifier}'",
            )
    if right:
        yield Finding(", ".join(right))


def check_tensorflow() -> Iterator[Finding]:
    """Tell whether TensorFlow and Keras start together."""
    command = [sys.executable, "-c", START_TENSORFLOW]
    run = subprocess.run(command, capture_output=True, text=True, errors="replace")
    said = run.stdout.strip().rpartition("\n")[-1]
    if run.returncode == 0:
        yield Finding(said)
    elif run.returncode == 1 and said:
        kind, _, words = said.partition(": ")  # words of ours name the remedy
        remedy = words if words.startswith("gradcam_lab ") else f"{kind}: {words} ({say(RENEW)})"
        yield Finding(say("TensorFlow does not start"), remedy)
    else:
        yield Finding(
            say(
                "TensorFlow ends Python while it starts (exit code {returncode})",
                returncode=run.returncode,
            ),
            say(CRASH),
        )


def check_memory() -> Iterator[Finding]:
    """Tell how much memory there is for a lesson."""
    machine, limit = machine_memory(), memory_limit()
    granted = limit or machine
    if granted is None:
        yield Finding(say("memory: unknown on this system"))
        return
    size = granted / GB
    seen = say("memory {size:.1f} GB", size=size)
    if limit and machine:
        seen = say(
            "memory {size:.1f} GB (a limit; the machine has {machine:.1f} GB)",
            size=size,
            machine=machine / GB,
        )
    elif limit:
        seen = say("memory {size:.1f} GB (a limit)", size=size)
    if LESSONS_NEED <= granted < VGG16_NEEDS:
        needed = VGG16_NEEDS / GB
        seen += "; " + say(
            "VGG16 needs {needed:.1f} GB, lesson 3 has a smaller network", needed=needed
        )
    few = say(
        "A lesson needs {needed:.0f} GB: ask for a higher limit, or a larger machine.",
        needed=LESSONS_NEED / GB,
    )
    yield Finding(seen, few if granted < LESSONS_NEED else "")


def check_networks() -> Iterator[Finding]:
    """Tell which trained networks are on this machine."""
    for name, asset in SHIPPED.items():
        there = (ASSETS / asset).is_file()
        if there:
            yield Finding(say("{name}: shipped", name=say(name)))
        else:
            yield Finding(
                say("{name}: {asset} is missing", name=say(name), asset=asset),
                say("pip install --force-reinstall --no-deps gradcam-lab, or clone anew."),
            )
    try:
        from gradcam_lab.pretrained import weights
    except ImportError as error:  # of what downloads need: the other checks go on
        remedy = "pip install --force-reinstall requests filelock"
        yield Finding(say("vgg16: not looked for ({error})", error=error), remedy)
        return
    try:
        file, origin = weights.vgg16_weights_at_hand() or (None, "")
    except weights.WeightsUnavailable as error:
        yield Finding(say("vgg16: not found"), str(error))
        return
    if file is None:
        yield Finding(
            say(
                "vgg16: not on this machine, lesson 3 has another network (to get it: "
                "gradcam-lab prefetch vgg16)"
            )
        )
        return
    fault = _fault_in(file, weights.vgg16_shapes())
    anew = say(
        "Delete it; gradcam-lab prefetch vgg16 downloads {file} anew.", file=weights.VGG16_FILE
    )
    yield Finding(
        f"vgg16: {file} ({origin}){fault}",
        anew if fault else "",
    )


def check_front_end() -> Iterator[Finding]:
    """Tell whether JupyterLab finds the browser code of the controls, and in which version."""
    try:
        from jupyter_core.paths import jupyter_path
    except ModuleNotFoundError:
        yield Finding(
            say("JupyterLab is not in this environment"), "pip install 'gradcam-lab[lab]'"
        )
        return
    for package, extension in FRONT_ENDS.items():
        places = [Path(each, extension, "package.json") for each in jupyter_path("labextensions")]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            yield Finding(
                say("controls of {package}: not in JupyterLab", package=package), say(INSTALL_LAB)
            )
            continue
        browser = json.loads(found.read_text(encoding="utf-8"))["version"]
        seen = say(
            "controls of {package}: {version} in JupyterLab", package=package, version=browser
        )
        if package == "anywidget" and browser != _version(package):
            yield Finding(
                say("{seen}, {version} in Python", seen=seen, version=_version(package)),
                say(INSTALL_LAB),
            )
        else:
            yield Finding(seen)


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_python,
    check_packages,
    check_memory,
    check_networks,
    check_front_end,
    check_tensorflow,  # last: it takes seconds
)


def _requirements() -> list[Requirement]:
    """Return the dependencies that the installed package declares, without its extras."""
    try:
        declared = metadata("gradcam-lab").get_all("Requires-Dist") or []
    except PackageNotFoundError:
        return []
    requirements = [Requirement(line) for line in declared]
    return [each for each in requirements if not each.marker or each.marker.evaluate({"extra": ""})]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _fault_in(file: Path, expected: Mapping[str, tuple[tuple[int, ...], ...]]) -> str:
    """Return what is wrong with a file of VGG16's weights; only names and shapes are read of it."""
    try:
        import h5py
    except ModuleNotFoundError:
        return ""  # `check_packages` has told what is missing
    numbers = {"conv2d": count(), "dense": count()}  # as Keras 3 names layers in its own files
    try:
        with h5py.File(file, locking=False) as content:
            for layer, shapes in expected.items():
                kind = "dense" if len(shapes[0]) == 2 else "conv2d"
                alias = f"layers/{kind}_{next(numbers[kind])}".removesuffix("_0")
                if _shapes_in(content.get(layer) or content.get(alias)) != sorted(shapes):
                    return " " + say("does not hold VGG16's weights")
    except (OSError, RuntimeError, ValueError):  # one that was cut short does not open
        return " " + say("is damaged")
    return ""


def _shapes_in(group: object) -> list[tuple[int, ...]]:
    """Return the shapes of all arrays in a group of an HDF5 file, however deep they lie."""
    shapes: list[tuple[int, ...]] = []
    if hasattr(group, "visititems"):
        group.visititems(
            lambda _, item: shapes.extend([item.shape] if hasattr(item, "shape") else [])
        )
    return sorted(shapes)
