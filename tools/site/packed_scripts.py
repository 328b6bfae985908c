"""Bytes as scripts: a page that was opened from a file may load no other kind of file.

Such a script calls ``gradcamFile(name, text, planes)``. Its text is zipped bytes, seven bits of
them in each character: an eighth shorter than Base64. Numbers of four bytes are laid out in four
planes, first bytes first, where that is shorter.
"""

import gzip
import hashlib
from pathlib import Path

import numpy as np

OTHERS = str.maketrans({code: code + 256 for code in b'\0\n\r"\\'})  # what a string may not hold
PLANES = 4


def write_script(folder: Path, name: str, content: bytes) -> int:
    """Write bytes as a script, unless it is there; return how many bytes it has."""
    path = folder / f"{name}.js"
    if not path.exists():
        plain, planes = zipped(content), 1
        if len(content) % PLANES == 0:
            in_planes = np.frombuffer(content, np.uint8).reshape(-1, PLANES).T.tobytes()
            if len(other := zipped(in_planes)) < 0.97 * len(plain):
                plain, planes = other, PLANES
        path.write_text(f'gradcamFile("{name}", "{as_text(plain)}", {planes});\n', encoding="utf-8")
    return path.stat().st_size


def name_of(content: bytes) -> str:
    """Return a name that equal bytes share."""
    return hashlib.sha256(content).hexdigest()[:16]


def zipped(content: bytes) -> bytes:
    """Return bytes as gzip writes them, the same each time."""
    return gzip.compress(content, 9, mtime=0)


def as_text(content: bytes) -> str:
    """Return bytes, seven bits in each character, in its lowest ones."""
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    rows = np.pad(bits, (0, -len(bits) % 7)).reshape(-1, 7)
    codes = np.packbits(np.pad(rows, ((0, 0), (1, 0))), axis=1)
    return codes.tobytes().decode("ascii").translate(OTHERS)
