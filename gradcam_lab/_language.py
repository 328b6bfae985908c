"""The language of labels and messages: English, as the code has it, or that of a catalogue.

English templates are the keys, as gettext wants it. `make labels` collects them into
``translations/ko/labels.po``, and compiles what stands there into ``gradcam_lab/locale``.
"""

import gettext
import os
import re
from functools import lru_cache
from pathlib import Path

from gradcam_lab._fonts import use_hangul

LANGUAGES = {"en": "English", "ko": "한국어"}
VARIABLE = "GRADCAM_LAB_LANGUAGE"
LOCALE = Path(__file__).parent / "locale"
IN_SCRIPT = re.compile(r'\b(?:tell|mark)\(\s*"([^"\\\n]+)"')  # what our JavaScript says

_TABLES: list[tuple[dict[str, str], dict[str, str]]] = []  # what is said now, and its English
_code, _catalogue = "en", gettext.NullTranslations()


def set_language(code: str) -> None:
    """Choose the language of controls, sentences, questions and error messages.

    It holds for what is made from now on: an explorer that is shown already keeps its labels until
    its cell runs again. The environment variable ``GRADCAM_LAB_LANGUAGE`` chooses it beforehand.
    Values, such as those of `METHODS`, and names of classes and colormaps are the same in any
    language.

    Parameters
    ----------
    code : {"en", "ko"}
        English or Korean.

    Raises
    ------
    ValueError
        If there is no such language.

    Examples
    --------
    >>> set_language("ko")
    """
    global _code, _catalogue
    if code not in LANGUAGES:
        known = ", ".join(f"{each!r} ({name})" for each, name in LANGUAGES.items())
        raise ValueError(f"no language {code!r}; there are: {known}")
    is_english = code == "en"
    _code = code
    _catalogue = gettext.translation("gradcam_lab", LOCALE, [code], fallback=is_english)
    for table, english in _TABLES:
        _translate(table, english)
    if code == "ko" and not use_hangul():
        print(say("There is no font with Hangul for figures: pip install koreanize-matplotlib"))


def language() -> str:
    """Return the code of the language that is spoken now."""
    return _code


def say(template: str, **parts: object) -> str:
    """Translate a template, and fill it: whole sentences, as each language has its own order."""
    words = _catalogue.gettext(template)
    return words.format(**parts) if parts else words


def mark(template: str) -> str:
    """Return a template as it is: the catalogue gets it, and `say` translates it later."""
    return template


def follow_language(*tables: dict[str, str]) -> None:
    """Keep what tables of English templates say in the language of the moment, from now on."""
    for table in tables:
        english = dict(table)
        _TABLES.append((table, english))
        _translate(table, english)


def _translate(table: dict[str, str], english: dict[str, str]) -> None:
    table.update({key: _catalogue.gettext(text) for key, text in english.items()})


def for_browser(script: str) -> dict:
    """Return the language of a widget, and what it calls the texts in the widget's script."""
    return {"code": _code, "words": _words_in(script, _code)}


@lru_cache
def _words_in(script: str, _code: str) -> dict[str, str]:
    texts = set(IN_SCRIPT.findall(script))
    return {text: said for text in sorted(texts) if (said := _catalogue.gettext(text)) != text}


if _chosen := os.environ.get(VARIABLE):
    try:
        set_language(_chosen)
    except ValueError as error:
        raise ValueError(f"the environment variable {VARIABLE}: {error}") from None
