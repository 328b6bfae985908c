"""The addresses under which a fork's lessons open in Binder, in Colab and on a JupyterHub."""

from urllib.parse import quote, urlencode

from gradcam_lab._language import say

LESSONS = {
    "01_build_a_cnn": "1. Building model for Grad-CAM",
    "02_grad_cam": "2. Visualization Using Grad-CAM",
    "03_trained_model": "3. Grad-CAM Using trained model",
    "04_believe_a_heatmap": "4. Can you believe a heatmap?",
}
UNKNOWN_HUB = "https://YOUR-HUB"


def describe_links(repository: str, branch: str = "main", hub: str = UNKNOWN_HUB) -> str:
    """Return the links of every lesson, and what Colab and a hub want to know besides.

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
    for name, title in LESSONS.items():
        path = f"notebooks/{name}.ipynb"
        lines += [
            title,
            f"  Binder       {binder(repository, branch, path)}",
            f"  Colab        {colab(repository, branch, path)}",
            f"  nbgitpuller  {nbgitpuller(repository, branch, path, hub)}",
            "",
        ]
    lines.append(
        say("Colab has TensorFlow but not this package. The first cell there:")
        + f"\n  %pip install --quiet git+https://github.com/{repository}@{branch}"
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


def colab(repository: str, branch: str, path: str) -> str:
    """Return the link that opens one notebook in Google Colab."""
    return f"https://colab.research.google.com/github/{repository}/blob/{quote(branch)}/{path}"


def nbgitpuller(repository: str, branch: str, path: str, hub: str) -> str:
    """Return the link that copies the repository to a student's home and opens one notebook."""
    folder = repository.split("/")[1]
    query = {
        "repo": f"https://github.com/{repository}",
        "urlpath": f"lab/tree/{folder}/{path}",
        "branch": branch,
    }
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{urlencode(query)}"
