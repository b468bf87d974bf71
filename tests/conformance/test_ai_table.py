"""Our table of GS1 application identifiers says what the syntax dictionary says; as a program it prints the table.

python tests/conformance/test_ai_table.py FOLDER_OF_SHARED > trace/data/ai.json
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

DICTIONARY = "data/epcis/standard/gs1-syntax-dictionary.txt"


def derive(text: str) -> dict[str, Any]:
    """The rows that our table has, from the text of the dictionary: one an identifier, or a range of them."""
    release = re.search(r"^# Release: (\S+)$", text, re.MULTILINE)
    assert release is not None
    rows: dict[str, dict[str, Any]] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        code, rest = words[0], words[1:]
        flags = rest.pop(0) if set(rest[0]) <= set("*!?\"$%&'()+") else ""
        forms = [word.replace(",", " ") for word in rest if word[0] in "NXYZ["]
        said = [word.partition("=") for word in rest if word[0] not in "NXYZ["]
        row: dict[str, Any] = {"form": forms}
        if "*" in flags:
            row["fixed"] = True
        if "?" in flags:
            row["attribute"] = True
        for name, _, value in said:
            if name == "dlpkey":
                row["qualifiers"] = [branch.split(",") if branch else [] for branch in value.split("|")]
            elif name == "ex":
                row.setdefault("never_with", []).extend(value.split(","))
            elif name == "req":
                row.setdefault("only_with", []).append([group.split("+") for group in value.split(",")])
        rows[code] = row
    return {"source": "GS1 Barcode Syntax Dictionary", "release": release[1], "identifiers": rows}


def written(table: dict[str, Any]) -> str:
    """The table as the file has it: one row a line."""
    rows = ",\n".join(f"  {json.dumps(code)}: {json.dumps(row)}" for code, row in table["identifiers"].items())
    head = "".join(f" {json.dumps(name)}: {json.dumps(table[name])},\n" for name in ("source", "release"))
    return f'{{\n{head} "identifiers": {{\n{rows}\n }}\n}}\n'


def test_the_table_is_the_dictionarys(root: Path, shared: Path) -> None:
    text = (root / "trace/data/ai.json").read_text("utf-8")
    assert written(derive((shared / DICTIONARY).read_text("utf-8"))) == text


if __name__ == "__main__":
    sys.stdout.write(written(derive((Path(sys.argv[1]) / DICTIONARY).read_text("utf-8"))))
