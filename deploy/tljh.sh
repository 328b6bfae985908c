#!/bin/bash
# Installs the lab on a server with The Littlest JupyterHub, for every student: deploy/tljh.sh
set -euo pipefail
cd "$(dirname "$0")/.."
wheel=$(realpath dist/gradcam_lab-*.whl) # made by make wheel
user=/opt/tljh/user

sudo -E "$user/bin/pip" install --constraint constraints.txt "$wheel[cpu]" koreanize-matplotlib
sudo install -D --mode=644 binder/overrides.json "$user/share/jupyter/lab/settings/overrides.json"
sudo install -D --mode=644 deploy/jupyterhub_config.py /opt/tljh/config/jupyterhub_config.d/gradcam.py

sudo tljh-config set limits.memory 2G           # for a student; TLJH has no guarantee
sudo tljh-config set services.cull.timeout 5400 # idle seconds: longer than a lesson and its break
sudo tljh-config reload
echo "Students open a terminal and say: gradcam-lab lessons --no-open. Or send them nbgitpuller's links:"
echo "gradcam-lab links OWNER/REPO --hub https://YOUR-HUB"
