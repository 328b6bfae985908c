from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_lab import (
    AnatomyExplorer,
    GradCAM,
    GradCAMComparison,
    GradCAMExplorer,
    MethodComparison,
    TargetComparison,
    make_gradcam_heatmap,
    sample_image,
)
from gradcam_lab._checks import check_class_names, check_shape
from gradcam_lab._tensorflow import tensorflow

PICTURES = np.zeros((3, 28, 28, 1), np.float32)
DATASET = tensorflow.data.Dataset.from_tensor_slices((PICTURES, [1, 2, 3])).batch(2)


class Frame:
    """Stands for a table of pandas, which is not installed where the tests run."""

    columns = ("label", "pixel0")

    def __len__(self):
        return 3


# What is brought as images


ASKERS = {
    "explorer": GradCAMExplorer,
    "anatomy": AnatomyExplorer,
    "comparison": lambda cnn, images: GradCAMComparison(cnn, images, [1, 2, 3], [1]),
    "methods": MethodComparison,
    "targets": lambda cnn, images: TargetComparison(cnn, images, [3]),
    "engine": lambda cnn, images: GradCAM(cnn).explain(images),
    "heatmap": lambda cnn, images: make_gradcam_heatmap(images, cnn),
}


@pytest.fixture(params=ASKERS)
def ask(request, cnn):
    return lambda images: ASKERS[request.param](cnn, images)


