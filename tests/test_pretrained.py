import hashlib
import io
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import h5py
import numpy as np
import pytest
from PIL import Image

from gradcam_lab import WeightsUnavailable, load_pretrained, pretrained, sample_image
from gradcam_lab._tensorflow import keras

FILE_NAME = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
VGG16_LAYERS = (
    "block1_conv1 block1_conv2 block1_pool block2_conv1 block2_conv2 block2_pool "
    "block3_conv1 block3_conv2 block3_conv3 block3_pool block4_conv1 block4_conv2 block4_conv3 "
    "block4_pool block5_conv1 block5_conv2 block5_conv3 block5_pool flatten fc1 fc2 predictions"
)


# The network that ships with the package


@pytest.mark.parametrize(
    ("picture", "name", "at_least"), [("cat", "Egyptian cat", 0.7), ("coffee", "espresso", 0.85)]
)
def test_network_recognises_the_photograph(network, picture, name, at_least):
    batch = network.preprocess(sample_image(picture))
    ((best, second, third),) = network.decode(network.model(batch, training=False), top=3)
    assert best[1] == name
    assert best[2] > at_least
    assert best[2] > second[2] > third[2]


@pytest.mark.parametrize(
    "one",
    [
        sample_image("cat"),
        sample_image("cat").convert("L"),
        np.zeros((30, 40, 3), np.uint8),
        np.zeros((30, 40, 1), np.float32),
        np.zeros((30, 40), np.uint8),
    ],
    ids=["picture", "grey picture", "array", "array of one channel", "array without channels"],
)
def test_one_picture_becomes_a_batch_of_one(network, one):
    for given in (one, [one]):
        batch = network.preprocess(given)
        assert (batch.shape, batch.dtype) == ((1, 224, 224, 3), np.float32)


@pytest.mark.parametrize(
    "several",
    [
        [sample_image("cat"), sample_image("cat").convert("L")],
        [sample_image("cat"), sample_image("coffee")],  # of different sizes
        np.zeros((2, 30, 40, 3), np.uint8),
        [np.zeros((30, 40, 3)), np.zeros((50, 20, 3))],
    ],
    ids=["pictures", "pictures of different sizes", "array", "arrays of different sizes"],
)
def test_several_pictures_become_one_batch(network, several):
    assert network.preprocess(several).shape == (2, 224, 224, 3)


def test_no_picture_is_refused(network):
    with pytest.raises(ValueError, match="at least one"):
        network.preprocess([])


def test_network_receives_the_numbers_it_was_trained_with(network):
    black_and_white = Image.new("RGB", (448, 224), "white")
    black_and_white.paste("black", (224, 0, 448, 224))
    (pixels,) = network.preprocess(black_and_white)
    assert (pixels[:, :100] == 1).all()  # (255 - 127) / 128
    assert (pixels[:, -100:] == -127 / 128).all()


# ImageNet's classes


def test_class_names_are_1000_and_all_different(network):
    assert len(set(network.class_names)) == 1000


@pytest.mark.parametrize(
    ("index", "wordnet_id", "name"),
    [
        (0, "n01440764", "tench"),
        (281, "n02123045", "tabby"),
        (285, "n02124075", "Egyptian cat"),
        (967, "n07920052", "espresso"),
        (999, "n15075141", "toilet tissue"),
    ],
)
def test_class_stands_where_keras_has_it(network, index, wordnet_id, name):
    ((likeliest,),) = network.decode(np.eye(1000)[[index]], top=1)
    assert likeliest == (wordnet_id, name, 1)


# VGG16, whose weights must come from elsewhere


