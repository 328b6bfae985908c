#!/bin/bash
# Builds what Binder builds, in a clean virtual environment instead of a container (make binder):
# the pip section of binder/environment.yml, then binder/postBuild in a copy of the repository, with
# a builder that has no network for the weights; then starts Python through binder/start.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
export KERAS_HOME=$folder/keras GRADCAM_LAB_OFFLINE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH GRADCAM_LAB_WEIGHTS

"${PYTHON:-python3}" -m venv "$folder/environment"
export PATH=$folder/environment/bin:$PATH
grep --only-matching '[a-z0-9-]*==.*' binder/environment.yml > "$folder/pins.txt"
pip install --quiet --requirement "$folder/pins.txt"

mkdir "$folder/copy"
git ls-files -z | xargs --null cp --parents --target-directory "$folder/copy"
cd "$folder/copy"
binder/postBuild
pip check
cmp binder/overrides.json "$folder/environment/share/jupyter/lab/settings/overrides.json"

pip freeze --exclude-editable > "$folder/installed.txt"
others=$(grep --line-regexp --fixed-strings --invert-match --file=constraints.txt "$folder/installed.txt" || true)
echo "$(wc --lines < "$folder/installed.txt") packages; not of the tested versions: ${others:-none}"

cd "$folder"  # so that the installed package is imported, not this folder's
copy/binder/start python -c '
import gradcam_lab as lab
explanation = lab.GradCAM(lab.trained_cnn()).explain(lab.load_mnist().test_x[:1])
print("explained a digit at", *explanation.heatmaps)
lab.load_pretrained("vgg16", fallback="efficientnet_lite0")'
