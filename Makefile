PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
STUDENTS ?= 20
# A module or notebook at a time for each worker, the browser's long ones first. Three on two cores:
# while one waits for a server or a page, the others compute.
SIDE_BY_SIDE = --numprocesses=3 --dist=loadscope --no-loadscope-reorder

# What another Python could change: the engine, what it is given, the wiring, and the lessons.
FOR_EVERY_PYTHON = tests/test_any_model.py tests/test_cam.py tests/test_data.py \
  tests/pretrained/test_pretrained.py tests/widgets/test_wiring.py tests/widgets/browser/test_page.py notebooks

.PHONY: lab test test-javascript test-python test-processors bench bench-browser bench-parity pod binder class sync real-weights assets site wheel colab
