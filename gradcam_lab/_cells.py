"""What the cells of a map (n, h', w') stand for: pixels of a picture, and parts of a box."""

import numpy as np

from gradcam_lab import _checks as checks
from gradcam_lab.overlay import resize_heatmap


def cell_of_pixel(pixels: int, cells: int) -> np.ndarray:
    """Return for each pixel along a side the cell that its middle lies in."""
    return (2 * np.arange(pixels) + 1) * cells // (2 * pixels)


def on_pixels(cells: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Give each pixel (n, h, w), of `size` = (h, w), what its cell has."""
    rows, columns = map(cell_of_pixel, size, cells.shape[1:])
    return cells[:, rows[:, np.newaxis], columns]


def in_cells(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Give each cell (n, h', w'), of `size` = (h', w'), the mean of its pixels (n, h, w)."""
    rows, columns = (
        np.eye(cells)[cell_of_pixel(side, cells)]
        for side, cells in zip(pixels.shape[1:], size, strict=True)
    )
    sums = np.einsum("nhw,hi,wj->nij", pixels, rows, columns)
    return sums / np.outer(rows.sum(axis=0), columns.sum(axis=0))


def enlarge(heatmaps: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Interpolate heatmaps to the size of their images: (n, h, w, 1)."""
    size = images.shape[2], images.shape[1]
    maps = checks.check_maps(heatmaps, images)
    return np.stack([resize_heatmap(each, size) for each in maps])[..., np.newaxis]


def share_in_boxes(shape: tuple[int, ...], boxes: np.ndarray) -> np.ndarray:
    """Return how much of each cell, in [0, 1], of maps of a shape (n, h', w') is in their box."""
    n, *sides = shape
    lows, highs = np.split(checks.check_boxes(boxes, n)[..., np.newaxis], 2, axis=1)
    edges = [np.arange(side + 1) / side for side in sides]
    rows, columns = (
        np.maximum(np.minimum(highs[:, i], each[1:]) - np.maximum(lows[:, i], each[:-1]), 0)
        for i, each in enumerate(edges)
    )
    return np.einsum("ni,nj->nij", rows, columns) * sides[0] * sides[1]
