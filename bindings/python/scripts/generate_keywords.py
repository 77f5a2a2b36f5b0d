#!/usr/bin/env python3
"""Writes omnicrm/_keywords.py: the whole signatures of methods that take a record's fields as keywords.

The methods are those below, the fields those of omnicrm/_native.pyi.
Usage: generate_keywords.py [--check]
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "omnicrm"
TARGET = PACKAGE / "_keywords.py"

# File, class, method, and the record whose fields its `**` stands for.
METHODS = [
    ("_people.py", "Contacts", "create", "Contact"),
    ("_people.py", "Contacts", "update", "Contact"),
    ("_people.py", "Organizations", "create", "Organization"),
    ("_people.py", "Organizations", "update", "Organization"),
    ("_people.py", "Interactions", "create", "Interaction"),
    ("_people.py", "Interactions", "update", "Interaction"),
    ("_lists.py", "Tags", "update", "Tag"),
    ("_lists.py", "Segments", "update", "Segment"),
    ("_lists.py", "Tasks", "create", "Task"),
    ("_lists.py", "Tasks", "update", "Task"),
    ("_schedules.py", "Schedules", "create", "Schedule"),
    ("_schedules.py", "Schedules", "update", "Schedule"),
    ("_sync.py", "Sync", "preview", "SyncSource"),
]

HEAD = '''"""The keywords of methods that take a record's fields. Written by scripts/generate_keywords.py; do not edit.

A generated file: as long as the records are. Nothing in it is ever called, see _signatures.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from ._native import *  # noqa: F403
    from ._progress import Progress
    from ._sync import PathLike
'''


def method_of(file: str, owner: str, name: str) -> ast.FunctionDef:
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    (kind,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner)
    (found,) = (node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return found


def fields_of(record: str, stubs: ast.Module) -> list[tuple[str, str, str]]:
    """Name, type and default of what a record's constructor takes."""
    (kind,) = (node for node in stubs.body if isinstance(node, ast.ClassDef) and node.name == record)
    (init,) = (node for node in kind.body if isinstance(node, ast.FunctionDef) and node.name == "__init__")
    return [
        (each.arg, ast.unparse(each.annotation), ast.unparse(default))
        for each, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True)
        if each.annotation is not None and default is not None
    ]


def signature(file: str, owner: str, name: str, record: str, stubs: ast.Module) -> str:
    method = method_of(file, owner, name)
    arguments = method.args
    assert arguments.kwarg is not None and method.returns is not None
    named = {each.arg for each in arguments.posonlyargs + arguments.args + arguments.kwonlyargs}
    method.args.kwarg = None
    before = ast.unparse(arguments).replace("self", "self: Any", 1)
    if not arguments.kwonlyargs:
        before += ", *"
    # A change that is not given leaves the field as it is.
    fields = "".join(
        f"    {field}: {kind} = {default if name != 'update' else '...'},\n"
        for field, kind, default in fields_of(record, stubs)
        if field not in named
    )
    result = ast.unparse(method.returns)
    return (
        f"\n\ndef {owner.lower()}_{name}(\n    {before},\n{fields}) -> {result}:\n    raise NotImplementedError\n"
    )


def main() -> int:
    stubs = ast.parse((PACKAGE / "_native.pyi").read_text(encoding="utf-8"))
    text = HEAD + "".join(signature(*each, stubs) for each in METHODS)
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    if "--check" in sys.argv:
        print("not current: _keywords.py; run bindings/python/scripts/generate_keywords.py")
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
