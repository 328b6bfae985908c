from pathlib import Path

from gradcam_lab.classroom.links import LESSONS, describe_links

OF_LESSON_2 = """\
2. Visualization Using Grad-CAM
  Binder       https://mybinder.org/v2/gh/me/my-lab/main?labpath=notebooks%2F02_grad_cam.ipynb
  Colab        https://colab.research.google.com/github/me/my-lab/blob/main/notebooks/02_grad_cam.ipynb
  nbgitpuller  https://hub.example/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fme%2Fmy-lab&urlpath=lab%2Ftree%2Fmy-lab%2Fnotebooks%2F02_grad_cam.ipynb&branch=main

"""


def test_links_are_those_that_the_services_document():
    assert OF_LESSON_2 in describe_links("me/my-lab", hub="https://hub.example/")


def test_branch_with_a_slash_is_written_as_each_service_wants_it():
    text = describe_links("me/my-lab", "week/2")
    assert text.count("/v2/gh/me/my-lab/week%2F2?labpath=") == 4
    assert text.count("/blob/week/2/notebooks/") == 4
    assert text.count("&branch=week%2F2\n") == 4


def test_colab_is_told_where_the_package_is():
    line = "  %pip install --quiet git+https://github.com/me/my-lab@week/2"
    assert line in describe_links("me/my-lab", "week/2").splitlines()


def test_hub_is_asked_for_where_it_is_not_known():
    assert "https://YOUR-HUB stands for your JupyterHub" in describe_links("me/my-lab")
    assert "YOUR-HUB" not in describe_links("me/my-lab", hub="https://hub.example")


def test_every_lesson_is_linked_under_the_title_that_it_has():
    lessons = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
    assert list(LESSONS) == [lesson.stem for lesson in lessons]
    for lesson, title in zip(lessons, LESSONS.values(), strict=True):
        assert f"\n# # {title}" in lesson.read_text()
