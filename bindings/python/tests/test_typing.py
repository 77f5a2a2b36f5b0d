"""What is written by scripts is current; mypy --strict is content with the package and the examples."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import omnicrm
from conftest import PACKAGE_PARENT, ROOT
from omnicrm import _records

HERE = ROOT / "bindings/python"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_stubs_are_current() -> None:
    run(sys.executable, HERE / "scripts/generate_stubs.py", PACKAGE_PARENT, "--check")


def test_async_methods_are_current() -> None:
    run(sys.executable, HERE / "scripts/generate_async.py", "--check")


def test_documentation_is_current() -> None:
    run(sys.executable, HERE / "scripts/generate_docs.py", "--check")


def test_everything_is_documented() -> None:
    own = set(omnicrm.__all__) - set(_records.__all__)
    assert [name for name in own if not (getattr(omnicrm, name).__doc__ or "").strip()] == []
    assert omnicrm.Contact.__doc__ is not None and "person" in omnicrm.Contact.__doc__
    assert "YYYY-MM-DD" in omnicrm.Contact.birthday.__doc__
    assert omnicrm.JobState.__doc__ is not None and "DEAD: all attempts used up" in omnicrm.JobState.__doc__


def test_mypy_strict(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    cache = ROOT / "build/mypy"
    check = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache]
    run(*check, HERE / "omnicrm", *sorted((ROOT / "examples/python").glob("*.py")))


def test_mypy_sees_mistakes(tmp_path: Path) -> None:
    """The stubs say enough for a mistake to be found."""
    pytest.importorskip("mypy")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import omnicrm\n"
        "s = omnicrm.open().session('ada')\n"
        "s.contacts.list(order='size')\n"
        "omnicrm.Contact(display_name=1)\n"
        "s.timeline(after=5)\n"
        "x: int = s.search('x').first()\n"
        "for hit in s.search('x'):\n    hit.subjekt\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / "build/mypy", wrong],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line}
    assert lines == {3, 4, 5, 6, 8}, done.stdout
