import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from weakref import ref

import numpy as np
import pytest
from small_models import IMAGES, Chain, Fragile, Traced, leftovers, model_of

from gradcam_lab import GradCAM, build_cnn, cam, make_gradcam_heatmap, spatial_layers
from gradcam_lab._tensorflow import keras
from gradcam_lab.cam import trace_pass

layers = keras.layers

# Tracing


def test_pass_is_traced_once_whatever_the_pictures_classes_and_their_number():
    traced = Traced()
    model = model_of(traced, layers.Flatten(), layers.Dense(3))
    make_gradcam_heatmap(IMAGES[:1], model, "conv")
    after_the_first = traced.runs
    for target in (None, 0, np.int64(1), 2):
        make_gradcam_heatmap(IMAGES[[1]], model, "conv", target)
    GradCAM(model).explain(IMAGES, [2, 0, 1], "conv")
    GradCAM(model).explain(IMAGES.astype(np.float64)[:2].tolist(), layers=["conv"])
    assert traced.runs == after_the_first


def test_pass_of_score_cam_is_traced_once():
    traced = Traced()
    model = model_of(traced, layers.Flatten(), layers.Dense(3))
    GradCAM(model).explain(IMAGES[:1], method="scorecam", progress=False)
    after_the_first = traced.runs
    GradCAM(model).explain(IMAGES, [2, 0, 1], method="scorecam", progress=False)
    assert traced.runs == after_the_first


def test_weights_that_change_after_tracing_count():
    model = model_of(layers.Flatten(), layers.Dense(3))
    before = GradCAM(model).explain(IMAGES, 1).signed["conv"]
    model.set_weights([2 * weights for weights in model.get_weights()])
    after = GradCAM(model).explain(IMAGES, 1).signed["conv"]
    np.testing.assert_allclose(after, 4 * before, rtol=1e-4, atol=1e-6)


def test_model_is_explained_as_it_answers_not_as_it_trains():
    model = model_of(layers.Dropout(0.9), layers.Flatten(), layers.Dense(3))
    score = GradCAM(model).explain(IMAGES, 1).score
    np.testing.assert_allclose(score, model(IMAGES, training=False)[:, 1], rtol=1e-5)


def small_chain():
    return [layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(3)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: model_of(layers.Flatten(), layers.Dense(3)),
        lambda: keras.Sequential(small_chain()),
        lambda: keras.Sequential([keras.Sequential(small_chain())]),
        lambda: Chain(small_chain()),
    ],
    ids=["functional", "Sequential", "nested", "subclassed"],
)
def test_model_that_nobody_holds_any_more_is_freed(make):
    model = make()
    GradCAM(model).explain(IMAGES)
    GradCAM(model).explain(IMAGES, method="scorecam", progress=False)
    held = ref(model)
    del model
    gc.collect()
    assert held() is None