@pytest.mark.parametrize(
    ("images", "remedy"),
    [
        (sample_image("cat"), r"give \[Image.open\(path\)\]"),
        ("cat.jpg", r"give \[Image.open\(path\)\]"),
        (Path("cat.jpg"), r"give \[Image.open\(path\)\]"),
        (["cat.jpg", "dog.jpg"], r"\[Image.open\(path\) for path in paths\]"),
        (np.array(["cat.jpg", "dog.jpg"]), r"\[Image.open\(path\) for path in paths\]"),
        (DATASET, r"of a dataset a batch, images, labels = next\(iter\(dataset\)\)"),
        ({"cat": PICTURES}, r"is a dict: .* of a dict one of its arrays"),
        ((picture for picture in PICTURES), r"is a generator: .* list\(images\)"),
        ({1, 2}, r"is a set: give an array"),
        (None, r"is a NoneType: give an array"),
        (7, r"is a int: give an array"),
        (np.float32(7), r"is a float32: give an array"),
        (tensorflow.ragged.constant([[1], [1, 2]]), r"is a RaggedTensor: give an array"),
        (Frame(), r"is a Frame: .*to_numpy\(\).reshape\(-1, height, width, channels\)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_array_or_list_of_pictures_is_refused_with_the_remedy(ask, images, remedy):
    with pytest.raises(TypeError, match=remedy):
        ask(images)


@pytest.mark.parametrize(
    ("images", "remedy"),
    [
        (
            (PICTURES, np.arange(3)),
            r"images\[0\] is a ndarray of the shape \(3, 28, 28, 1\) and no",
        ),
        ([(PICTURES[0], 1), (PICTURES[1], 2)], r"of pairs, .* give the images alone"),
        ([[[1], [1, 2]]], r"images\[0\] is a list of the shape \(\) and no picture"),
        ([{}], r"images\[0\] is a dict"),
        (np.array([None, None]), r"images\[0\] is a NoneType"),
        (PICTURES[0], r"keep the batch axis, as in images\[\[i\]\], .* images\[np.newaxis\]"),
        (PICTURES[..., 0], r"add the axis of channels with images\[..., np.newaxis\]"),
        (PICTURES[:0], r"give at least one"),
        ([], r"give at least one"),
    ],
)
def test_images_that_do_not_fit_are_refused_with_the_remedy(ask, images, remedy):
    with pytest.raises(ValueError, match=remedy):
        ask(images)


@pytest.mark.parametrize(
    "images",
    [
        list(PICTURES),
        tuple(PICTURES),
        PICTURES.tolist(),
        np.array([*PICTURES, None], dtype=object)[:3],
        tensorflow.constant(PICTURES),
        next(iter(DATASET.unbatch().batch(3)))[0],
    ],
    ids=["list", "tuple", "numbers", "objects", "tensor", "batch"],
)
def test_pictures_in_any_sequence_are_taken(cnn, images):
    assert GradCAM(cnn).explain(images).target.shape == (3,)
    assert GradCAMExplorer(cnn, images).explanation.target.shape == (1,)


@pytest.mark.parametrize("container", [np.asarray, list])
def test_pictures_of_another_size_are_refused_when_the_explorer_is_made(cnn, container):
    with pytest.raises(ValueError, match=r"27, 28, 1\), but the model takes \(n, 28, .* resize"):
        GradCAMExplorer(cnn, container(PICTURES[:, :27]))


def test_pictures_of_several_sizes_are_refused_by_the_engine_with_the_remedy(cnn):
    with pytest.raises(ValueError, match=r"differ in size.*preprocess\(pictures\)"):
        GradCAM(cnn).explain([PICTURES[0], PICTURES[0, :9]])


@pytest.mark.parametrize(
    ("shape", "expected", "code"),
    [
        ((28, 28, 1), (28, 28, 1), "images[np.newaxis]"),
        ((28, 28), (28, 28, 1), "images[np.newaxis, ..., np.newaxis]"),
        ((5, 28, 28), (28, 28, 1), "images[..., np.newaxis]"),
        ((5, 28, 28), (None, None, None), "images[..., np.newaxis]"),
        ((5, 784), (28, 28, 1), "images.reshape(-1, 28, 28, 1)"),
        ((5, 40, 30), (None, None, 3), "np.repeat(images[..., np.newaxis], 3, axis=-1)"),
        ((5, 40, 30, 1), (40, 30, 3), "np.repeat(images, 3, axis=-1)"),
        ((5, 40, 30, 3), (40, 30, 1), "images.mean(axis=-1, keepdims=True)"),
        ((5, 40, 30, 4), (40, 30, 3), "images[..., :3]"),
        ((5, 3, 40, 30), (40, 30, 3), "np.moveaxis(images, 1, -1)"),
    ],
)
def test_the_remedy_for_a_shape_gives_the_shape_that_the_model_takes(shape, expected, code):
    with pytest.raises(ValueError, match=r"but the model takes") as refusal:
        check_shape(shape, expected)
    assert str(refusal.value).endswith(f" {code}")
    check_shape(eval(code, {"images": np.zeros(shape), "np": np}).shape, expected)


def test_photograph_without_its_batch_axis_is_refused_by_the_explorer_of_a_network(network):
    with pytest.raises(ValueError, match=r"\(300, 400, 3\), which is one picture at most: keep"):
        GradCAMExplorer(network, np.zeros((300, 400, 3), np.uint8))


# Ranges


@pytest.mark.parametrize("images", [PICTURES - 1, [PICTURES[0], PICTURES[0] + 300]])
def test_images_that_were_prepared_already_are_refused_by_explorers_with_the_remedy(cnn, images):
    with pytest.raises(ValueError, match=r"before its preprocessing.*`scale` of a Pretrained"):
        GradCAMExplorer(cnn, images)


def test_dark_picture_of_a_bright_batch_is_shown_dark(cnn, find, pixels):
    images = np.zeros((2, 28, 28, 1), np.float32)
    images[0], images[1] = 1, 255
    view = find(GradCAMExplorer(cnn, images), "gradcam-view")
    assert (pixels(view) == 1).all()


def test_network_sees_a_dark_picture_of_a_bright_batch_dark(network):
    images = np.stack([np.ones((224, 224, 3), np.float32), np.full((224, 224, 3), 255.0)])
    (dark,), (bright,) = (GradCAMExplorer(network, images)._batch(i) for i in (0, 1))
    assert (dark == -126 / 128).all()  # (1 - 127) / 128
    assert (bright == 1).all()
    assert np.array_equal(network.preprocess(images), [dark, bright])


# A large photograph


def test_photograph_is_converted_once_for_the_screen_and_once_for_the_network(
    network, monkeypatch, tmp_path
):
    converted = []
    load = Image.Image.convert
    monkeypatch.setattr(
        Image.Image,
        "convert",
        lambda self, *args, **options: (
            (self.size == (2400, 1800) and converted.append(args)) or load(self, *args, **options)
        ),
    )
    explorer = GradCAMExplorer(network, [sample_image("cat").resize((2400, 1800))])
    explorer.target = 3
    explorer.method = "hirescam"
    explorer.layer = explorer.layers[0]
    explorer.save(tmp_path / "cam.png")
    assert len(converted) == 2


# Class names


@pytest.mark.parametrize(
    "names",
    [
        ["cat", "dog", "owl"],
        ("cat", "dog", "owl"),
        np.array(["cat", "dog", "owl"]),
        [b"cat", b"dog", b"owl"],
        {"a": "cat", "b": "dog", "c": "owl"}.values(),
        {2: "owl", 0: "cat", 1: "dog"},
        {np.int64(2): "owl", np.int64(0): "cat", np.int64(1): "dog"},
        {"2": "owl", "0": "cat", "1": "dog"},  # as JSON writes it
        {"owl": 2, "cat": 0, "dog": 1},  # Keras's class_indices
        (name for name in ["cat", "dog", "owl"]),
    ],
    ids=lambda names: type(names).__name__,
)
def test_class_names_stand_in_the_order_of_the_classes(names):
    assert check_class_names(names, 3) == ["cat", "dog", "owl"]


@pytest.mark.parametrize(
    ("names", "error", "remedy"),
    [
        ({"cat"}, TypeError, r"is a set, which has no order of names: give a list"),
        ("ab", TypeError, r"is a str, .* such as \[\"cat\", \"dog\"\]"),
        (2, TypeError, r"is a int, .* give a list"),
        ({1: "cat", 2: "dog"}, ValueError, r"neither its keys nor its values are .* 0 to 1"),
        ({"cat": "Katze", "dog": "Hund"}, ValueError, r"give a list of the names in the order"),
        ({0: "cat", 1: "dog", 2: "owl"}, ValueError, r"3 class names for 2 classes"),
        (["cat", None], TypeError, r"class name None is a NoneType: give strings"),
        ({"0": ["n01", "cat"], "1": ["n02", "dog"]}, TypeError, r"\['n01', 'cat'\] is a list"),
    ],
    ids=str,
)
def test_class_names_without_an_order_are_refused_with_the_remedy(names, error, remedy):
    with pytest.raises(error, match=remedy):
        check_class_names(names, 2)


def test_name_of_several_classes_gets_their_numbers():
    names = check_class_names(["crane", "owl", "crane"], 3)
    assert names == ["crane (0)", "owl", "crane (2)"]


def test_explorer_takes_its_names_from_a_dict(brightness, read):
    images = np.ones((1, 4, 4, 1), np.float32)
    explorer = GradCAMExplorer(brightness, images, class_names={1: "dark", 0: "bright"})
    assert "says bright" in read(explorer)
