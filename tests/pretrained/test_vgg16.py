import gc
import subprocess
import sys
import weakref
from pathlib import Path

import h5py
import numpy as np
import pytest
from small_models import half_precision

from benchmarks.vgg16_weights import write_random_weights
from gradcam_lab._tensorflow import keras, tensorflow
from gradcam_lab.pretrained import vgg16
from gradcam_lab.pretrained.vgg16 import (
    ALIGNMENT,
    aligned_empty,
    apply_filled,
    as_tensor,
    load_vgg16,
)

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)


def small_layers():
    """Return what VGG16 is made of, of each kind more than one, in small."""
    conv, dense = keras.layers.Conv2D, keras.layers.Dense
    return [
        conv(4, 3, activation="relu", name="block1_conv1"),
        conv(5, 3, name="block1_conv2"),
        keras.layers.MaxPooling2D(name="block1_pool"),
        keras.layers.Flatten(name="flatten"),
        dense(6, activation="relu", name="fc1"),
        dense(7, activation="softmax", name="predictions"),
    ]


def small_model(path=None):
    """Return the small network, filled from a file, or as Keras itself fills it."""
    x = picture = keras.Input((8, 8, 3), name="picture")
    if path is not None:
        return keras.Model(picture, apply_filled(small_layers(), picture, path), name="small")
    for layer in small_layers():
        x = layer(x)
    model = keras.Model(picture, x, name="small")
    model.set_weights([RANDOM.uniform(-1, 1, weight.shape) for weight in model.weights])
    return model


