"""Grad-CAM for teaching: networks, heatmaps, overlays and live controls, on Keras 3."""

import sys
from pathlib import Path

# Whoever imports this package gets TensorFlow with it, before a lesson's own `import tensorflow`
# could print its banner. The command alone does without: it answers in 0.1 s instead of 3, and it
# is what tells why TensorFlow does not start. (A package of lazy names would have to know, too,
# who asks: the lessons rely on the early import.)
_PROGRAM = Path(sys.argv[0]).name if sys.argv else ""  # "-m" while Python looks for a module
if _PROGRAM not in ("gradcam-lab", "gradcam-lab.exe") and not (
    _PROGRAM == "-m" and "gradcam_lab" in sys.orig_argv
):
    from gradcam_lab.anatomy import AnatomyExplorer
    from gradcam_lab.browser.heatmap_view import HeatmapView
    from gradcam_lab.cam import Explanation, GradCAM, make_gradcam_heatmap
    from gradcam_lab.comparison import GradCAMComparison
    from gradcam_lab.data import Digits, load_mnist, sample_image, sample_images
    from gradcam_lab.drawing_explorer import DrawingExplorer
    from gradcam_lab.explorer import GradCAMExplorer
    from gradcam_lab.layers import spatial_layers
    from gradcam_lab.methods import METHODS
    from gradcam_lab.networks import build_cnn, trained_cnn
    from gradcam_lab.overlay import save_and_display_gradcam, superimpose
    from gradcam_lab.own_picture import OwnPictureExplorer
    from gradcam_lab.pretrained import PretrainedNetwork, WeightsUnavailable, load_pretrained
    from gradcam_lab.question_comparison import MethodComparison, TargetComparison

__all__ = [
    "METHODS",
    "AnatomyExplorer",
    "Digits",
    "DrawingExplorer",
    "Explanation",
    "GradCAM",
    "GradCAMComparison",
    "GradCAMExplorer",
    "HeatmapView",
    "MethodComparison",
    "OwnPictureExplorer",
    "PretrainedNetwork",
    "TargetComparison",
    "WeightsUnavailable",
    "build_cnn",
    "load_mnist",
    "load_pretrained",
    "make_gradcam_heatmap",
    "sample_image",
    "sample_images",
    "save_and_display_gradcam",
    "spatial_layers",
    "superimpose",
    "trained_cnn",
]
