"""Grad-CAM for teaching: networks, heatmaps, overlays and live controls, on Keras 3."""

import lazy_loader

# The names stand in __init__.pyi, and each is loaded when it is first used (SPEC 1, as in SciPy):
# so `gradcam-lab --help` need not wait for TensorFlow, and `gradcam-lab doctor` can say why it does
# not start.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
