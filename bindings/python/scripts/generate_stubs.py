#!/usr/bin/env python3
"""Writes omnicrm/_native.pyi and omnicrm/_records.py from what the built module says of itself.

Usage: generate_stubs.py PACKAGE_PARENT [--check]     PACKAGE_PARENT: e.g. build/dev/python
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent / "omnicrm"

HEAD = '''# Written by bindings/python/scripts/generate_stubs.py from the module's own description. Do not edit.
# A generated file: as long as the records are.
import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, TypeVar
from uuid import UUID

Seconds = float | timedelta
T = TypeVar("T")
'''

RECORD_METHODS = '''    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> {name}: ...
    @staticmethod
    def from_json(text: str) -> {name}: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...
    def __copy__(self) -> {name}: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> {name}: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...
    def _repr_html_(self) -> str: ...
'''

# What is no function: attributes and constructors of the classes.
MEMBERS = {
    "Stop": ["def __init__(self) -> None: ...", "@property\n    def requested(self) -> bool: ..."],
    "Crm": ["@property\n    def closed(self) -> bool: ..."],
    "Session": ["@property\n    def user(self) -> UUID: ..."],
    "JobContext": [
        "@property\n    def job(self) -> Job: ...",
        "@property\n    def user(self) -> UUID: ...",
        "@property\n    def seconds_left(self) -> float: ...",
    ],
}

HOOKS = '''
def _describe() -> dict[str, Any]: ...
def _pause_calls(seconds: float) -> None: ...
def _time_calls(session: Session, id: UUID | str, count: int, by_operation: bool) -> float: ...
'''


def parameter(name: str, kind: str, default: str) -> str:
    return f"{name}: {kind}" + (f" = {default}" if default else "")


def function(info: dict[str, Any], indent: str = "") -> str:
    inside = ", ".join(parameter(*each) for each in info["parameters"])
    own = "self" + (", " if inside else "") if info["owner"] else ""
    return f"{indent}def {info['name']}({own}{inside}) -> {info['result']}: ...\n"


def enumeration(name: str, values: list[str]) -> str:
    literal = ", ".join(f'"{value}"' for value in values)
    members = "".join(f'    {value.upper()} = "{value}"\n' for value in values)
    return f"\nclass {name}(enum.StrEnum):\n{members}\n{name}Like = {name} | Literal[{literal}]\n"


def record(name: str, given: list[Any], taken: list[Any]) -> str:
    attributes = "".join(
        f"    @property\n    def {field}(self) -> {kind}: ...\n" for field, kind, _ in given
    )
    arguments = "".join(f"        {parameter(*each)},\n" for each in taken)
    changes = "".join(f"        {field}: {kind} = ...,\n" for field, kind, _ in taken)
    return (
        f"\nclass {name}:\n    _fields: ClassVar[tuple[str, ...]]\n"
        f"    def __init__(\n        self,\n        *,\n{arguments}    ) -> None: ...\n"
        f"    def replace(\n        self,\n        *,\n{changes}    ) -> {name}: ...\n"
        f"{attributes}{RECORD_METHODS.format(name=name)}"
    )


def stubs(described: dict[str, Any]) -> str:
    text = HEAD
    for name, values in described["enums"]:
        text += enumeration(name, values)
    for name, given, taken in described["records"]:
        text += record(name, given, taken)
    functions = described["functions"]
    for owner, members in MEMBERS.items():
        text += f"\nclass {owner}:\n"
        text += "".join(f"    {member}\n" for member in members)
        text += "".join(function(info, "    ") for info in functions if info["owner"] == owner)
    text += "\n"
    text += "".join(function(info) for info in functions if not info["owner"])
    return text + HOOKS


def records_module(described: dict[str, Any]) -> str:
    names = sorted(entry[0] for entry in described["enums"] + described["records"])
    imports = "".join(f"    {name},\n" for name in names)
    exported = "".join(f'    "{name}",\n' for name in names)
    return (
        '"""All records and enumerations. Written by scripts/generate_stubs.py; do not edit."""\n\n'
        f"from ._native import (\n{imports})\n\n__all__ = [\n{exported}]\n"
    )


def main() -> int:
    arguments = [each for each in sys.argv[1:] if each != "--check"]
    sys.path.insert(0, str(Path(arguments[0]).resolve()))
    described = importlib.import_module("omnicrm._native")._describe()
    wanted = {"_native.pyi": stubs(described), "_records.py": records_module(described)}
    stale = []
    for name, text in wanted.items():
        path = PACKAGE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"not current: {', '.join(stale)}; run bindings/python/scripts/generate_stubs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
