"""Build ``assets/cat.jpg`` and ``assets/coffee.jpg`` from scikit-image's sample photographs.

Both are CC0. They are re-encoded as JPEG, at their own size, to stay below 100 KB.

Run it from the project's root: ``python tools/build_photographs.py``
"""

import io

from PIL import Image
from sources import ASSETS, read_from_wheel

REQUIREMENT = "scikit-image==0.26.0"
PHOTOGRAPHS = {
    "cat.jpg": (
        "skimage/data/chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    ),
    "coffee.jpg": (
        "skimage/data/coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    ),
}


def main() -> None:
    """Write the assets."""
    for name, (member, sha256) in PHOTOGRAPHS.items():
        photograph = Image.open(io.BytesIO(read_from_wheel(REQUIREMENT, member, sha256)))
        path = ASSETS / name
        photograph.convert("RGB").save(path, quality=92, optimize=True)
        print(f"{name}: {photograph.width} x {photograph.height}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
