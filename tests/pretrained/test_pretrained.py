import io

import h5py
import numpy as np
import pytest
from PIL import Image
from small_models import Chain, model_of

from gradcam_lab import (
    OwnPictureExplorer,
    PretrainedNetwork,
    WeightsUnavailable,
    load_pretrained,
    sample_image,
)
from gradcam_lab._tensorflow import keras
from gradcam_lab.layers import last_convolutional_layer

layers = keras.layers

VGG16_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
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


# A network of one's own


@pytest.fixture(scope="module")
def pets():
    """A network of five classes, as somebody has fine-tuned one."""
    keras.utils.set_random_seed(0)
    base = keras.Sequential([keras.Input((32, 48, 3)), layers.Conv2D(4, 3, name="conv")])
    return keras.Sequential(
        [base, layers.GlobalAveragePooling2D(), layers.Dense(5, activation="softmax")], name="pets"
    )


NAMES = ["cat", "dog", "owl", "cow", "pig"]


def test_network_of_ones_own_is_known_from_its_model(pets):
    network = PretrainedNetwork(pets, NAMES)
    assert network.model is pets
    assert (network.name, network.image_size, network.class_names) == ("pets", (32, 48), NAMES)
    assert network.last_conv == last_convolutional_layer(pets)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3), np.uint8)
    assert np.array_equal(network.preprocess(pixels), pixels[np.newaxis].astype(np.float32))
    assert repr(network) == "PretrainedNetwork('pets', 5 classes)"


def test_network_of_ones_own_names_its_classes(pets):
    answer = np.array([[0.1, 0.6, 0.0, 0.0, 0.3]])
    named = PretrainedNetwork(pets, {name: i for i, name in enumerate(NAMES)})
    assert named.decode(answer, top=2) == [[(1, "dog", 0.6), (4, "pig", 0.3)]]
    assert PretrainedNetwork(pets).class_names == ["0", "1", "2", "3", "4"]
    explorer = OwnPictureExplorer(named)
    assert named.class_names[explorer.explanation.target[0]] in NAMES


@pytest.mark.parametrize(
    ("scale", "white"),
    [
        (lambda pixels: pixels / 255, 1),
        (layers.Rescaling(1 / 127.5, offset=-1), 1),
        (keras.applications.mobilenet_v2.preprocess_input, 1),
        (keras.applications.efficientnet.preprocess_input, 255),
    ],
    ids=["function", "layer", "mobilenet_v2", "efficientnet"],
)
def test_scale_says_what_the_network_receives(pets, scale, white):
    network = PretrainedNetwork(pets, scale=scale)
    for picture in (Image.new("RGB", (9, 9), "white"), np.ones((9, 9)), [np.full((9, 9), 255)]):
        batch = network.preprocess(picture)
        assert (type(batch), batch.dtype) == (np.ndarray, np.float32)
        np.testing.assert_allclose(batch, white)


def test_network_of_grey_pictures_is_asked_about_a_photograph(cnn):
    network = PretrainedNetwork(cnn, scale=lambda pixels: pixels / 255)
    batch = network.preprocess(sample_image("cat"))
    assert batch.shape == (1, 28, 28, 1)
    grey = np.asarray(network.resize(sample_image("cat")).convert("L")) / np.float32(255)
    np.testing.assert_allclose(batch[0, ..., 0], grey)


def test_network_of_one_output_has_two_names():
    keras.utils.set_random_seed(0)
    model = model_of(layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid"))
    network = PretrainedNetwork(model, ["dark", "bright"])
    ((first, second),) = network.decode(np.array([[0.75]]))
    assert (first, second) == ((1, "bright", 0.75), (0, "dark", 0.25))


def test_subclassed_network_is_known_when_it_has_been_called():
    model = Chain([layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3)])
    model(np.zeros((1, 8, 8, 3), np.float32))
    network = PretrainedNetwork(model, ["cat", "dog", "owl"])
    assert network.image_size == (8, 8)
    assert network.class_names == ["cat", "dog", "owl"]


def of_any_size(*last_layers):
    return model_of(*last_layers, make_input=lambda: keras.Input((None, None, 3)))


def test_network_of_any_size_is_told_the_size():
    model = of_any_size(layers.GlobalAveragePooling2D(), layers.Dense(3))
    with pytest.raises(ValueError, match=r"any size: .* image_size=\(224, 224\)"):
        PretrainedNetwork(model)
    network = PretrainedNetwork(model, image_size=(20, 30))
    assert network.preprocess(sample_image("cat")).shape == (1, 20, 30, 3)


