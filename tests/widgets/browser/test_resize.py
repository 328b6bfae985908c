"""resize.js has the numbers of Pillow: all bits of 8-bit pictures, and float32 for heatmaps."""

import numpy as np
import pytest
from in_node import call_in_node
from PIL import Image

# (width, height) before and after: enlarged, reduced, both, and not at all; odd and tiny
SIZES = [
    ((7, 5), (31, 22)),
    ((224, 224), (97, 51)),
    ((301, 33), (64, 64)),
    ((61, 200), (224, 224)),
    ((500, 333), (224, 224)),
    ((13, 17), (13, 17)),
    ((13, 17), (13, 40)),
    ((1, 1), (9, 4)),
    ((640, 3), (1, 1)),
    ((40, 70), (31, 24)),  # so much lower that Pillow begins with the height
    ((33, 90), (61, 24)),
]


def named(width, height):
    return {"width": width, "height": height}


@pytest.fixture(scope="module")
def pictures():
    """Noise, black and white alone (the bicubic filter overshoots), and a smooth ramp."""
    random = np.random.default_rng(0)
    found = []
    for (width, height), _ in SIZES:
        ramp = np.add.outer(np.arange(height), np.arange(width))[..., np.newaxis] * [1, 2, 3]
        noise = random.integers(0, 256, (height, width, 3))
        edges = 255 * random.integers(0, 2, (height, width, 3))
        found.append([picture.astype(np.uint8) for picture in (noise, edges, ramp % 256)])
    return found


def test_photographs_are_resized_as_by_pillow_to_the_last_bit(pictures):
    cases = [
        (picture, before, after)
        for alike, (before, after) in zip(pictures, SIZES, strict=True)
        for picture in alike
    ]
    resized = call_in_node(
        "resize.js",
        [
            ["resizePicture", picture, named(*before), named(*after)]
            for picture, before, after in cases
        ],
    )
    for (picture, before, after), pixels in zip(cases, resized, strict=True):
        expected = Image.fromarray(picture).resize(after, Image.Resampling.BICUBIC)
        assert np.array_equal(pixels.reshape(*after[::-1], 3), expected), (before, after)


def test_heatmaps_are_resized_as_by_pillow():
    random = np.random.default_rng(0)
    maps = [random.uniform(size=before[::-1]).astype(np.float32) for before, _ in SIZES]
    resized = call_in_node(
        "resize.js",
        [
            ["resizeMap", values, values.shape, after[::-1]]
            for values, (_, after) in zip(maps, SIZES, strict=True)
        ],
    )
    for values, (_, after), found in zip(maps, SIZES, resized, strict=True):
        expected = Image.fromarray(values).resize(after, Image.Resampling.BILINEAR)
        np.testing.assert_array_max_ulp(found.reshape(after[::-1]), np.asarray(expected), maxulp=1)
