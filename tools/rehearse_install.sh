#!/bin/bash
# Lists what the wheel in dist/ holds, and installs it where nothing else is (make pip): two commands
# bring a student from pip to lesson 1, which is then run. Versions are today's, not those of
# constraints.txt: pip gives a student no others.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 GRADCAM_LAB_OFFLINE=1
unset PYTHONPATH GRADCAM_LAB_WEIGHTS
wheel=$(realpath dist/gradcam_lab-*.whl)
"${PYTHON:-python3}" - "$wheel" << 'END'
import sys
from collections import Counter
from zipfile import ZipFile

sizes = Counter()
for file in ZipFile(sys.argv[1]).infolist():
    sizes[file.filename.rpartition("/")[0]] += file.compress_size
for folder, size in sorted(sizes.items()):
    print(f"{size / 1e6:6.2f} MB  {folder}")
print(f"{sizes.total() / 1e6:6.2f} MB  in all")
END

folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/environment"
export PATH=$folder/environment/bin:$PATH
cd "$folder"
pip install --quiet "$wheel[cpu,lab]"
gradcam-lab lessons --no-open

gradcam-lab doctor
pip install --quiet pytest nbval
pytest --quiet --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
  gradcam_lessons/01_build_a_cnn.ipynb
