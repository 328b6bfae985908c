"""Two textbook measures of how alike two pictures of numbers are, for n pairs at once."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

WINDOW = 7  # cells along a side


def spearman(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the correlation (n,) of the ranks of the values (n, cells); NaN for equal values."""
    pair = (np.array([mean_ranks(row) for row in each]) for each in (first, second))
    x, y = (each - each.mean(axis=1, keepdims=True) for each in pair)
    spread = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    correlation = (x * y).sum(axis=1)
    return np.divide(correlation, spread, out=np.full(len(x), np.nan), where=spread > 0)


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Rank values from the smallest, 1; equal ones share the mean of their ranks."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean structural similarity (n,) of maps (n, h', w') in [0, 1], over windows."""
    window = np.minimum(WINDOW, x.shape[1:])

    def mean(values: np.ndarray) -> np.ndarray:
        return sliding_window_view(values, window, axis=(1, 2)).mean(axis=(-2, -1))

    variances = mean(x * x) - mean(x) ** 2 + mean(y * y) - mean(y) ** 2
    covariance = mean(x * y) - mean(x) * mean(y)
    luminance = (2 * mean(x) * mean(y) + 0.01**2) / (mean(x) ** 2 + mean(y) ** 2 + 0.01**2)
    return (luminance * (2 * covariance + 0.03**2) / (variances + 0.03**2)).mean(axis=(1, 2))
