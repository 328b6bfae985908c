"""``python -m gradcam_lab``: the command ``gradcam-lab``."""

import sys

from gradcam_lab.classroom.command import main

sys.exit(main())
