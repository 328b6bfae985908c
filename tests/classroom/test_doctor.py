import json
import os
import subprocess
import sys
from collections import Counter

import h5py
import pytest

from gradcam_lab._tensorflow import keras
from gradcam_lab.classroom import doctor
from gradcam_lab.pretrained.weights import VGG16_FILE, vgg16_shapes


@pytest.fixture(autouse=True)
def cached(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / VGG16_FILE


def seen(check):
    return [finding.seen for finding in check()]


def faults(check):
    return {finding.seen: finding.remedy for finding in check() if finding.remedy}


@pytest.mark.parametrize("check", doctor.CHECKS, ids=lambda check: check.__name__)
def test_environment_of_the_tests_has_no_fault(check):
    assert faults(check) == {}


def test_exit_code_is_0_without_a_fault_and_1_with_one(monkeypatch, capsys):
    fine, faulty = doctor.Finding("fine"), doctor.Finding("faulty", "Mend it.")
    monkeypatch.setattr(doctor, "CHECKS", (lambda: [fine],))
    assert doctor.examine() == 0
    assert capsys.readouterr().out == "ok     fine\nNo faults.\n"
    monkeypatch.setattr(doctor, "CHECKS", (lambda: [fine, faulty],))
    assert doctor.examine() == 1
    assert "ok     fine\nFAULT  faulty\n       -> Mend it.\n" in capsys.readouterr().out


ONE_CHECK = """
import sys
from gradcam_lab.classroom import doctor
doctor.CHECKS = (doctor.check_networks,)
sys.exit(doctor.examine())
"""


@pytest.mark.parametrize("package", ["requests", "filelock"])
def test_package_that_downloads_need_is_a_finding_where_it_is_missing(tmp_path, package):
    why = f"No module named '{package}'"
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError({why!r})")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", ONE_CHECK],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert "ok     the course's CNN: shipped" in run.stdout
    assert f"FAULT  vgg16: not looked for ({why})\n       -> pip install" in run.stdout


@pytest.mark.parametrize("package", ["numpy", "PIL", "matplotlib", "ipywidgets", "tensorflow"])
def test_doctor_itself_starts_whatever_package_is_damaged(tmp_path, package):
    (tmp_path / f"{package}.py").write_text("raise ImportError('damaged')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    code = "import gradcam_lab.classroom.doctor"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


@pytest.mark.parametrize(
    ("tensorflow", "said"),
    [
        (
            "raise ModuleNotFoundError('No module named tensorflow', name='tensorflow')",
            "TensorFlow does not start\n       -> gradcam_lab needs TensorFlow",
        ),
        (
            "raise ImportError('numpy.core failed\\n\\nto import')",
            "TensorFlow does not start\n       -> ImportError: numpy.core failed to import (some",
        ),
        (
            "raise AttributeError('_ARRAY_API not found')",
            "TensorFlow does not start\n       -> AttributeError: _ARRAY_API not found (some",
        ),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGILL)",
            "TensorFlow ends Python while it starts (exit code -4)\n       -> Its wheels need",
        ),
        ("import os; os.abort()", "TensorFlow ends Python while it starts (exit code -6)"),
    ],
    ids=["missing", "import error", "other error", "illegal instruction", "abort"],
)
def test_tensorflow_that_does_not_start_is_a_finding_and_no_crash(
    tmp_path, monkeypatch, capsys, tensorflow, said
):
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text(tensorflow)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_tensorflow,))
    assert doctor.examine() == 1
    assert f"FAULT  {said}" in capsys.readouterr().out


def test_python_out_of_range_is_a_fault(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.1")
    assert "Make an environment with Python" in faults(doctor.check_python)["Python 3.9.1"]


def test_package_that_is_not_installed_is_a_fault(monkeypatch):
    monkeypatch.setattr(doctor, "metadata", missing)
    assert list(faults(doctor.check_python)) == ["gradcam-lab is not installed"]
    assert seen(doctor.check_packages) == []


def missing(name):
    raise doctor.PackageNotFoundError(name)


@pytest.mark.parametrize(
    ("version", "said"), [("7.8.5", "ipywidgets 7.8.5"), (None, "ipywidgets is not installed")]
)
def test_old_or_missing_dependency_is_a_fault(monkeypatch, version, said):
    true = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda n: version if n == "ipywidgets" else true(n))
    assert faults(doctor.check_packages) == {said: "pip install 'ipywidgets>=8.1'"}


