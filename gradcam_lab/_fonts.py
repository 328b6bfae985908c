"""A font with Hangul for matplotlib, whose own has none."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution

PACKAGE, FILE = "koreanize-matplotlib", "koreanize_matplotlib/fonts/NanumGothic.ttf"
FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo")


def hangul_font() -> str | None:
    """Return the name of a font with Hangul that matplotlib knows from now on, if there is one."""
    from matplotlib import font_manager

    with suppress(PackageNotFoundError, FileNotFoundError):  # the system may have one
        font_manager.fontManager.addfont(str(distribution(PACKAGE).locate_file(FILE)))
    known = set(font_manager.get_font_names())
    return next((name for name in FONTS if name in known), None)


def use_hangul() -> bool:
    """Let figures fall back to a font with Hangul; tell whether there is one."""
    from matplotlib import rcParams

    font = hangul_font()
    if font and font not in rcParams["font.family"]:
        rcParams["font.family"] = [*rcParams["font.family"], font]
    return font is not None
