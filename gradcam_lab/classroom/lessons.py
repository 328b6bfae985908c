"""Where the lessons are."""

from pathlib import Path

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def lesson_files(language: str = "en") -> list[Path]:
    """Return the notebooks of all lessons, in their order.

    Parameters
    ----------
    language : str, default "en"
        All languages but English have a folder of their own.

    Raises
    ------
    ValueError
        If there are no lessons in that language.
    """
    lessons = sorted((NOTEBOOKS if language == "en" else NOTEBOOKS / language).glob("*.ipynb"))
    if not lessons:
        folders = sorted({path.parent.name for path in NOTEBOOKS.glob("[a-z]*/*.ipynb")})
        known = ", ".join(["en", *folders])
        raise ValueError(f"there are no lessons in {language!r}; the languages are: {known}")
    return lessons
