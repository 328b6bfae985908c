"""The addresses under which a fork's lessons open in Binder, in Colab and on a JupyterHub."""

from urllib.parse import quote, urlencode

from gradcam_lab._language import say
from gradcam_lab.classroom.lessons import LESSONS, languages, lesson_files, lesson_title

UNKNOWN_HUB = "https://YOUR-HUB"
COLAB_BRANCH = "colab"  # tools/colab_lessons.py makes what is there


def describe_links(repository: str, branch: str = "main", hub: str = UNKNOWN_HUB) -> str:
    """Return the links of every lesson in every language, and what they need besides.

    Parameters
    ----------
    repository : str
        ``"owner/name"`` on GitHub.
    branch : str, default "main"
        The branch that has the lessons.
    hub : str, optional
        The address of the JupyterHub that nbgitpuller is to use.
    """
    lines = []
    for lesson in (each for language in languages() for each in lesson_files(language)):
        name = lesson.relative_to(LESSONS).as_posix()
        path = f"notebooks/{name}"
        lines += [
            lesson_title(lesson),
            f"  Binder       {binder(repository, branch, path)}",
            f"  Colab        {colab(repository, name)}",
            f"  nbgitpuller  {nbgitpuller(repository, branch, path, hub)}",
            "",
        ]
    lines.append(
        say(
            "Colab's lessons install the package by themselves. At each push to main, the\n"
            "workflow colab.yml puts them into the branch {branch}. Your fork must allow Actions.",
            branch=COLAB_BRANCH,
        )
    )
    if hub == UNKNOWN_HUB:
        lines.append(
            say("In nbgitpuller's links, {hub} stands for your JupyterHub: --hub sets it.", hub=hub)
        )
    return "\n".join(lines)


def binder(repository: str, branch: str, path: str) -> str:
    """Return the link that builds the repository on mybinder.org and opens one notebook."""
    place = f"{repository}/{quote(branch, safe='')}"
    return f"https://mybinder.org/v2/gh/{place}?{urlencode({'labpath': path})}"


def colab(repository: str, name: str) -> str:
    """Return the link that opens a lesson in Google Colab, such as ``"01_build_a_cnn.ipynb"``."""
    return f"https://colab.research.google.com/github/{repository}/blob/{COLAB_BRANCH}/{name}"


def nbgitpuller(repository: str, branch: str, path: str, hub: str) -> str:
    """Return the link that copies the repository to a student's home and opens one notebook."""
    folder = repository.split("/")[1]
    query = {
        "repo": f"https://github.com/{repository}",
        "urlpath": f"lab/tree/{folder}/{path}",
        "branch": branch,
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"