@pytest.mark.parametrize(
    ("model", "options", "error", "remedy"),
    [
        ("pets.keras", {}, TypeError, r"is a str, not a keras.Model: load a file with keras.sav"),
        (None, {"class_names": ["cat", "dog"]}, ValueError, r"2 class names for 5 classes"),
        (None, {"class_names": set(NAMES)}, TypeError, r"a set, which has no order"),
        (None, {"scale": 1 / 255}, TypeError, r"give a function .* lambda pixels: pixels / 255"),
        (None, {"last_conv": "conv_9"}, ValueError, r"no layer 'conv_9'; .* are: .*conv"),
        (
            None,
            {"image_size": (224, 224)},
            ValueError,
            r"takes \(32, 48\): give .* or leave it out",
        ),
        (None, {"image_size": 224}, ValueError, r"image_size is 224, .* give height and width"),
        (of_any_size(), {"image_size": (9, 9)}, ValueError, r"end it in a layer such as Dense"),
    ],
)
def test_network_that_cannot_be_asked_is_refused_with_the_remedy(
    pets, model, options, error, remedy
):
    with pytest.raises(error, match=remedy):
        PretrainedNetwork(model or pets, **options)


# VGG16, whose weights must come from elsewhere


@pytest.mark.parametrize("names", [{"name": "vgg17"}, {"name": "vgg16", "fallback": "vgg17"}])
def test_unknown_network_is_refused_with_the_names_there_are(names):
    with pytest.raises(ValueError, match=r"'vgg17'; there are: vgg16, efficientnet_lite0"):
        load_pretrained(**names)


def test_weights_for_a_network_that_ships_with_them_are_refused():
    with pytest.raises(ValueError, match="efficientnet_lite0 ships with its weights"):
        load_pretrained("efficientnet_lite0", weights="vgg16.h5")


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    """Give the test a cache of Keras's that is empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def test_forbidden_download_is_refused_with_the_remedy(no_weights):
    with pytest.raises(WeightsUnavailable, match=r"GRADCAM_LAB_OFFLINE=1 .*: unset it, or put"):
        load_pretrained("vgg16")


@pytest.mark.parametrize(
    ("weights", "said"),
    [(None, "VGG16's weights are not on this machine"), ("no.h5", "cannot be read at no.h5")],
)
def test_fallback_is_returned_after_saying_so(no_weights, capsys, weights, said):
    fallback = "efficientnet_lite0"
    assert load_pretrained("vgg16", fallback=fallback, weights=weights).name == fallback
    printed = capsys.readouterr().out
    assert said in printed
    assert printed.endswith("Using efficientnet_lite0 instead.\n")


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


def test_vgg16_of_a_file_that_is_given_is_the_network_of_the_course(no_weights):
    path = no_weights / "vgg16.h5"
    path.write_bytes(vgg16_file_of_zeros())
    vgg16 = load_pretrained("vgg16", weights=path)
    assert vgg16.model.count_params() == 138_357_544
    assert " ".join(layer.name for layer in vgg16.model.layers[1:]) == VGG16_LAYERS
    assert (vgg16.name, vgg16.last_conv, vgg16.image_size) == ("vgg16", "block5_conv3", (224, 224))
    red = vgg16.preprocess(Image.new("RGB", (10, 10), "red"))[0, 0, 0]
    np.testing.assert_allclose(red, [-103.939, -116.779, 255 - 123.68])  # BGR minus the mean
    probabilities = vgg16.model(np.zeros((1, 224, 224, 3)), training=False)
    np.testing.assert_allclose(probabilities, np.full((1, 1000), 1 / 1000), rtol=1e-5)


def test_broken_file_in_the_cache_is_named_with_the_remedy(no_weights):
    path = no_weights / "models" / VGG16_FILE
    path.parent.mkdir()
    path.write_bytes(b"half a file")
    with pytest.raises(WeightsUnavailable, match=r"delete it and try again") as error:
        load_pretrained("vgg16")
    assert str(path) in str(error.value)
    assert path.read_bytes() == b"half a file"


def test_pictures_are_prepared_whatever_the_model_was_trained_for():
    model = model_of(layers.Flatten(), layers.Dense(3))
    prepared = PretrainedNetwork(model).preprocess(np.zeros((8, 8), np.float32))
    model.compile("sgd", "mse")
    assert np.array_equal(PretrainedNetwork(model).preprocess(np.zeros((8, 8))), prepared)
