"""Hold lesson 3 against the real weights of VGG16: the file, its hash, and what the lesson prints.

Run it from the project's root, where the file is at hand or can be downloaded:
``python tools/check_real_weights.py``
"""

import re
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from gradcam_lab.pretrained.downloads import has_hash
from gradcam_lab.pretrained.weights import VGG16_HASH, find_vgg16_weights

LESSON = Path(__file__).parent.parent / "notebooks" / "03_trained_model.ipynb"
CATS = {"Egyptian cat", "tabby", "tiger cat", "Persian cat", "Siamese cat", "lynx"}


def check_file(path: Path) -> None:
    """Raise an AssertionError unless it is the file that Keras offers."""
    assert has_hash(path, VGG16_HASH), f"{path} does not have the hash {VGG16_HASH}"


def run(path: Path) -> str:
    """Run a notebook, without keeping it, and return what its cells print."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    return printed(notebook)


def printed(notebook: nbformat.NotebookNode) -> str:
    """Return all that the cells of a notebook print."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text", "") for output in outputs)


def check_lesson(text: str, network: str = "vgg16") -> None:
    """Raise an AssertionError unless lesson 3 asked a network, and it knew the photographs."""
    assert f"This notebook asks {network}." in text, "the lesson asked another network"
    answers = re.findall(r"^ *[\d.]+% +(.+?) +\(n\d{8}\)$", text, flags=re.MULTILINE)
    assert len(answers) == 5, f"the lesson named {len(answers)} classes for the cat"
    assert CATS & set(answers), f"no cat among {answers}"
    assert text.count("explained class: espresso") == 2, "the cup of espresso was not known"
    on_the_left = dict(re.findall(r"^(.+): ([\d.]+) on the left$", text, flags=re.MULTILINE))
    assert on_the_left.keys() >= {"Egyptian cat", "espresso"}, (
        "the lesson did not tell on which side its heatmaps lie"
    )
    cat, cup = float(on_the_left["Egyptian cat"]), float(on_the_left["espresso"])
    assert cat > 0.5 > cup, f"on the left: {cat} of the cat's heatmap and {cup} of the cup's"


if __name__ == "__main__":
    check_file(find_vgg16_weights())
    text = run(LESSON)
    print(text)
    check_lesson(text)
    print("Lesson 3 holds with the real weights of VGG16.")
