"""What deploy/ says to hubs: of one form, and of names that exist. No hub is installed for it."""

import argparse
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from gradcam_lab.classroom.command import make_parser
from gradcam_lab.classroom.lessons import lesson_files

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
SCRIPTS = {path.name: path.read_text() for path in DEPLOY.iterdir()}
VALUES = SCRIPTS["values.yaml"]
# With the lines that are commented out: a name, a space, and either a value or a deeper name.
WITH_VGG16 = re.sub(r"^  # (?!VGG16)", "  ", VALUES, flags=re.MULTILINE)


def memory(text):
    """Read 2G or 512M as a number of bytes."""
    return float(text[:-1]) * {"M": 1e6, "G": 1e9}[text[-1]]


@pytest.mark.parametrize("text", [VALUES, WITH_VGG16], ids=["as it is", "with VGG16"])
def test_values_are_yaml_whose_parts_go_together(text):
    values = yaml.safe_load(text)
    assert set(values) == {"singleuser", "cull"}
    user = values["singleuser"]
    assert memory(user["memory"]["guarantee"]) < memory(user["memory"]["limit"])
    assert user["cpu"]["guarantee"] < user["cpu"]["limit"]
    assert values["cull"]["timeout"] > 3600


def test_weights_are_looked_for_where_the_volume_is_mounted():
    user = yaml.safe_load(WITH_VGG16)["singleuser"]
    (volume,) = user["storage"]["extraVolumes"].values()
    (mount,) = user["storage"]["extraVolumeMounts"].values()
    assert user["extraEnv"]["GRADCAM_LAB_WEIGHTS"] == mount["mountPath"]
    assert mount["name"] == volume["name"]


def test_server_starts_with_the_lessons_and_opens_the_first():
    user = yaml.safe_load(VALUES)["singleuser"]
    program, *arguments = user["lifecycleHooks"]["postStart"]["exec"]["command"]
    options = make_parser().parse_args(arguments)
    assert program == "gradcam-lab"
    assert options.run.__name__ == "run_lessons"
    assert not options.open
    first = options.folder / lesson_files()[0].name
    assert user["defaultUrl"] == f"/lab/tree/{first.relative_to('/home/jovyan')}"


def test_every_file_that_image_and_script_take_from_the_repository_is_there():
    copied = re.findall(r"^COPY (.+) \S+$", SCRIPTS["Dockerfile"], flags=re.MULTILINE)
    named = " ".join(copied).split() + re.findall(r"(?:binder|deploy)/[\w.]+", SCRIPTS["tljh.sh"])
    assert len(named) > 3
    made = {"dist/gradcam_lab-*.whl"}  # by make wheel
    assert [name for name in named if name not in made and not (ROOT / name).is_file()] == []


def test_every_variable_of_the_package_that_is_named_is_read_by_it():
    named = set(re.findall(r"GRADCAM_LAB_\w+", "".join(SCRIPTS.values())))
    source = "".join(path.read_text() for path in (ROOT / "gradcam_lab").rglob("*.py"))
    assert named
    assert [name for name in named if f'"{name}"' not in source] == []


def test_configuration_of_the_hub_is_python_that_a_spawner_takes():
    c = argparse.Namespace(Spawner=argparse.Namespace())
    exec(SCRIPTS["jupyterhub_config.py"], {"c": c})
    assert c.Spawner.environment == {"GRADCAM_LAB_OFFLINE": "1"}
    assert c.Spawner.http_timeout > 30  # the default


def test_script_is_bash():
    subprocess.run(["bash", "-n", DEPLOY / "tljh.sh"], check=True)
