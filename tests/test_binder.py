"""What Binder makes of the folder binder/, without a container engine to build it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from jupyterlab.commands import get_app_dir
from jupyterlab_server.settings_utils import get_settings

ROOT = Path(__file__).parent.parent
BINDER = ROOT / "binder"
LABEXTENSIONS = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
OVERRIDES = json.loads((BINDER / "overrides.json").read_text())


@pytest.fixture(scope="module")
def plan():
    """Return what repo2docker says, and the Dockerfile that it writes but does not run."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def test_the_conda_build_pack_is_taken_with_the_python_that_is_tested(plan):
    assert "Building conda environment for python=3.11" in plan.stderr


def test_the_environment_layer_sees_no_file_of_the_repository_but_its_own(plan):
    before, copied = plan.stdout.split("env update")[0], "COPY --chown=0:0 src/"
    assert [line.split()[2] for line in before.splitlines() if line.startswith(copied)] == [
        "src/binder/environment.yml"
    ]


def test_the_environment_installs_nothing_but_exact_versions_out_of_the_registry():
    environment = yaml.safe_load((BINDER / "environment.yml").read_text())
    python, pip, of_pip = environment["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    assert [pin for pin in of_pip["pip"] if not re.fullmatch(r"[\w-]+==[\d.]+", pin)] == []


def test_lessons_are_copied_after_the_environment_and_before_post_build(plan):
    steps = [
        "src/binder/environment.yml ",
        "env update -p ${NB_PYTHON_PREFIX} --file",
        "COPY --chown=0:0 src/ ${REPO_DIR}/",
        "RUN ./binder/postBuild",
        'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
    ]
    places = [plan.stdout.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("plugin", OVERRIDES)
def test_jupyterlab_takes_every_setting_as_its_default(plugin, tmp_path):
    places = Path(get_app_dir()) / "schemas", tmp_path
    of_plugin = {"schema_name": plugin, "labextensions_path": [LABEXTENSIONS]}
    known, _ = get_settings(tmp_path, *places, **of_plugin)
    jsonschema.validate(OVERRIDES[plugin], known["schema"])  # it allows no names but its own
    shipped, _ = get_settings(BINDER, *places, **of_plugin)
    for name, value in OVERRIDES[plugin].items():
        assert shipped["schema"]["properties"][name]["default"] == value


def test_post_build_puts_the_settings_where_jupyterlab_looks_for_them():
    prefix = "$(python -c 'import sys; print(sys.prefix)')"
    target = Path(get_app_dir()).relative_to(sys.prefix) / "settings"
    assert f'settings="{prefix}/{target}"' in (BINDER / "postBuild").read_text()


def test_a_launch_downloads_nothing():
    program = "import os; print(os.environ['GRADCAM_LAB_OFFLINE'])"
    command = [BINDER / "start", sys.executable, "-c", program]
    assert subprocess.check_output(command, env={}, text=True) == "1\n"
