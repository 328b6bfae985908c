import json
from pathlib import Path

from gradcam_lab.classroom import lessons, links
from gradcam_lab.classroom.lessons import languages, lesson_files
from gradcam_lab.classroom.links import COLAB_BRANCH, describe_links

OF_LESSON_2 = """\
2. Visualization Using Grad-CAM
  Binder       https://mybinder.org/v2/gh/me/my-lab/main?labpath=notebooks%2F02_grad_cam.ipynb
  Colab        https://colab.research.google.com/github/me/my-lab/blob/colab/02_grad_cam.ipynb
  nbgitpuller  https://hub.example/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fme%2Fmy-lab&urlpath=lab%2Ftree%2Fmy-lab%2Fnotebooks%2F02_grad_cam.ipynb&branch=main

"""


def test_links_are_those_that_the_services_document():
    assert OF_LESSON_2 in describe_links("me/my-lab", hub="https://hub.example/")


def test_branch_with_a_slash_is_written_as_each_service_wants_it():
    text = describe_links("me/my-lab", "week/2")
    number = sum(len(lesson_files(language)) for language in languages())
    assert text.count("/v2/gh/me/my-lab/week%2F2?labpath=") == number
    assert text.count("&branch=week%2F2\n") == number


def test_colabs_branch_is_the_one_that_the_workflow_fills():
    workflow = (Path(__file__).parents[2] / ".github" / "workflows" / "colab.yml").read_text()
    assert f"HEAD:refs/heads/{COLAB_BRANCH}" in workflow


def test_hub_is_asked_for_where_it_is_not_known():
    assert "https://YOUR-HUB stands for your JupyterHub" in describe_links("me/my-lab")
    assert "YOUR-HUB" not in describe_links("me/my-lab", hub="https://hub.example")


def test_every_language_is_linked_under_its_own_titles(tmp_path, monkeypatch):
    cells = [{"cell_type": "markdown", "source": ["# 1. 합성곱 신경망\n", "본문"]}]
    (tmp_path / "ko").mkdir()
    (tmp_path / "ko" / "01_build_a_cnn.ipynb").write_text(json.dumps({"cells": cells}))
    for module in lessons, links:
        monkeypatch.setattr(module, "LESSONS", tmp_path)
    title, binder, colab, pull = describe_links("me/my-lab").splitlines()[:4]
    assert title == "1. 합성곱 신경망"
    assert binder.endswith("?labpath=notebooks%2Fko%2F01_build_a_cnn.ipynb")
    assert colab.endswith("/me/my-lab/blob/colab/ko/01_build_a_cnn.ipynb")
    assert "%2Fnotebooks%2Fko%2F01_build_a_cnn.ipynb&" in pull
