#!/usr/bin/env python3
"""Writes omnicrm/_docs.py: the documentation of records and enumerations, from the comments of the public headers.

Usage: generate_docs.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
INCLUDE = HERE.parent.parent / "include/omnicrm"
TARGET = HERE / "omnicrm/_docs.py"

TYPE = re.compile(r"^(struct|enum class) (\w+)")
MEMBER = re.compile(r"^  [\w:<>, ]+?[ &](\w+)(?: ?=[^;]*|\{\})?;(.*)$")
ENUMERATOR = re.compile(r"^  (\w+)(?: = \d+)?,?(.*)$")


def told(lines: list[str], behind: str) -> str:
    """The comment above, or the one behind on the line."""
    text = " ".join(line.strip().removeprefix("///").strip() for line in lines)
    if behind.strip().startswith("///<"):
        text = behind.strip().removeprefix("///<").strip()
    text = re.sub(r"\s*@since [0-9.]+\s*", " ", text).strip()
    return text.replace("`", "")


def read(path: Path, docs: dict[str, tuple[str, dict[str, str]]]) -> None:
    above: list[str] = []
    kind, name = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = TYPE.match(line)
        if found and line.rstrip().endswith("{"):
            kind, name = found[1], found[2]
            docs[name] = (told(above, ""), {})
        elif found and "{" in line:  # an enumeration on one line
            docs[found[2]] = (told(above, ""), {})
        elif line.startswith("}"):
            kind = ""
        elif line.strip().startswith("///") and not line.strip().startswith("///<"):
            above.append(line)
            continue
        elif kind and (member := (MEMBER if kind == "struct" else ENUMERATOR).match(line)):
            text = told(above, member[2])
            if text:
                docs[name][1][member[1]] = text
        above = []


def module(described: dict[str, tuple[str, dict[str, str]]]) -> str:
    text = (
        '"""What records and their fields mean. Written by scripts/generate_docs.py from include/omnicrm; do not edit."""\n\n'
        "DOCS: dict[str, tuple[str, dict[str, str]]] = {\n"
    )
    for name, (doc, fields) in sorted(described.items()):
        inside = "".join(f"            {field!r}: {told!r},\n" for field, told in fields.items())
        shown = f"{{\n{inside}        }}" if inside else "{}"
        text += f"    {name!r}: (\n        {doc!r},\n        {shown},\n    ),\n"
    return text + "}\n"


def main() -> int:
    docs: dict[str, tuple[str, dict[str, str]]] = {}
    for path in sorted(INCLUDE.rglob("*.hpp")):
        read(path, docs)
    docs["ErrorInfo"] = docs.pop("Error")
    # Only what Python has: the list of records that is written beside this one.
    names = set(re.findall(r'^    "(\w+)",$', (HERE / "omnicrm/_records.py").read_text(), re.MULTILINE))
    text = module({name: doc for name, doc in docs.items() if name in names and (doc[0] or doc[1])})
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv:
        print("not current: _docs.py; run bindings/python/scripts/generate_docs.py")
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
