import hashlib
import subprocess
import sys

import pytest
from file_server import CONTENT, file_server

from gradcam_lab import load_pretrained
from gradcam_lab._tensorflow import keras
from gradcam_lab.pretrained import downloads, weights
from gradcam_lab.pretrained import networks as pretrained
from gradcam_lab.pretrained.weights import VGG16_FILE, WeightsUnavailable, find_vgg16_weights


@pytest.fixture
def server():
    with file_server() as server:
        yield server


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """Return where Keras's cache, which is the test's own, would have the file."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras" / "models" / VGG16_FILE


@pytest.fixture
def online(server, monkeypatch):
    """Let the file be downloaded from this machine, by a mirror's address, and be a small one."""
    monkeypatch.delenv("GRADCAM_LAB_OFFLINE")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS_URL", server.url)
    monkeypatch.setattr(weights, "VGG16_HASH", f"md5:{hashlib.md5(CONTENT).hexdigest()}")
    monkeypatch.setattr(downloads, "PAUSE", 0)
    monkeypatch.setattr(downloads, "TIMEOUT", 0.3)
    return server


def put(file, content=b"weights"):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def test_name_and_hash_are_those_that_keras_knows():
    source = (keras.applications.vgg16.VGG16.__globals__)["WEIGHTS_PATH"]
    assert source == weights.VGG16_URL
    assert weights.VGG16_HASH.removeprefix("md5:") in keras.applications.VGG16.__code__.co_consts


def test_files_are_found_and_downloaded_without_tensorflow():
    code = "import sys, gradcam_lab.pretrained.weights; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# The order


@pytest.mark.parametrize("inside", [".", VGG16_FILE, f"models/{VGG16_FILE}"])
def test_path_that_is_given_is_a_file_or_the_folder_that_has_it(tmp_path, capsys, inside):
    named = tmp_path / "given"
    file = put(named / inside)
    assert find_vgg16_weights(str(named)) == file
    assert capsys.readouterr().out == f"VGG16's weights: {file} (the path that was given)\n"


def test_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    file = put(tmp_path / "vgg16.h5")
    assert find_vgg16_weights("~/vgg16.h5") == file


def test_each_place_comes_before_the_next_one(tmp_path, cached, online, monkeypatch, capsys):
    def found():
        file = find_vgg16_weights()
        return file, capsys.readouterr().out.splitlines()[-1]

    assert found() == (cached, f"VGG16's weights: {cached} (downloaded now)")
    assert online.ranges == [None]
    assert found() == (cached, f"VGG16's weights: {cached} (Keras's cache)")
    shared = put(tmp_path / "shared" / VGG16_FILE)
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", str(shared.parent))
    assert found() == (shared, f"VGG16's weights: {shared} (named by GRADCAM_LAB_WEIGHTS)")
    given = put(tmp_path / "mine.h5")
    assert find_vgg16_weights(given) == given
    assert online.ranges == [None]


def test_shared_folder_may_be_read_only(tmp_path, cached, monkeypatch):
    file = put(tmp_path / "shared" / VGG16_FILE)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", str(file.parent))
    assert find_vgg16_weights() == file
    assert list(file.parent.iterdir()) == [file]
    assert not cached.parent.exists()


@pytest.mark.parametrize("by", ["path", "variable"])
def test_named_place_without_the_file_is_told_and_nothing_is_downloaded(
    tmp_path, cached, online, monkeypatch, by
):
    put(cached)
    if by == "variable":
        monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", str(tmp_path))
    name = "GRADCAM_LAB_WEIGHTS" if by == "variable" else "the path that was given"
    with pytest.raises(WeightsUnavailable, match=rf"cannot be read at {tmp_path}, which is {name}"):
        find_vgg16_weights(tmp_path if by == "path" else None)
    assert online.ranges == []


def test_variable_that_is_empty_names_nothing(cached, monkeypatch):
    put(cached)
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", "")
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS_URL", "")
    assert find_vgg16_weights() == cached
    assert weights._address() == weights.VGG16_URL


# The download


def test_mirror_is_named_by_the_file_or_by_its_folder(cached, online, monkeypatch):
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS_URL", online.url.removesuffix(VGG16_FILE))
    assert weights._address() == online.url
    assert find_vgg16_weights().read_bytes() == CONTENT


def test_download_tells_its_size_and_where_it_goes(cached, online, capsys):
    find_vgg16_weights()
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"Downloading VGG16's weights (528 MB, once) to {cached.parent}"


def test_forbidden_download_is_refused_before_a_folder_is_made(cached):
    with pytest.raises(WeightsUnavailable, match=r"GRADCAM_LAB_OFFLINE=1 .*: unset it, or put"):
        find_vgg16_weights()
    assert not cached.parent.exists()


def break_server(server, cached):
    server.status = 404


def silence(server, cached):
    server.go_on.clear()


def cut(server, cached):
    server.cuts = [1000] * downloads.TRIES


def send_other_bytes(server, cached):
    server.content = b"Please log in"


def close(server, cached):
    server.shutdown()
    server.server_close()


def take_the_folder_away(server, cached):
    put(cached.parent)  # a file where the folder should be


@pytest.mark.parametrize(
    "harm", [break_server, silence, cut, send_other_bytes, close, take_the_folder_away]
)
def test_lesson_goes_on_with_the_shipped_network(cached, online, capsys, monkeypatch, harm):
    shipped = object()  # the real one is loaded in tests/test_pretrained.py
    monkeypatch.setitem(pretrained._LOADERS, "efficientnet_lite0", lambda: shipped)
    harm(online, cached)
    assert load_pretrained("vgg16", fallback="efficientnet_lite0") is shipped
    said = capsys.readouterr().out
    assert "VGG16's weights could not be downloaded. " in said
    assert f"Or put {VGG16_FILE} into {cached.parent}" in said
    assert said.endswith("Using efficientnet_lite0 instead.\n")
    assert not cached.exists()
