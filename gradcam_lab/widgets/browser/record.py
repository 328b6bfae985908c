"""Answers for a page whose network is too large to be in it: heatmaps, computed beforehand."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from gradcam_lab._checks import PREDICTED
from gradcam_lab._survey import survey
from gradcam_lab.cam import GradCAM, to_heatmap
from gradcam_lab.methods import METHODS, grad_cam
from gradcam_lab.widgets.browser.network import NotInBrowser
from gradcam_lab.widgets.browser.pack import LARGEST_IN_PAGE, Packed
from gradcam_lab.widgets.heatmap_view import UINT16_MAX

PREDICTED_CLASS = np.array([PREDICTED])
LIKELIEST = 5  # classes of each picture that are explained


def record(
    engine: GradCAM,
    batches: Sequence[np.ndarray],
    targets: Sequence[int],
    methods: Sequence[str],
    pictures: tuple[bytes, dict],
) -> Packed:
    """Explain each picture at all layers, by some methods, for its likeliest and for some classes.

    In place of a network there are bytes, and a dict that says where in them an answer stands: by
    ``"number target method"`` the probabilities (float32), each layer's peak (float32), and the
    heatmaps of all layers one behind the other (uint16 for 0 to 1). The target -1 is the predicted
    class.
    """
    size = size_of_record(engine, len(batches), LIKELIEST + len(targets), len(methods))
    if not 0 < size < LARGEST_IN_PAGE:
        raise NotInBrowser(f"heatmaps of {len(batches)} pictures take {size / 1e6:.0f} MB")
    traced_pass, content, places = engine.trace(None), bytearray(), {}
    layers: list[dict] = []
    for number, image in enumerate(batches):
        _, _, probabilities, _ = engine.run(traced_pass, image, PREDICTED_CLASS, grad_cam)
        likeliest = np.argsort(-probabilities[0], kind="stable")[:LIKELIEST].tolist()
        beginning = len(content)
        content += probabilities[0].astype("<f4").tobytes()
        for target, method in product([*dict.fromkeys([*likeliest, *targets])], methods):
            *_, maps = engine.run(traced_pass, image, np.array([target]), METHODS[method])
            layers = layers or place_layers(maps)
            place = {"explained": target, "probabilities": beginning, "peaks": len(content)}
            content += np.array([m.max() for m in maps.values()], "<f4").tobytes()
            place["maps"] = len(content)
            for signed in maps.values():
                content += np.round(to_heatmap(signed) * UINT16_MAX).astype("<u2").tobytes()
            places[f"{number} {target} {method}"] = place
            if target == likeliest[0]:
                places[f"{number} {PREDICTED} {method}"] = place
    recorded = {"layers": layers, "classes": traced_pass.classes, "places": places}
    numbers, form = pictures
    return Packed(bytes(content), numbers, {"recorded": recorded, "pictures": form})


def size_of_record(engine: GradCAM, pictures: int, targets: int, methods: int) -> int:
    """Return about how many bytes `record` would return."""
    shapes = survey(engine.model).shapes
    sides = [shapes[name][1:3] for name in engine.layers]
    cells = sum((rows or 0) * (columns or 0) for rows, columns in sides)
    return 2 * cells * pictures * targets * methods


def place_layers(maps: dict[str, np.ndarray]) -> list[dict]:
    """Say where each layer's heatmap stands behind the first."""
    sizes = [2 * signed[0].size for signed in maps.values()]
    offsets = np.cumsum([0, *sizes[:-1]]).tolist()
    return [
        {"name": name, "shape": signed.shape[1:], "offset": offset}
        for (name, signed), offset in zip(maps.items(), offsets, strict=True)
    ]
