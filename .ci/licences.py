"""Writes docs/licences.md: what the shop runs on, under which licences. Run it in the shop's environment."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Licences of what the shop runs on

Written by `.ci/licences.py` from `requirements.txt`. Where a package offers a choice, we take the permissive one:
`text-unidecode` is used under the Artistic License. `psycopg2-binary` (LGPL) is used unchanged, as a library.

| Package | Licence |
|---|---|
"""


def licence_of(package: str) -> str:
    about = metadata(package)
    classified = [name.rpartition(" :: ")[2] for name in about.get_all("Classifier", []) if name.startswith("License")]
    return about.get("License-Expression") or "; ".join(classified) or about.get("License", "unknown").splitlines()[0]


def rows() -> list[str]:
    found = []
    for package in sorted(set(re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==", (ROOT / "requirements.txt").read_text()))):
        try:
            found.append(f"| {package} | {licence_of(package)} |")
        except PackageNotFoundError:  # for another platform or Python
            found.append(f"| {package} | not installed here |")
    return found


(ROOT / "docs" / "licences.md").write_text(HEAD + "\n".join(rows()) + "\n")