@pytest.mark.parametrize(
    ("limit", "said", "fault"),
    [
        (None, "memory 8.0 GB", False),
        (2e9, "memory 2.0 GB (a limit; the machine has 8.0 GB)", False),
        (1.2e9, "the machine has 8.0 GB); VGG16 needs 1.6 GB, lesson 3 has a smaller", False),
        (0.5e9, "memory 0.5 GB (a limit; the machine has 8.0 GB)", True),
    ],
)
def test_memory_is_that_which_is_granted(monkeypatch, limit, said, fault):
    monkeypatch.setattr(doctor, "machine_memory", lambda: int(8e9))
    monkeypatch.setattr(doctor, "memory_limit", lambda: limit and int(limit))
    assert said in seen(doctor.check_memory)[0]
    assert bool(faults(doctor.check_memory)) == fault


# VGG16


def test_missing_vgg16_is_no_fault_but_says_how_to_get_it():
    assert "gradcam-lab prefetch vgg16" in seen(doctor.check_networks)[-1]


def write_weights(path, shapes, arrange):
    """Write zeros of the given shapes, which HDF5 leaves out of the file."""
    kinds = Counter()
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in shapes.items():
            kind = "conv2d" if len(kernel) == 4 else "dense"
            number = f"_{kinds[kind]}" if kinds[kind] else ""
            kinds[kind] += 1
            for name, place in arrange(layer, f"{kind}{number}").items():
                file.create_dataset(place, kernel if name == "kernel" else bias, "f4")


def of_keras_2(layer, _number):
    return {"kernel": f"{layer}/{layer}_W_1:0", "bias": f"{layer}/{layer}_b_1:0"}


def of_keras_3(_layer, number):
    return {"kernel": f"layers/{number}/vars/0", "bias": f"layers/{number}/vars/1"}


def test_shapes_of_vgg16_are_those_of_keras():
    with keras.StatelessScope(initialize_variables=False):
        layers = keras.applications.VGG16(weights=None).layers
    expected = {
        each.name: tuple(tuple(weight.shape) for weight in each.weights)
        for each in layers
        if each.weights
    }
    assert vgg16_shapes() == expected


@pytest.mark.parametrize("arrange", [of_keras_2, of_keras_3])
def test_vgg16_in_the_cache_is_named(cached, arrange):
    write_weights(cached, vgg16_shapes(), arrange)
    assert seen(doctor.check_networks)[-1] == f"vgg16: {cached} (Keras's cache)"
    assert faults(doctor.check_networks) == {}


@pytest.mark.parametrize("arrange", [of_keras_2, of_keras_3])
@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {name: shape for name, shape in vgg16_shapes().items() if name != "predictions"},
        vgg16_shapes() | {"predictions": ((4096, 5), (5,))},
        {"block1_conv1": ((3, 3, 3, 32), (32,))},
    ],
    ids=["nothing", "no top", "five classes", "another network"],
)
def test_file_of_something_else_is_no_vgg16(cached, arrange, shapes):
    write_weights(cached, shapes, arrange)
    ((said, remedy),) = faults(doctor.check_networks).items()
    assert said.endswith("does not hold VGG16's weights")
    assert remedy.startswith("Delete it")


def test_vgg16_that_was_cut_short_is_a_fault(cached):
    with h5py.File(cached, "w") as file:
        file["weights"] = [0.0] * 10_000
    cached.write_bytes(cached.read_bytes()[:20_000])
    ((said, remedy),) = faults(doctor.check_networks).items()
    assert said.endswith("is damaged")
    assert remedy.startswith("Delete it")


def test_wrong_name_in_the_variable_is_a_fault(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", str(tmp_path / "gone"))
    assert "correct it" in faults(doctor.check_networks)["vgg16: not found"]


# What JupyterLab shows


@pytest.fixture
def extensions(tmp_path, monkeypatch):
    """Let JupyterLab look for extensions in one folder of the test's own."""
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path / "labs")])

    def install(**versions):
        for package, version in versions.items():
            folder = tmp_path / "labs" / doctor.FRONT_ENDS[package]
            folder.mkdir(parents=True)
            (folder / "package.json").write_text(json.dumps({"version": version}))

    return install


def test_missing_front_end_is_a_fault(extensions):
    extensions(ipywidgets="5.0.16")
    assert list(faults(doctor.check_front_end)) == ["controls of anywidget: not in JupyterLab"]


def test_front_end_of_another_version_is_a_fault(extensions):
    extensions(ipywidgets="5.0.16", anywidget="0.1.0")
    ((said, remedy),) = faults(doctor.check_front_end).items()
    assert said.startswith("controls of anywidget: 0.1.0 in JupyterLab, ")
    assert remedy == doctor.INSTALL_LAB
