"""Our JavaScript is written as modules, and a widget is one script: they are joined here."""

import re
from pathlib import Path

BROWSER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "(\.\.?/[^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def join_modules(path: Path) -> str:
    """Return a module below all that it imports, each once, as one module without imports.

    Names at the top of a module are therefore names of the whole: the browser refuses a script
    that has one of them twice.
    """
    found: dict[Path, str] = {}

    def read(path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        for relative in IMPORT.findall(text):
            imported = (path.parent / relative).resolve()
            if imported not in found:
                read(imported)
        found[path] = EXPORT.sub("", IMPORT.sub("", text))

    read(path.resolve())
    return "\n".join(found.values())
