"""What an explorer sends so that the browser can answer: its network and its pictures, as bytes."""

from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradcam_lab._checks import Images
from gradcam_lab._pictures import encode_png, to_picture
from gradcam_lab.cam import GradCAM
from gradcam_lab.pretrained.networks import PretrainedNetwork
from gradcam_lab.widgets.browser.network import (
    NotInBrowser,
    describe_network,
    probe_probabilities,
)
from gradcam_lab.widgets.browser.picture_scale import linear_scale
from gradcam_lab.widgets.heatmap_view import LARGEST

LARGEST_NETWORK = 4_000_000  # bytes of weights; a larger one is not sent: the kernel answers
LARGEST_IN_PAGE = 100_000_000  # bytes of weights, and of heatmaps
LARGEST_PICTURES = 8_000_000  # bytes of all pictures together


class Packed(NamedTuple):
    """What the browser needs in order to answer: two blocks of bytes, and what they mean."""

    network: bytes  # float32
    pictures: bytes
    description: dict[str, Any]


def pack(
    engine: GradCAM,
    network: PretrainedNetwork | None,
    images: Images,
    white: int | None,
    *,
    for_page: bool = False,
) -> Packed:
    """Pack a network and the pictures that it is asked about.

    Raises
    ------
    NotInBrowser
        If they are too large, or of a kind that the browser cannot compute.
    """
    size = 4 * sum(prod(weight.shape) for weight in engine.model.weights)
    if size > (LARGEST_IN_PAGE if for_page else LARGEST_NETWORK):
        raise NotInBrowser(f"the network's weights take {size / 1e6:.0f} MB")
    described = describe_network(engine)
    pictures, form = pack_pictures(images, white, network)
    if network is not None:
        form |= scale_of(network)
    if len(pictures) > LARGEST_PICTURES and not for_page:
        raise NotInBrowser(f"the pictures take {len(pictures) / 1e6:.0f} MB")
    description = described.description | {"probe": probe_probabilities(engine), "pictures": form}
    return Packed(described.weights, pictures, description)


def pack_pictures(
    images: Images, white: int | None, network: PretrainedNetwork | None
) -> tuple[bytes, dict]:
    """Return pictures as bytes, and what they are.

    Its numbers, `shape` each, have the `type` uint8 or float32; they are divided by `divisor` for
    the network, and multiplied by `level` for the page. The photographs of a `PretrainedNetwork`
    have the size that it sees, and the page shows `files` (from, to) instead.
    """
    if network is not None:
        return _pack_photographs(network, images, white)
    if not len(images):
        return b"", {"shape": (0, 0, 0), "type": "uint8"}
    if white is None:
        raise NotInBrowser("the pictures are of several kinds")
    numbers = np.stack([np.asarray(image, np.float32) for image in images])
    form = {"shape": numbers.shape[1:], "type": "float32", "divisor": 1, "level": 255 / white}
    levels = np.round(numbers * (255 / white))
    if np.array_equal(levels.astype(np.float32) / np.float32(255 / white), numbers):
        form |= {"type": "uint8", "divisor": 255 / white, "level": 1}
        return levels.astype(np.uint8).tobytes(), form
    return numbers.astype("<f4").tobytes(), form


def _pack_photographs(
    network: PretrainedNetwork, images: Images, white: int | None
) -> tuple[bytes, dict]:
    mode, channels = ("L", 1) if network._grey else ("RGB", 3)
    pictures = [network.resize(to_picture(image, white)).convert(mode) for image in images]
    pixels = b"".join(picture.tobytes() for picture in pictures)
    files = [encode_png(image, white, LARGEST) for image in images]
    ends = (len(pixels) + np.cumsum([len(file) for file in files], dtype=int)).tolist()
    places = [(end - len(file), end) for file, end in zip(files, ends, strict=True)]
    form = {"shape": (*network.image_size, channels), "type": "uint8", "files": places}
    return pixels + b"".join(files), form


def scale_of(network: PretrainedNetwork) -> dict:
    """Return how a network's `scale` prepares a pixel: its channels @ `matrix` + `offset`."""
    scale = linear_scale(network)
    if scale is None:
        raise NotInBrowser("`scale` is no linear function of a pixel's channels")
    matrix, offset = scale
    return {"matrix": matrix.tolist(), "offset": offset.tolist()}
