"""Guided backpropagation: a pass whose gradients go back through each ReLU only where positive."""

from functools import partial

from gradcam_lab import _checks as checks
from gradcam_lab import _rare_models as rare
from gradcam_lab._tensorflow import Tensor, keras, tensorflow
from gradcam_lab._traces import traced
from gradcam_lab.cam import TracedPass
from gradcam_lab.class_scores import class_scores
from gradcam_lab.hooks import Call, forward_hooks, named_layers, run_model

# By the operation, not by the layer: a ReLU may be a layer, an activation, or a user's own code.
_GUIDED = {"Relu": "GradcamLabGuidedRelu", "Relu6": "GradcamLabGuidedRelu6"}


@tensorflow.RegisterGradient(_GUIDED["Relu"])
def _guided_relu(relu: tensorflow.Operation, gradients: Tensor) -> Tensor:
    positive = tensorflow.nn.relu(gradients)
    return tensorflow.raw_ops.ReluGrad(gradients=positive, features=relu.outputs[0])


@tensorflow.RegisterGradient(_GUIDED["Relu6"])
def _guided_relu6(relu: tensorflow.Operation, gradients: Tensor) -> Tensor:
    positive = tensorflow.nn.relu(gradients)
    return tensorflow.raw_ops.Relu6Grad(gradients=positive, features=relu.outputs[0])


def guided_pass(model: keras.Model) -> TracedPass:
    """Return the pass that gives the guided gradients of images; it is traced only once."""
    return traced(model, guided_pass, partial(_trace, model))


def _trace(model: keras.Model) -> TracedPass:
    """Trace as `trace_pass` does, but with the images themselves as the one layer explained."""
    checks.check_model(model)
    calls: list[Call] = []
    shape = checks.input_shape(model)

    def forward_and_back(images: Tensor, targets: Tensor) -> tuple:
        graph = tensorflow.compat.v1.get_default_graph()
        with graph.gradient_override_map(_GUIDED), forward_hooks(named_layers(model), calls.append):
            outputs = rare.choose_output(run_model(model, images), None, model)
        scores, probabilities = class_scores(outputs, calls, "logit")
        predicted = tensorflow.argmax(probabilities, axis=-1)
        targets = tensorflow.where(targets == checks.PREDICTED, predicted, targets)
        target_score = tensorflow.gather(scores, targets, axis=-1, batch_dims=1)
        # Not by a GradientTape: it would not hear of the overrides.
        (gradients,) = tensorflow.gradients(target_score, images)
        return targets, target_score, probabilities, {"images": images}, {"images": gradients}

    graph = tensorflow.function(forward_and_back, autograph=False).get_concrete_function(
        tensorflow.TensorSpec((None, *shape), tensorflow.float32),
        tensorflow.TensorSpec((None,), tensorflow.int64),
    )
    size = rare.bytes_per_pixel(calls, {call.name for call in calls}, shape)
    calls.clear()  # they hold the whole graph
    _, _, probabilities, _, _ = graph.structured_outputs
    return TracedPass(graph, ("images",), probabilities.shape[-1], size)


def gradients_alone(_images: Tensor, gradients: Tensor) -> Tensor:
    """Stand in for a method where the gradients themselves are wanted."""
    return gradients
