"""The languages of the site: English at its root, each other one in a folder of its own."""

from gradcam_lab._language import LANGUAGES

FOLDERS = {code: "" if code == "en" else f"{code}/" for code in LANGUAGES}
ENGLISH_ONLY = {"ko": "이 페이지는 영어로만 있습니다. 한국어 첫 페이지로 갑니다."}


def switch(page: str, language: str) -> str:
    """Return the HTML that leads from a page to the same page in other languages.

    Where there is none, as of the reference, it says so, and leads to the front page.
    """
    own_folder = FOLDERS[language]
    up = "../" * (own_folder + page).count("/")
    names = []
    for code, name in LANGUAGES.items():
        if code == language:
            names.append(f'<span lang="{code}" aria-current="true">{name}</span>')
        elif code == "en" or in_every_language(page):
            address = f"{up}{FOLDERS[code]}{page}.html"
            names.append(
                f'<a lang="{code}" hreflang="{code}" rel="alternate" href="{address}">{name}</a>'
            )
        else:
            address, note = f"{up}{FOLDERS[code]}index.html", ENGLISH_ONLY[code]
            names.append(
                f'<span lang="{code}"><a hreflang="{code}" href="{address}">{name}</a>'
                f" <small>{note}</small></span>"
            )
    return f'<nav class="site-languages" aria-label="Language · 언어">{"".join(names)}</nav>'


def in_every_language(page: str) -> bool:
    """Tell whether a page has a twin in each language."""
    return page in ("index", "search") or page.startswith("lessons/")
