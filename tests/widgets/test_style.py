import re
from pathlib import Path

import pytest

from gradcam_lab.widgets import style

FOLDER = Path(style.__file__).parent
FILES = sorted([*FOLDER.rglob("*.css"), *FOLDER.rglob("*.js")])
DEFINED = re.findall(r"(--gradcam-\w+): ", style.PROPERTIES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_page_has_its_colours_and_sizes_from_one_place(file):
    text = file.read_text()
    assert set(re.findall(r"--gradcam-\w+", text)) <= set(DEFINED)
    for colour in re.findall(r"#\w+", style.PROPERTIES):
        assert colour not in text


def test_every_property_is_used():
    text = "".join(file.read_text() for file in FILES)
    assert [name for name in DEFINED if name not in text] == []