def save_legacy(model, path, name="{layer}_{kind}_1:0", **options):
    """Save weights as Keras saved VGG16's, or with other names, or with options of HDF5's."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group, weights = file.create_group(layer.name), layer.get_weights()
            kinds = ["W", "b"][: len(weights)]
            names = [name.format(layer=layer.name, kind=kind) for kind in kinds]
            group.attrs["weight_names"] = [each.encode() for each in names]
            for each, weight in zip(names, weights, strict=True):
                group.create_dataset(each, data=weight, **options)


@pytest.fixture(scope="module")
def small():
    return small_model()


SAVED_AS = {
    "legacy": save_legacy,
    "legacy, names of a later Keras": lambda model, path: save_legacy(
        model, path, name="{layer}/{kind}:0"
    ),
    "legacy, compressed": lambda model, path: save_legacy(model, path, compression="gzip"),
    "legacy, doubles of the other byte order": lambda model, path: save_legacy(
        model, path, dtype=">f8"
    ),
    "Keras 3": lambda model, path: model.save_weights(path),
}


@pytest.mark.parametrize("save", SAVED_AS.values(), ids=SAVED_AS)
def test_network_from_a_file_is_the_one_that_was_saved(small, tmp_path, save):
    path = tmp_path / "small.weights.h5"
    save(small, path)
    filled = small_model(path)
    np.testing.assert_array_equal(filled(IMAGES), small(IMAGES))
    assert filled.get_config() == small.get_config()
    assert [each.path for each in filled.weights] == [each.path for each in small.weights]


@pytest.fixture
def legacy_file(small, tmp_path):
    path = tmp_path / "small.h5"
    save_legacy(small, path)
    return path


# Memory


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 3, 3, 64), (4096, 100), (2000, 1000)])
def test_new_memory_starts_where_tensorflow_wants_it(shape):
    kept = [aligned_empty(shape) for _ in range(20)]
    assert {array.ctypes.data % ALIGNMENT for array in kept} == {0}
    assert {(array.shape, array.dtype.name, array.flags.writeable) for array in kept} == {
        (shape, "float32", True)
    }


@pytest.mark.parametrize("amiss", [4, 16, 32])
def test_memory_that_starts_amiss_is_refused(amiss):
    memory = aligned_empty([64])
    with pytest.raises(ValueError, match="does not start at a multiple of 64 bytes"):
        as_tensor(memory[amiss // 4 :])


def address(tensor):
    return np.asarray(memoryview(tensor)).ctypes.data


def test_weights_lie_in_the_memory_that_they_were_read_into(legacy_file, monkeypatch):
    read_into = []

    def remembering(shape):
        array = aligned_empty(shape)
        read_into.append(array.ctypes.data)
        return array

    monkeypatch.setattr(vgg16, "aligned_empty", remembering)
    model = small_model(legacy_file)
    assert [address(each.value.read_value()) for each in model.weights] == read_into


def test_memory_lives_as_long_as_the_tensor():
    array = aligned_empty([1000])
    array[:] = 7
    alive, tensor = weakref.ref(array), as_tensor(array)
    variable = tensorflow.Variable(tensor)
    del array, tensor
    gc.collect()
    assert alive() is not None
    assert (variable.numpy() == 7).all()
    del variable
    gc.collect()
    assert alive() is None


# A filled network is like any other


def test_filled_network_takes_new_weights(legacy_file):
    model = small_model(legacy_file)
    model.set_weights([np.ones(weight.shape) for weight in model.weights])
    assert all((weight.numpy() == 1).all() for weight in model.weights)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_filled_network_trains_as_the_saved_one_and_leaves_the_file_alone(
    small, legacy_file, optimizer
):
    content, stock = legacy_file.read_bytes(), keras.models.clone_model(small)
    stock.set_weights(small.get_weights())
    filled = small_model(legacy_file)
    for model in (stock, filled):
        model.compile(optimizer, "sparse_categorical_crossentropy")
        for _ in range(3):
            model.train_on_batch(IMAGES, np.array([0, 1]))
    moved = np.array(filled(IMAGES))
    np.testing.assert_allclose(moved, stock(IMAGES), rtol=1e-4)
    assert np.abs(moved - small(IMAGES)).max() > 1e-4
    assert legacy_file.read_bytes() == content


def test_filled_network_is_saved_and_loaded_by_plain_keras(small, legacy_file, tmp_path):
    small_model(legacy_file).save(tmp_path / "small.keras")
    loaded = keras.saving.load_model(tmp_path / "small.keras")
    np.testing.assert_array_equal(loaded(IMAGES), small(IMAGES))


@half_precision
def test_half_precision_computes_with_the_weights_in_full(legacy_file):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = small_model(legacy_file)
    finally:
        keras.config.set_dtype_policy("float32")
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert model(IMAGES).dtype == "float16"


# Files that are not VGG16's


def without_a_layer(path):
    with h5py.File(path, "a") as file:
        del file["predictions"]


def without_a_bias(path):
    with h5py.File(path, "a") as file:
        file["fc1"].attrs["weight_names"] = file["fc1"].attrs["weight_names"][:1]


def of_another_shape(path):
    with h5py.File(path, "a") as file:
        del file["predictions/predictions_W_1:0"]
        file["predictions/predictions_W_1:0"] = np.zeros((6, 10))


def with_a_folder_for_a_weight(path):
    with h5py.File(path, "a") as file:
        del file["fc1/fc1_W_1:0"]
        file.create_group("fc1/fc1_W_1:0")


def with_words_for_numbers(path):
    with h5py.File(path, "a") as file:
        del file["fc1/fc1_b_1:0"]
        file["fc1/fc1_b_1:0"] = ["word"] * 6


FAULTS = {
    "no HDF5": lambda path: path.write_bytes(b"half a file"),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "other HDF5": lambda path: h5py.File(path, "w").close(),
    "Keras 3, other network": lambda path: keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1)]
    ).save_weights(path),
} | {
    each.__name__.replace("_", " "): each
    for each in (
        without_a_layer,
        without_a_bias,
        of_another_shape,
        with_a_folder_for_a_weight,
        with_words_for_numbers,
    )
}


@pytest.mark.parametrize("break_file", FAULTS.values(), ids=FAULTS)
def test_wrong_file_is_refused_by_name_and_with_the_remedy(small, tmp_path, break_file):
    path = tmp_path / "wrong.weights.h5"
    save_legacy(small, path)
    break_file(path)
    with pytest.raises(ValueError, match="delete it and try again, or name another") as error:
        small_model(path)
    assert str(path) in str(error.value)


def test_wrong_shape_is_named(small, legacy_file):
    of_another_shape(legacy_file)
    with pytest.raises(ValueError, match=r"predictions_W_1:0.*\(6, 10\).* not of shape \(6, 7\)"):
        small_model(legacy_file)


def test_missing_weight_is_told_by_its_layer(small, legacy_file):
    without_a_bias(legacy_file)
    with pytest.raises(ValueError, match="layer fc1 has 1 weights and not 2"):
        small_model(legacy_file)


def test_missing_file_is_said_to_be_missing_and_not_to_be_wrong(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.h5"):
        load_vgg16(tmp_path / "none.h5")


# The real size


@pytest.fixture(scope="module")
def full_size_file(tmp_path_factory):
    """Write random weights in the layout of the official file, 553 MB, and remove them again."""
    path = tmp_path_factory.mktemp("vgg16") / "vgg16.h5"
    write_random_weights(path)
    yield path
    path.unlink()


def described(model):
    """Return all that a model says of itself, but for the number that Keras gives its input."""
    return str(model.get_config()).replace(model.layers[0].name, "picture")


@pytest.mark.thorough
def test_vgg16_is_keras_own_network_with_the_same_outputs(full_size_file):
    picture = RANDOM.uniform(-120, 130, (1, 224, 224, 3)).astype(np.float32)
    stock = keras.applications.VGG16(weights=full_size_file)
    description, answer = described(stock), np.array(stock(picture, training=False))
    paths = [(each.path, each.shape) for each in stock.weights]
    del stock
    gc.collect()
    ours = load_vgg16(full_size_file)
    assert described(ours) == description
    assert [(each.path, each.shape) for each in ours.weights] == paths
    assert ours.count_params() == 138_357_544
    assert answer.std() > 1e-4  # not the same for every class
    np.testing.assert_allclose(ours(picture, training=False), answer, rtol=0, atol=1e-5)


PEAKS = """
import sys
from pathlib import Path
import numpy as np
from gradcam_lab import GradCAM
from gradcam_lab.pretrained.vgg16 import load_vgg16

def peak():
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1000

before = peak()
model = load_vgg16(sys.argv[1])
loaded = peak()
GradCAM(model).explain(np.zeros((1, 224, 224, 3), np.float32), layers="block5_conv3")
print(before, loaded, peak())
"""


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_vgg16_takes_the_memory_of_its_weights_once(full_size_file):
    run = subprocess.run(
        [sys.executable, "-c", PEAKS, full_size_file], check=True, capture_output=True, text=True
    )
    before, loaded, explained = map(float, run.stdout.split())
    assert loaded - before < 1.15 * 553
    assert explained - before < 1.35 * 553
    assert explained < 1500
