"""What the tests share. They run on the built tree: PYTHONPATH=build/dev/python."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import omnicrm

ROOT = Path(__file__).resolve().parents[3]
PACKAGE_PARENT = Path(omnicrm.__file__).parent.parent
INTERPRETER = "/usr/bin/python3"

hypothesis.settings.register_profile("tree", database=None, deadline=None)
hypothesis.settings.load_profile("tree")


def run_python(code: str, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """A script in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes without saying where does not stay."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[omnicrm.Crm]:
    with omnicrm.open(tmp_path / "crm.db", full_sync=False) as opened:
        yield opened


@pytest.fixture
def ada(crm: omnicrm.Crm) -> omnicrm.Session:
    return crm.session("ada@example.org")


@pytest.fixture
def grace(ada: omnicrm.Session) -> omnicrm.Contact:
    return ada.contacts.create(
        display_name="Grace Hopper", emails=[{"value": "grace@navy.example", "label": "work"}]
    )


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real messages, one file each."""
    answer = subprocess.run(
        [ROOT / "scripts" / "fetch-testdata"], capture_output=True, text=True, check=True
    )
    return Path(answer.stdout.strip())


@pytest.fixture(scope="session")
def mailbox(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 of them as a mailbox."""
    file = tmp_path_factory.mktemp("mail") / "mail.mbox"
    make = ROOT / "tests/parts/make_mbox.py"
    subprocess.run([sys.executable, make, corpus, "--mbox", file, "--limit-total", "300"], check=True)
    return file


@pytest.fixture
def mbox(tmp_path: Path) -> Path:
    """Three small messages of ada's."""
    file = tmp_path / "mail.mbox"
    text = ""
    for number, (sender, to, subject) in enumerate(
        [
            ("ada@example.org", "grace@navy.example", "The compiler"),
            ("grace@navy.example", "ada@example.org", "Re: The compiler, with an invoice"),
            ("ada@example.org", "charles@engine.example", "The engine"),
        ]
    ):
        text += (
            f"From {sender} Thu Aug 22 12:36:2{number} 2002\n"
            f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{number}@example.org>\n"
            f"Date: Thu, 22 Aug 2002 12:36:2{number} +0000\n\nBody number {number}: invoice.\n\n"
        )
    file.write_text(text)
    return file
