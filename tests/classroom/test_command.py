import hashlib
import os
import subprocess
import sys

import pytest
import requests
from file_server import CONTENT, file_server

from gradcam_lab.classroom.command import main
from gradcam_lab.pretrained import weights

MODULE = ["-m", "gradcam_lab"]
WRAPPER = "import sys\nfrom gradcam_lab.classroom.command import main\nsys.exit(main())\n"


@pytest.fixture(params=["script", "module"])
def command(request, tmp_path):
    """Return the two ways to start the command: as pip installs it, and by the package's name."""
    if request.param == "module":
        return MODULE
    script = tmp_path / "gradcam-lab"
    script.write_text(WRAPPER)
    return [str(script)]


def run_python(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_help_imports_no_tensorflow(command):
    run = run_python("-X", "importtime", *command, "--help")
    assert run.stdout.startswith("usage: gradcam-lab")
    imported = {line.rsplit("|", 1)[-1].strip() for line in run.stderr.splitlines()}
    assert "gradcam_lab.classroom.links" in imported
    assert not imported & {"tensorflow", "keras", "numpy", "requests"}


def test_help_takes_little_longer_than_python_itself(command):
    def seconds(*arguments):
        before = os.times()  # of the processor: the machine may be busy with others
        run_python(*arguments)
        now = os.times()
        return now.children_user + now.children_system - sum(before[2:4])

    fastest = min(seconds(*command, "--help") for _ in range(3))
    assert fastest < min(seconds("-c", "pass") for _ in range(3)) + 0.3


def test_command_without_a_name_says_what_there_is(command):
    run = run_python(*command)
    assert run.returncode == 2
    assert "required: command" in run.stderr


@pytest.mark.thorough
def test_doctor_finds_no_fault_where_the_tests_run(command):
    run = run_python(*command, "doctor")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("No faults.\n")


@pytest.mark.parametrize(
    "code",
    ["import gradcam_lab as lab; lab.GradCAM", "from gradcam_lab import GradCAM"],
)
def test_somebody_elses_module_gets_the_whole_package(tmp_path, code):
    package = tmp_path / "my_course"
    package.mkdir()
    (package / "__init__.py").write_text(code)
    (package / "__main__.py").write_text("import sys; assert 'tensorflow' in sys.modules")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    run = run_python("-m", "my_course", PYTHONPATH=path)
    assert (run.returncode, run.stderr) == (0, "")


def test_links_are_printed(capsys):
    assert main(["links", "me/my-lab", "--branch", "2027", "--hub", "https://hub.example"]) == 0
    assert "https://mybinder.org/v2/gh/me/my-lab/2027?labpath=" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["my-lab", "https://github.com/me/my-lab", "me/my lab"])
def test_repository_of_another_form_is_refused(capsys, name):
    with pytest.raises(SystemExit):
        main(["links", name])
    assert f"{name!r} is not of the form OWNER/REPO" in capsys.readouterr().err


# prefetch


@pytest.fixture
def server(tmp_path, monkeypatch):
    with file_server() as server:
        monkeypatch.delenv("GRADCAM_LAB_OFFLINE")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        monkeypatch.setenv("GRADCAM_LAB_WEIGHTS_URL", server.url)
        monkeypatch.setattr(weights, "MNIST_URL", server.url)
        monkeypatch.setattr(weights, "VGG16_HASH", f"md5:{hashlib.md5(CONTENT).hexdigest()}")
        sha256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
        monkeypatch.setattr(weights, "MNIST_HASH", sha256)
        yield server


def files_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


VGG16, MNIST = f"models/{weights.VGG16_FILE}", "datasets/mnist.npz"


@pytest.mark.parametrize(
    ("names", "files"),
    [([], [MNIST, VGG16]), (["mnist"], [MNIST]), (["vgg16"], [VGG16])],
    ids=["all", "mnist", "vgg16"],
)
def test_prefetch_puts_files_where_keras_looks_for_them(server, tmp_path, names, files):
    assert main(["prefetch", *names]) == 0
    assert files_in(tmp_path / "keras") == files


def test_prefetch_for_a_lab_says_how_kernels_find_it(server, tmp_path, capsys, monkeypatch):
    shared = tmp_path / "shared"
    assert main(["prefetch", "--to", str(shared)]) == 0
    assert files_in(shared) == [MNIST, VGG16]
    assert f"GRADCAM_LAB_WEIGHTS={shared} " in capsys.readouterr().out
    monkeypatch.setenv("GRADCAM_LAB_WEIGHTS", str(shared))
    assert weights.find_vgg16_weights() == shared / VGG16


def test_prefetch_goes_on_after_a_failure_and_then_fails(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(weights, "VGG16_HASH", "md5:0")
    assert main(["prefetch"]) == 1
    assert files_in(tmp_path / "keras") == [MNIST]
    assert "vgg16: VGG16's weights could not be downloaded. " in capsys.readouterr().err


def test_prefetch_of_a_lab_that_is_offline_downloads_nothing(server, monkeypatch, capsys):
    monkeypatch.setenv("GRADCAM_LAB_OFFLINE", "1")
    assert main(["prefetch"]) == 1
    assert capsys.readouterr().err.count("GRADCAM_LAB_OFFLINE=1 forbids downloads") == 2
    assert server.ranges == []


@pytest.mark.parametrize("command", ["prefetch", "doctor"])
def test_interrupted_command_ends_in_one_line_and_says_how_to_go_on(monkeypatch, capsys, command):
    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setitem(weights.DOWNLOADS, "vgg16", interrupt)
    monkeypatch.setattr("gradcam_lab.classroom.doctor.examine", interrupt)
    assert main([command]) == 130
    words = {"prefetch": "stopped; what has arrived is kept: run it again to go on"}
    assert capsys.readouterr().err == f"\n{words.get(command, 'stopped')}\n"


def test_what_had_arrived_before_an_interruption_is_gone_on_from(server, tmp_path, monkeypatch):
    part = tmp_path / "keras" / f"{MNIST}.part"

    receive = requests.Response.iter_content

    def interrupted(response, _size):
        yield next(receive(response, 1000))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(requests.Response, "iter_content", interrupted)
        assert main(["prefetch", "mnist"]) == 130
    assert part.stat().st_size == 1000
    assert main(["prefetch", "mnist"]) == 0
    assert server.ranges[-1] == "bytes=1000-"


def test_prefetch_of_something_else_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["prefetch", "vgg19"])
    assert "'vgg19' is not one of: vgg16, mnist" in capsys.readouterr().err


def test_mnist_is_the_file_that_keras_knows():
    from gradcam_lab._tensorflow import keras

    constants = keras.datasets.mnist.load_data.__code__.co_consts
    assert weights.MNIST_HASH.removeprefix("sha256:") in constants
