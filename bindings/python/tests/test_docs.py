"""The guide's code runs as it stands, in its order, and is typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PACKAGE_PARENT, ROOT


def guide() -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.DOTALL)
    assert len(blocks) >= 8
    return "\n".join(blocks)


def test_guide_runs(tmp_path: Path, mbox: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", guide()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "3 messages, 2 new contacts" in done.stdout
    assert "Hello Grace Hopper" in done.stdout


def test_guide_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "guide.py").write_text(guide())
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / "build/mypy", tmp_path / "guide.py"],
        cwd=ROOT / "bindings/python",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
