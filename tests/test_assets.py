import hashlib
import importlib
import io
import os
import pickle
import zipfile
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import gradcam_lab

PROJECT = Path(__file__).parent.parent
ASSETS = Path(gradcam_lab.__file__).parent / "assets"


@pytest.fixture
def tool(monkeypatch):
    """Import a script of tools/ as the scripts import each other."""
    monkeypatch.syspath_prepend(PROJECT / "tools")
    return importlib.import_module


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(ASSETS.iterdir()) if not p.name.startswith(("LICENSE", "."))],
    ids=lambda path: path.name,
)
def test_every_asset_is_listed_with_its_sha256(path):
    lines = (ASSETS / "LICENSES.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    (row,) = [row for row in rows if row[0] == path.name]
    assert hashlib.sha256(path.read_bytes()).hexdigest() in row


def test_matplotlib_finds_the_style_of_the_lessons_by_its_name():
    with plt.style.context("gradcam_lab.assets.lesson"):
        assert plt.rcParams["figure.dpi"] == 200
        assert plt.rcParams["image.cmap"] == "gray_r"
        assert len(plt.rcParams["axes.prop_cycle"]) == 10


class Hostile:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def test_hostile_pickle_is_refused_before_it_runs(tool, tmp_path):
    trace = tmp_path / "trace"
    unpickler = tool("convert_efficientnet_lite0").TensorUnpickler
    with pytest.raises(pickle.UnpicklingError, match=rf"no use for {os.mkdir.__module__}\.mkdir"):
        unpickler(io.BytesIO(pickle.dumps(Hostile(trace)))).load()
    assert not trace.exists()


@pytest.fixture
def wheel_with_numbers(tmp_path, monkeypatch):
    """Let pip find the package `parcel`, made here, and no other."""
    with zipfile.ZipFile(tmp_path / "parcel-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("parcel/numbers.bin", b"1 2 3")
        wheel.writestr("parcel-1.0.dist-info/METADATA", "Name: parcel\nVersion: 1.0\n")
        wheel.writestr("parcel-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("parcel-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


def test_file_of_a_wheel_is_read_if_it_has_the_expected_hash(tool, wheel_with_numbers):
    read_from_wheel = tool("sources").read_from_wheel
    expected = hashlib.sha256(b"1 2 3").hexdigest()
    assert read_from_wheel("parcel==1.0", "parcel/numbers.bin", expected) == b"1 2 3"


def test_file_of_a_wheel_with_another_hash_is_refused(tool, wheel_with_numbers):
    with pytest.raises(ValueError, match=r"numbers\.bin of parcel==1\.0 has SHA-256"):
        tool("sources").read_from_wheel("parcel==1.0", "parcel/numbers.bin", "0" * 64)
