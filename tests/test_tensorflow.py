import os
import subprocess
import sys

WITHOUT = """
import sys

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
import gradcam_lab
"""


def run_python(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )


def test_import_prints_nothing():
    run = run_python("import gradcam_lab")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_errors_after_the_import_are_seen():
    run = run_python("import gradcam_lab, os; os.write(2, b'seen')")
    assert run.stderr == "seen"


def test_import_without_tensorflow_names_the_two_ways_to_install_it():
    last_line = run_python(WITHOUT).stderr.strip().splitlines()[-1]
    assert last_line.startswith("ModuleNotFoundError: gradcam_lab needs TensorFlow")
    assert "gradcam-lab[cpu]" in last_line
    assert "gradcam-lab[gpu]" in last_line


def test_keras_on_another_backend_is_refused_with_the_remedy():
    last_line = run_python("import gradcam_lab", KERAS_BACKEND="numpy").stderr.splitlines()[-1]
    assert last_line.startswith("ImportError")
    assert "KERAS_BACKEND=tensorflow" in last_line
