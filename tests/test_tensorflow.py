import os
import subprocess
import sys

import pytest

WITHOUT = """
import sys

import pytest

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
import gradcam_lab
gradcam_lab.GradCAM
"""


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )


def test_package_itself_loads_no_tensorflow():
    run = run_python("import gradcam_lab, sys; print('tensorflow' in sys.modules)")
    assert (run.stdout, run.stderr) == ("False\n", "")


@pytest.mark.thorough
def test_script_of_any_name_gets_the_whole_package(tmp_path):
    script = tmp_path / "gradcam-lab"
    script.write_text("import gradcam_lab as lab; print(lab.METHODS['gradcam'].__name__)")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("grad_cam\n", "")


def test_import_prints_nothing():
    run = run_python("from gradcam_lab import keras, tensorflow")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.thorough
def test_errors_after_the_import_are_seen():
    run = run_python("from gradcam_lab import keras; import os; os.write(2, b'seen')")
    assert run.stderr == "seen"


def test_import_without_tensorflow_names_the_two_ways_to_install_it():
    last_line = run_python(WITHOUT).stderr.strip().splitlines()[-1]
    assert last_line.startswith("ModuleNotFoundError: gradcam_lab needs TensorFlow")
    assert "gradcam-lab[cpu]" in last_line
    assert "gradcam-lab[gpu]" in last_line


def test_keras_on_another_backend_is_refused_with_the_remedy():
    last_line = run_python("import gradcam_lab.cam", KERAS_BACKEND="numpy").stderr.splitlines()[-1]
    assert last_line.startswith("ImportError")
    assert "KERAS_BACKEND=tensorflow" in last_line
