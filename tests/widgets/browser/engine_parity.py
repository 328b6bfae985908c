"""The heatmaps of the engine in JavaScript, run in node."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from gradcam_lab import METHODS
from gradcam_lab.cam import GradCAM
from gradcam_lab.widgets.browser.network import describe_network, probe_probabilities
from gradcam_lab.widgets.browser.scripts import BROWSER
from tools.browser.reference_heatmaps import Heatmaps

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def heatmaps_of_node(
    engine: GradCAM,
    images: np.ndarray,
    folder: Path,
    targets: Sequence[int] | None = None,
    methods: Sequence[str] = tuple(METHODS),
) -> Heatmaps:
    """Let worker.js explain the same in node; files go through a folder."""
    targets = list(range(engine.classes) if targets is None else targets)
    write_question(engine, images, folder, targets=targets, methods=list(methods))
    ask_node(folder)
    return read_heatmaps(engine, len(images), folder, targets, methods)


def write_question(engine: GradCAM, images: np.ndarray, folder: Path, **asked: object) -> None:
    """Write into a folder what answer_in_node.js reads."""
    described = describe_network(engine)
    asked |= {"description": described.description, "probe": probe_probabilities(engine)}
    (folder / "asked.json").write_text(json.dumps(asked))
    (folder / "weights.f32").write_bytes(described.weights)
    (folder / "pictures.f32").write_bytes(np.asarray(images, "<f4").tobytes())


def ask_node(folder: Path) -> None:
    """Let worker.js answer what stands in a folder; its words are an error."""
    command = [NODE, Path(__file__).parent / "answer_in_node.js", BROWSER / "worker.js", folder]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(ran.stderr)


def read_heatmaps(
    engine: GradCAM, n: int, folder: Path, targets: Sequence[int], methods: Sequence[str]
) -> Heatmaps:
    """Read from a folder what answer_in_node.js has written."""
    numbers = np.frombuffer((folder / "heatmaps.f32").read_bytes(), "<f4")
    shapes = {
        layer["name"]: tuple(layer["shape"][:2])
        for layer in json.loads((folder / "asked.json").read_text())["description"]["layers"]
    }
    rows = numbers.reshape(n, len(methods), len(targets), -1)
    ends = np.cumsum([np.prod(shapes[layer]) for layer in engine.layers])
    parts = np.split(rows, ends[:-1], axis=-1)
    return {
        method: {
            layer: part[:, i].reshape(n, len(targets), *shapes[layer])
            for layer, part in zip(engine.layers, parts, strict=True)
        }
        for i, method in enumerate(methods)
    }
