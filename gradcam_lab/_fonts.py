"""A font with Hangul for matplotlib, whose own has none."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution

PACKAGE, FILE = "koreanize-matplotlib", "koreanize_matplotlib/fonts/NanumGothic.ttf"
FONTS = ("NanumGothic", "Noto Sans CJK KR", "Noto Sans KR", "Malgun Gothic", "Apple SD Gothic Neo")


def use_hangul() -> bool:
    """Let figures fall back to a font with Hangul; tell whether there is one."""
    from matplotlib import font_manager, rcParams

    with suppress(PackageNotFoundError, FileNotFoundError):  # the system may have one
        font_manager.fontManager.addfont(str(distribution(PACKAGE).locate_file(FILE)))
    known = set(font_manager.get_font_names())
    with_hangul = next((name for name in FONTS if name in known), None)
    if with_hangul and with_hangul not in rcParams["font.family"]:
        rcParams["font.family"] = [*rcParams["font.family"], with_hangul]
    return with_hangul is not None
