"""What is written by scripts is current; mypy --strict is content with the package and the examples."""

from __future__ import annotations

import inspect
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


def test_signatures_with_fields_are_current() -> None:
    run(sys.executable, HERE / "scripts/generate_keywords.py", "--check")


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


def mistakes(folder: Path, code: str) -> dict[int, str]:
    """What mypy --strict says of a program, by line."""
    pytest.importorskip("mypy")
    wrong = folder / "wrong.py"
    wrong.write_text(code)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ROOT / "build/mypy", wrong],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    errors = (line.split(":", 3) for line in done.stdout.splitlines() if ": error:" in line)
    return {int(number): text for _, number, _, text in errors}


def test_mypy_sees_mistakes(tmp_path: Path) -> None:
    """The stubs say enough for a mistake to be found."""
    found = mistakes(
        tmp_path,
        "import omnicrm\n"
        "s = omnicrm.open().session('ada')\n"
        "s.contacts.list(order='size')\n"
        "omnicrm.Contact(display_name=1)\n"
        "s.timeline(after=5)\n"
        "x: int = s.search('x').first()\n"
        "for hit in s.search('x'):\n    hit.subjekt\n",
    )
    assert found.keys() == {3, 4, 5, 6, 8}, found


# A call, and what mypy says of it: nothing, or a part of the error.
FIELDS = [
    ("s.contacts.create(display_name='Ada', emails=[{'value': 'a@b.example'}], pinned=True)", ""),
    ("s.contacts.create({'display_name': 'Ada'}, note='x')", ""),
    ("s.contacts.create(dispaly_name='Ada')", 'Unexpected keyword argument "dispaly_name"'),
    ("s.contacts.create(display_name=1)", 'has incompatible type "int"; expected "str"'),
    ("s.contacts.create(emails='a@b.example')", "incompatible type"),
    ("s.contacts.create('Ada')", "incompatible type"),
    ("s.contacts.update(c, note='Met')", ""),
    ("s.contacts.update(c, nota='Met')", 'Unexpected keyword argument "nota"'),
    ("s.contacts.update(c, pinned='yes')", "incompatible type"),
    ("s.contacts.update()", "Too few arguments"),
    ("s.organizations.create(name='Navy', domian='navy.example')", "Unexpected keyword argument"),
    ("s.organizations.update(o, name=None)", "incompatible type"),
    ("s.interactions.create(kind='note', subject='x', occurred_at='2026-01-01T00:00:00Z')", ""),
    ("s.interactions.create(kind='notes')", "incompatible type"),
    ("s.interactions.update(i, subjekt='x')", "Unexpected keyword argument"),
    ("s.tags.update(t, colour='red')", "Unexpected keyword argument"),
    ("s.segments.update(g, name=5)", "incompatible type"),
    ("s.tasks.create(title='Call', due_at='2026-01-01T00:00:00Z', contact_id=c.id)", ""),
    ("s.tasks.create(title='Call', due='2026')", "Unexpected keyword argument"),
    ("s.tasks.update(k, done_at=5)", "incompatible type"),
    ("s.sync.preview('mail.mbox', max_item_bytes=5, default_zone='Europe/Berlin')", ""),
    ("s.sync.preview('mail.mbox', max_item_byte=5)", "Unexpected keyword argument"),
    ("s.sync.preview('mail.mbox', default_zone=5)", "incompatible type"),
    ("s.sync.preview('mail.mbox', contact_policy='some')", "incompatible type"),
    ("await s.contacts.acreate(display_name='Ada')", ""),
    ("await s.contacts.acreate(name='Ada')", "Unexpected keyword argument"),
    ("await s.tasks.aupdate(k, title=5)", "incompatible type"),
    ("await s.sync.apreview('mail.mbox', max_item_bytes='5')", "incompatible type"),
    ("(await s.contacts.acreate(display_name='Ada')).nota", 'has no attribute "nota"'),
    ("s.contacts.create(display_name='Ada').nota", 'has no attribute "nota"'),
    ("await omnicrm.aopen('my.db', threads=4)", ""),
    ("await omnicrm.aopen('my.db', thread=4)", "Unexpected keyword argument"),
    ("omnicrm.open('postgresql://db', postgres={'admin_url': 'postgresql://a@db', 'pool_size': 4})", ""),
    ("omnicrm.open('postgresql://db', postgres={'pol_size': 4})", "incompatible type"),
    ("omnicrm.open('postgresql://db', postgres={'pool_size': '4'})", "ncompatible type"),
    ("await omnicrm.aopen('postgresql://db', postgres={'transaction_pooling': True})", ""),
    ("await omnicrm.aopen('postgresql://db', postgres={'schema': 5})", "ncompatible type"),
    ("omnicrm.open('my.db', sqlite={'idle_readers': 2})", ""),
    ("omnicrm.open('my.db', sqlite={'idle_reader': 2})", "incompatible type"),
]


def test_mypy_sees_wrong_fields(tmp_path: Path) -> None:
    """Methods that take a record's fields as keywords know their names and types."""
    head = (
        "import omnicrm\n"
        "async def use(s: omnicrm.Session, c: omnicrm.Contact, o: omnicrm.Organization, i: omnicrm.Interaction,\n"
        "              t: omnicrm.Tag, g: omnicrm.Segment, k: omnicrm.Task) -> None:\n"
    )
    first = head.count("\n") + 1
    found = mistakes(tmp_path, head + "".join(f"    {call}\n" for call, _ in FIELDS))
    for line, (call, said) in enumerate(FIELDS, first):
        if said:
            assert said in found.get(line, ""), (call, found.get(line))
        else:
            assert line not in found, (call, found[line])


def test_signatures_are_shown() -> None:
    """`help()` and editors show the fields, too, also of the twins."""
    for method in (omnicrm.Contacts.create, omnicrm.Contacts.acreate, omnicrm.Sync.preview):
        parameters = inspect.signature(method).parameters
        assert all(each.kind is not each.VAR_KEYWORD for each in parameters.values())
    assert inspect.signature(omnicrm.Contacts.create).parameters["display_name"].default == ""
    assert {"paths", "max_item_bytes", "progress"} <= inspect.signature(omnicrm.Sync.preview).parameters.keys()
    fields = set(inspect.signature(omnicrm.Contacts.update).parameters) - {"self", "changed"}
    assert fields == set(omnicrm.Contact._fields)
