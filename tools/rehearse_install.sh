#!/bin/bash
# Builds the wheel into dist/, lists what it holds, and installs it where nothing else is (make wheel):
# two commands bring a student from pip to lesson 1, which is then run. The versions are today's, not
# those of constraints.txt: pip gives a student no others.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 GRADCAM_LAB_OFFLINE=1
rm -f dist/gradcam_lab-*.whl
"${PYTHON:-.venv/bin/python}" -m hatchling build --target wheel --directory dist
wheel=$(realpath dist/gradcam_lab-*.whl)
"${PYTHON:-.venv/bin/python}" - "$wheel" << 'END'
import sys
from collections import Counter
from zipfile import ZipFile

sizes = Counter()
for file in ZipFile(sys.argv[1]).infolist():
    sizes["/".join(file.filename.split("/")[:-1])] += file.compress_size
for folder, size in sorted(sizes.items()):
    print(f"{size / 1e6:7.2f} MB  {folder}")
print(f"{sizes.total() / 1e6:7.2f} MB  {sys.argv[1]}")
END
if [ "${1:-}" = --no-install ]; then exit; fi

folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
unset PYTHONPATH
"${PYTHON:-.venv/bin/python}" -m venv "$folder/environment"
export PATH=$folder/environment/bin:$PATH
cd "$folder"
pip install --quiet "$wheel[cpu,lab]"
gradcam-lab lessons --no-open
gradcam-lab doctor

pip install --quiet pytest nbval
pytest --quiet --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
  gradcam_lessons/01_build_a_cnn.ipynb
