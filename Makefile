PYTHON ?= python3
BIN = .venv/bin
STUDENTS ?= 20

.PHONY: lab test bench bench-browser pod binder class sync real-weights assets

lab: .venv/installed  ## open the lessons in JupyterLab
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 notebooks/01_build_a_cnn.ipynb

test: .venv/installed  ## everything: style, unit tests, browser, lessons
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/pytest

bench: .venv/installed  ## speed and memory, against a plain forward pass
	$(BIN)/python benchmarks/speed.py && $(BIN)/python benchmarks/memory.py && $(BIN)/python benchmarks/vgg16.py

bench-browser: .venv/installed  ## from key to changed pixels, in JupyterLab
	$(BIN)/python benchmarks/browser.py

pod: .venv/installed  ## Binder's limits, rehearsed: every lesson in 2 GB and on one core
	$(BIN)/python benchmarks/pod.py

binder:  ## Binder's image, rehearsed: its packages and postBuild in a clean environment
	PYTHON=$(PYTHON) tools/rehearse_binder.sh

class: build/class/installed  ## rehearse a class on a JupyterHub: memory, answers, failures
	PYTHONPATH=$(CURDIR)/build/class/hub $(BIN)/python -m benchmarks.classroom --students $(STUDENTS)

sync: .venv/installed  ## make the notebooks anew from their .py sources, and run them
	$(BIN)/python tools/sync_lessons.py

real-weights: .venv/installed  ## lesson 3 with the real weights of VGG16 (a download of 528 MB, once)
	$(BIN)/python tools/check_real_weights.py

assets: .venv/installed  ## rebuild gradcam_lab/assets from its sources
	for script in build_digits build_photographs build_class_names convert_efficientnet_lite0 train_cnn; do \
	  $(BIN)/python tools/$$script.py || exit 1; done

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cpu,lab,test]'
	touch $@

build/class/installed: .venv/installed benchmarks/classroom/requirements.txt
	$(BIN)/pip install --quiet --upgrade --target build/class/hub --constraint constraints.txt \
	  --requirement benchmarks/classroom/requirements.txt
	npm install --silent --prefix build/class configurable-http-proxy@5.3.0
	touch $@
