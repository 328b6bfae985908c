"""The command ``gradcam-lab``, and checks of answers: no TensorFlow before it is needed."""