def test_looking_at_layer_after_layer_warns_of_nothing():
    code = """
import numpy as np, gradcam_lab as lab
for model in (lab.build_cnn(), lab.build_cnn()):
    for layer in lab.spatial_layers(model):
        lab.make_gradcam_heatmap(np.zeros((1, 28, 28, 1)), model, layer)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")


def test_error_in_a_layer_keeps_its_words_and_leaves_the_model_as_it_was():
    fragile = Fragile()
    model = model_of(fragile, layers.Flatten(), layers.Dense(3))
    fragile.broken = True
    with pytest.raises(ArithmeticError, match="the layer is broken"):
        GradCAM(model).explain(IMAGES)
    assert leftovers(model) == []
    fragile.broken = False
    np.testing.assert_allclose(
        GradCAM(model).explain(IMAGES, 1).score, model(IMAGES)[:, 1], rtol=1e-5
    )


def test_layers_are_as_before_when_a_model_is_refused():
    model = model_of(layers.Flatten(), layers.Dense(3, activation="tanh"))
    with pytest.raises(ValueError, match=r"^the model does not end in softmax"):
        GradCAM(model).explain(IMAGES)
    assert leftovers(model) == []


def test_layer_of_several_outputs_may_be_on_the_way():
    model = model_of(
        layers.Reshape((36, 4)), layers.LSTM(3, return_state=True), lambda x: layers.Dense(3)(x[0])
    )
    assert GradCAM(model).explain(IMAGES).signed["conv"].any()


# Parts


@pytest.mark.parametrize("method", ["hirescam", "scorecam"])
def test_batch_that_does_not_fit_into_memory_gives_the_same_in_parts(monkeypatch, method):
    model = model_of(layers.MaxPooling2D(name="pool"), layers.Flatten(), layers.Dense(3))
    options = {"layers": ["conv", "pool"], "method": method, "progress": False}
    whole = GradCAM(model).explain(IMAGES, [2, 0, 1], **options)
    monkeypatch.setattr(cam, "MEMORY", 1)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    in_parts = GradCAM(twin).explain(IMAGES, [2, 0, 1], **options)
    np.testing.assert_allclose(in_parts.score, whole.score, rtol=1e-5)
    np.testing.assert_allclose(in_parts.probabilities, whole.probabilities, rtol=1e-5)
    assert in_parts.target.tolist() == [2, 0, 1]
    for layer in ("conv", "pool"):
        np.testing.assert_allclose(
            in_parts.signed[layer], whole.signed[layer], rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize(("at_once", "sizes"), [(1, [1, 1, 1]), (2, [2, 1]), (3, [3]), (9, [3])])
def test_parts_are_as_large_as_memory_allows(at_once, sizes, sizes_of_parts, monkeypatch):
    model = model_of(layers.Flatten(), layers.Dense(3))
    whole = GradCAM(model).explain(IMAGES)
    per_image = 8 * 8 * trace_pass(model, "logit", None, None).bytes_per_pixel
    monkeypatch.setattr(cam, "MEMORY", 1.01 * at_once * per_image)
    sizes_of_parts.clear()
    in_parts = GradCAM(model).explain(IMAGES)
    np.testing.assert_allclose(in_parts.signed["conv"], whole.signed["conv"], rtol=1e-4, atol=1e-6)
    assert sizes_of_parts == sizes


def test_one_image_at_least_is_explained_at_once(monkeypatch, sizes_of_parts):
    monkeypatch.setattr(cam, "MEMORY", 1)
    GradCAM(model_of(layers.Flatten(), layers.Dense(3))).explain(IMAGES)
    assert sizes_of_parts == [1, 1, 1]


def test_more_layers_take_more_memory():
    def bytes_per_pixel(side, names=("conv",)):
        picture = keras.Input((side, side, 1))
        model = model_of(
            layers.ReLU(name="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
            make_input=lambda: picture,
        )
        return trace_pass(model, "logit", None, names).bytes_per_pixel

    assert bytes_per_pixel(16) < bytes_per_pixel(16, ("conv", "relu"))
    assert bytes_per_pixel(64) == pytest.approx(bytes_per_pixel(None), rel=0.1)


# Threads: a cell runs in one, the callback of a widget in another


def test_passes_of_one_model_can_be_traced_in_several_threads_at_once():
    model, start = build_cnn(), Barrier(4)
    image = np.ones((1, 28, 28, 1), np.float32)

    def look_at(layer):
        start.wait()
        return make_gradcam_heatmap(image, model, layer, 0)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(look_at, spatial_layers(model)))
    alone = GradCAM(model).explain(image, 0).heatmaps.values()
    for heatmap, (expected,) in zip(found, alone, strict=True):
        np.testing.assert_allclose(heatmap, expected, rtol=1e-4, atol=1e-5)


def test_model_can_run_in_another_thread_while_its_pass_is_traced():
    model, running, stop = build_cnn(), Event(), Event()
    image = np.ones((1, 28, 28, 1), np.float32)

    def keep_running():
        while not stop.is_set():
            model(image, training=False)
            running.set()

    thread = Thread(target=keep_running)
    thread.start()
    try:
        running.wait(10)
        explanation = GradCAM(model).explain(image)
    finally:
        stop.set()
        thread.join()
    np.testing.assert_allclose(explanation.probabilities, model(image), rtol=1e-4)


def test_layers_that_are_exchanged_after_tracing_count():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)]
    )
    assert GradCAM(model).explain(IMAGES).probabilities.shape == (3, 3)
    model.pop()
    model.add(layers.Dense(5))
    assert GradCAM(model).explain(IMAGES).probabilities.shape == (3, 5)
