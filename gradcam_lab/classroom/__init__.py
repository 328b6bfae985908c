"""The command ``gradcam-lab``, for whoever sets up a lab: no TensorFlow before it is needed."""
