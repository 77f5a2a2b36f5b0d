"""The examples run, as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import PACKAGE_PARENT, ROOT

EXAMPLES = ROOT / "examples/python"


def run(name: str, folder: Path, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_search(tmp_path: Path, mbox: Path) -> None:
    assert mbox.parent == tmp_path
    said = run("import_search.py", tmp_path)
    assert "3 messages," in said
    assert "2002-08-22" in said and "with an invoice" in said


def test_import_search_has_eight_lines() -> None:
    lines = [line for line in (EXAMPLES / "import_search.py").read_text().splitlines() if line.strip()]
    assert len(lines) <= 8


def test_notebook(tmp_path: Path) -> None:
    said = run("notebook.py", tmp_path)
    assert "4 messages" in said and "undone: True" in said
    assert "Lunch on Friday?" in said and "⟦invoice⟧" in said


def test_notebook_with_real_mail(tmp_path: Path, mailbox: Path) -> None:
    said = run("notebook.py", tmp_path, mailbox)
    assert "undone: True" in said and "rows with" in said


def test_custom_source(tmp_path: Path) -> None:
    said = run("custom_source.py", tmp_path)
    assert "2 messages, 1 lines that cannot be read" in said
    assert "09:31 charles@engine.example: is the engine ready?" in said
    assert "0 left after undo" in said


def test_jobs(tmp_path: Path) -> None:
    said = run("jobs.py", tmp_path)
    assert "greet: done after 2 starts, {'sent': 'Dear Grace Hopper'}" in said
    assert "poll: done" in said and "greet: 1 of 2 (found them)" in said