@pytest.mark.parametrize("names", [{"name": "vgg17"}, {"name": "vgg16", "fallback": "vgg17"}])
def test_unknown_network_is_refused_with_the_names_there_are(names):
    with pytest.raises(ValueError, match=r"'vgg17'; there are: vgg16, efficientnet_lite0"):
        load_pretrained(**names)


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    """Give the test a cache of Keras's that is empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def files_in(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_forbidden_download_is_refused_with_the_remedy(no_weights, monkeypatch):
    monkeypatch.setenv("GRADCAM_LAB_OFFLINE", "1")
    with pytest.raises(WeightsUnavailable, match=r"GRADCAM_LAB_OFFLINE=1 .*: unset it, or put"):
        load_pretrained("vgg16")


def test_fallback_is_returned_after_saying_so(no_weights, monkeypatch, capsys):
    monkeypatch.setenv("GRADCAM_LAB_OFFLINE", "1")
    assert load_pretrained("vgg16", fallback="efficientnet_lite0").name == "efficientnet_lite0"
    printed = capsys.readouterr().out
    assert "VGG16's weights are not on this machine" in printed
    assert printed.endswith("Using efficientnet_lite0 instead.\n")


@pytest.fixture
def serve(no_weights, monkeypatch):
    """Let VGG16's address be a server on this machine that answers as it is told."""
    monkeypatch.delenv("GRADCAM_LAB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(answer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self)

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        monkeypatch.setattr(
            pretrained, "VGG16_URL", f"http://127.0.0.1:{server.server_port}/{FILE_NAME}"
        )
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(request, content, announced=None):
    request.send_response(200)
    request.send_header("Content-Length", announced or len(content))
    request.end_headers()
    request.wfile.write(content)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: request.send_error(404),
        lambda request: send(request, b"other bytes"),
        lambda request: send(request, b"half of", announced=14),
    ],
    ids=["not found", "other bytes", "cut short"],
)
def test_failed_download_is_refused_with_the_remedy_and_leaves_no_file(serve, no_weights, answer):
    serve(answer)
    with pytest.raises(WeightsUnavailable, match=f"connect to the internet .* or put {FILE_NAME}"):
        load_pretrained("vgg16")
    assert files_in(no_weights) == []


@pytest.mark.parametrize("sent", [None, b"half of"], ids=["says nothing", "stops half-way"])
def test_server_that_hangs_is_given_up(serve, no_weights, monkeypatch, sent):
    def hang(request):
        if sent:
            send(request, sent, announced=14)
        time.sleep(5)

    serve(hang)
    monkeypatch.setattr(pretrained, "TIMEOUT", 0.3)
    start = time.perf_counter()
    with pytest.raises(WeightsUnavailable):
        load_pretrained("vgg16")
    assert time.perf_counter() - start < 3
    assert files_in(no_weights) == []


def test_server_out_of_reach_leaves_no_file(serve, no_weights):
    server = serve(send)
    server.shutdown()
    server.server_close()  # its port is now closed
    with pytest.raises(WeightsUnavailable):
        load_pretrained("vgg16")
    assert files_in(no_weights) == []


def vgg16_file_of_zeros():
    """Return a file that has VGG16's weights, all zero, in 60 kB: HDF5 leaves the zeros out."""
    with keras.StatelessScope(initialize_variables=False):
        layers = keras.applications.VGG16(weights=None).layers
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{w.name}" for w in layer.weights]
            for weight in layer.weights:
                group.create_dataset(f"{layer.name}/{weight.name}", weight.shape, np.float32)
    return content.getvalue()


def test_vgg16_is_downloaded_once_and_is_the_network_of_the_course(serve, no_weights, monkeypatch):
    content = vgg16_file_of_zeros()
    monkeypatch.setattr(pretrained, "VGG16_MD5", hashlib.md5(content).hexdigest())
    requests = []
    serve(lambda request: (requests.append(request.path), send(request, content)))
    vgg16 = load_pretrained("vgg16")
    assert files_in(no_weights / "models") == [FILE_NAME]
    assert pretrained._vgg16_weights() == no_weights / "models" / FILE_NAME
    assert requests == [f"/{FILE_NAME}"]
    assert vgg16.model.count_params() == 138_357_544
    assert " ".join(layer.name for layer in vgg16.model.layers[1:]) == VGG16_LAYERS
    assert (vgg16.name, vgg16.last_conv, vgg16.image_size) == ("vgg16", "block5_conv3", (224, 224))
    red = vgg16.preprocess(Image.new("RGB", (10, 10), "red"))[0, 0, 0]
    np.testing.assert_allclose(red, [-103.939, -116.779, 255 - 123.68])  # BGR minus the mean
    probabilities = vgg16.model(np.zeros((1, 224, 224, 3)), training=False)
    np.testing.assert_allclose(probabilities, np.full((1, 1000), 1 / 1000), rtol=1e-5)


def test_broken_file_in_the_cache_is_named_with_the_remedy(no_weights):
    path = no_weights / "models" / FILE_NAME
    path.parent.mkdir()
    path.write_bytes(b"half a file")
    with pytest.raises(WeightsUnavailable, match=r"delete it and try again") as error:
        load_pretrained("vgg16")
    assert str(path) in str(error.value)
    assert path.read_bytes() == b"half a file"
