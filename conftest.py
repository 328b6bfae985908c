"""For every test, lessons included: no download, and no weights from the user's own cache."""

import os
from pathlib import Path

os.environ["GRADCAM_LAB_OFFLINE"] = "1"
os.environ["KERAS_HOME"] = str(Path(__file__).parent / "build" / "keras")
for name in ("GRADCAM_LAB_WEIGHTS", "GRADCAM_LAB_WEIGHTS_URL"):
    os.environ.pop(name, None)
