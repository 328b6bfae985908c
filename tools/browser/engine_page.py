"""The engine in a browser page: worker.js as our pages run it, asked from Python."""

import base64
from collections.abc import Sequence

import numpy as np
from playwright.sync_api import Page

from gradcam_lab import METHODS
from gradcam_lab.cam import GradCAM
from gradcam_lab.widgets.browser.network import describe_network, probe_probabilities
from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from tools.browser.reference_heatmaps import Heatmaps

# Numbers travel as text, which Playwright hands over whole: an array it would take apart.
TRAVEL = """
async function fromText(text) {
    const answer = await fetch(`data:application/octet-stream;base64,${text}`);
    return new Float32Array(await answer.arrayBuffer());
}
function toText(arrays) {
    return new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1]);
        reader.readAsDataURL(new Blob(arrays));
    });
}"""
START = "(script) => { window.engine = runInWorker(script); }"
LOAD = """async ({ description, probe, weights }) => {
    const { refused } = await engine.load({ ...description, probe }, await fromText(weights));
    if (refused) throw new Error(refused);
}"""
# All methods of all layers for one target after the other: so the way back is gone only once.
EXPLAIN = """async ({ pictures, size, targets, layers, methods }) => {
    const numbers = await fromText(pictures);
    const heatmaps = [];
    const start = performance.now();
    for (let at = 0; at < numbers.length; at += size) {
        const pixels = numbers.slice(at, at + size);
        for (const target of targets) {
            const items = methods.map((method) => ({ key: "", pixels, target, method }));
            const asked = layers.map((layer) => engine.ask({ question: 0, items, layer }));
            for (const { error, answers } of await Promise.all(asked)) {
                if (error) throw new Error(error);
                heatmaps.push(...answers.map(({ heatmap }) => heatmap));
            }
        }
    }
    const milliseconds = performance.now() - start;
    return { milliseconds, heatmaps: await toText(heatmaps) };
}"""


class EnginePage:
    """The worker of an otherwise empty page; it answers for the network that was last loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_script_tag(content=join_modules(BROWSER / "engine_in_worker.js") + TRAVEL)
        page.evaluate(START, join_modules(BROWSER / "worker.js"))

    def load(self, engine: GradCAM) -> None:
        """Give the worker an engine's network; its words, if it refuses, are an error."""
        description, weights = describe_network(engine)
        probe = probe_probabilities(engine)
        loaded = {"description": description, "probe": probe, "weights": as_text(weights)}
        self.page.evaluate(LOAD, loaded)
        self.layers = description["spatial"]
        self.classes = engine.classes
        self.shapes = {each["name"]: each["shape"][:2] for each in description["layers"]}

    def explain(
        self,
        images: np.ndarray,
        targets: Sequence[int] | None = None,
        methods: Sequence[str] = tuple(METHODS),
    ) -> Heatmaps:
        """Let the worker explain images at all layers, for all classes or these."""
        targets = range(self.classes) if targets is None else targets
        answer = self._ask(images, targets, self.layers, methods)
        numbers = np.frombuffer(base64.b64decode(answer["heatmaps"]), "<f4")
        rows = numbers.reshape(len(images), len(targets), -1)
        sizes = [len(methods) * np.prod(self.shapes[layer]) for layer in self.layers]
        parts = np.split(rows, np.cumsum(sizes)[:-1], axis=-1)
        by_layer = {
            layer: part.reshape(*rows.shape[:2], len(methods), *self.shapes[layer])
            for layer, part in zip(self.layers, parts, strict=True)
        }
        return {
            method: {layer: maps[:, :, i] for layer, maps in by_layer.items()}
            for i, method in enumerate(methods)
        }

    def milliseconds(self, image: np.ndarray, target: int, layers: Sequence[str]) -> float:
        """Return how long the page waits for Grad-CAM's heatmaps of one image at these layers."""
        return self._ask(image, [target], layers, ["gradcam"])["milliseconds"]

    def _ask(
        self,
        images: np.ndarray,
        targets: Sequence[int],
        layers: Sequence[str],
        methods: Sequence[str],
    ) -> dict:
        pictures = np.asarray(images, "<f4")
        asked = {"targets": list(targets), "layers": list(layers), "methods": list(methods)}
        asked |= {"pictures": as_text(pictures.tobytes()), "size": pictures[0].size}
        return self.page.evaluate(EXPLAIN, asked)


def as_text(numbers: bytes) -> str:
    """Return numbers as the page reads them."""
    return base64.b64encode(numbers).decode("ascii")
