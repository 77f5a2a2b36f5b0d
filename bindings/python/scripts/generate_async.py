#!/usr/bin/env python3
"""Writes the `a...` methods: in each class marked below, one for every public method that can block.

They stand between two marks at the end of the class, so that readers and type checkers see them as they are.
Usage: generate_async.py [--check]
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "omnicrm"
BEGIN = "    # --- async: written by scripts/generate_async.py\n"
END = "    # --- end of async\n"

CLASSES = {
    "_people.py": ["Contacts", "Organizations", "Interactions", "Search"],
    "_lists.py": ["Tags", "Segments", "Tasks", "Settings", "Audit"],
    "_sync.py": ["Sync"],
    "_schedules.py": ["Schedules"],
    "_jobs.py": ["Jobs", "JobContext", "Runner"],
    "_session.py": ["Session"],
    "_crm.py": ["Crm"],
}
# They return at once, or are the class's own business.
NOT_BLOCKING = {"handler", "register", "on_progress", "running", "log"}
# They belong to the thread that runs a transaction.
NOT_ELSEWHERE = {"complete_in"}
# They run code of the host, which may take its time.
HOST_CODE = {"transaction"}


def is_wanted(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and node.name not in NOT_BLOCKING | NOT_ELSEWHERE
        and all(is_signature(each) for each in node.decorator_list)
    )


def is_signature(decorator: ast.expr) -> bool:
    """`@takes(...)`"""
    return ast.unparse(decorator).startswith("takes(")


def names_of(arguments: ast.arguments) -> list[str]:
    """How the method's arguments are handed on."""
    handed = [each.arg for each in arguments.posonlyargs + arguments.args if each.arg != "self"]
    handed += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        handed.append(f"**{arguments.kwarg.arg}")
    return handed


def written(node: ast.FunctionDef) -> str:
    arguments = ast.unparse(node.args).replace("*, ", "*, ")
    result = ast.unparse(node.returns) if node.returns is not None else "None"
    handed = ", ".join(names_of(node.args))
    call = f"self.{node.name}"
    listing = re.fullmatch(r"Listing\[(.*)\]", result)
    if listing:
        result = f"builtins.list[{listing.group(1)}]"
        body = f"return await in_thread(lambda: {call}({handed}).all())"
        text = f'"""`{node.name}(...).all()` without blocking the event loop."""'
    else:
        is_long = any(each.arg == "stop" for each in node.args.kwonlyargs)
        waits = node.name in HOST_CODE or any(each.arg == "grace" for each in node.args.kwonlyargs)
        runner = "stoppable" if is_long else "in_own_thread" if waits else "in_thread"
        body = f"return await {runner}({', '.join([call, *filter(None, [handed])])})"
        stops = "; cancelling the task stops it" if is_long else ""
        text = f'"""`{node.name}` without blocking the event loop{stops}."""'
    shown = "".join(f"    @a{ast.unparse(each)}\n" for each in node.decorator_list)
    return (
        f"{shown}    async def a{node.name}({arguments}) -> {result}:\n        {text}\n        {body}\n\n"
    )


def region(source: str, name: str) -> str:
    tree = ast.parse(source)
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    has = {node.name for node in found.body if isinstance(node, ast.AsyncFunctionDef)}
    methods = [node for node in found.body if is_wanted(node)]
    text = "".join(written(node) for node in methods if f"a{node.name}" not in has)  # type: ignore[attr-defined,arg-type]
    return BEGIN + "\n" + text + END


def renewed(source: str, names: list[str]) -> str:
    source = re.sub(f"\n{re.escape(BEGIN)}.*?{re.escape(END)}", "", source, flags=re.DOTALL)
    for name in names:
        new = region(source, name)
        tree = ast.parse(source)
        (found,) = (
            node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name
        )
        lines = source.splitlines(keepends=True)
        end = found.end_lineno or len(lines)
        source = "".join(lines[:end]) + "\n" + new + "".join(lines[end:])
    return source


def main() -> int:
    stale = []
    for file, names in CLASSES.items():
        path = PACKAGE / file
        before = path.read_text(encoding="utf-8")
        after = renewed(before, names)
        if after == before:
            continue
        stale.append(file)
        if "--check" not in sys.argv:
            path.write_text(after, encoding="utf-8")
    if "--check" in sys.argv and stale:
        print(f"not current: {', '.join(stale)}; run bindings/python/scripts/generate_async.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
