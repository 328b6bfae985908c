"""Colours and sizes, said once: figures import them, stylesheets have them as custom properties."""

from pathlib import Path

# Stylesheets prefer the colours of JupyterLab's theme where it names any.
FOR, AGAINST = "#d32f2f", "#1976d2"  # channels, by the sign of their weights
ACCENT, ERROR = "#1976d2", "#b00020"
INK = "#3c3c3c"  # words on white paper
ERASED = "#808080"  # a place of a picture; inverted, it stays the same

# In CSS pixels. 280, 7/10 of it, and 70 are such that 7 and 14 cells become equal squares.
PANEL = (360, 280)  # largest width and height of a picture
SMALL = 0.7  # of that, where several are compared
THUMBNAIL = 70  # longer side of a small picture
FRAME = 3  # around it
WAITING = 0.35  # opacity of a channel that has not been added yet
DENSITY = 2  # pixels of a file for a CSS pixel, so that it is sharp on most screens of today

PROPERTIES = f"""\
:root {{
  --gradcam-for: {FOR};
  --gradcam-against: {AGAINST};
  --gradcam-accent: {ACCENT};
  --gradcam-error: {ERROR};
  --gradcam-ink: {INK};
  --gradcam-erased: {ERASED};
  --gradcam-small: {SMALL};
  --gradcam-thumbnail: {THUMBNAIL}px;
  --gradcam-frame: {FRAME}px;
  --gradcam-waiting: {WAITING};
}}
[class*="gradcam-"]:lang(ko) {{ word-break: keep-all; }}
"""


def stylesheet(path: Path) -> str:
    """Read a stylesheet, and put colours and sizes before it."""
    return PROPERTIES + path.read_text(encoding="utf-8")
