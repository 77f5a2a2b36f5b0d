"""A whole database to another one: what arrives, progress, stopping and going on, and what is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import omnicrm


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.db"
    with omnicrm.open(path, full_sync=False) as crm:
        for name in ("ada", "bob"):
            session = crm.session(name)
            for number in range(20):
                session.contacts.create(display_name=f"Person {number} of {name}", note="Zoë 🎉")
    return path


def test_everything_arrives(source: Path, tmp_path: Path) -> None:
    heard: list[omnicrm.CopyProgress] = []
    report = omnicrm.copy_database(
        source, tmp_path / "target.db", rows_per_transaction=7, progress=heard.append
    )
    assert report.rows > 80 and report.tables > 30 and not report.resumed and len(report.checksum) == 64
    assert [far.stage for far in heard] == sorted((far.stage for far in heard), key=["rows", "text", "verify"].index)
    assert {far.stage for far in heard} == {"rows", "text", "verify"}
    assert all(0 < far.rows <= far.total and far.table for far in heard)
    with omnicrm.open(tmp_path / "target.db") as crm:
        ada = crm.session("ada")
        assert {hit.contact.display_name for hit in ada.contacts.search("person 7")} == {"Person 7 of ada"}
        assert ada.audit.verify().intact
    back = omnicrm.copy_database({"path": str(tmp_path / "target.db")}, tmp_path / "back.db", progress=True)
    assert back.checksum == report.checksum


def test_stopped_by_an_exception_and_gone_on(source: Path, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def refuse(far: omnicrm.CopyProgress) -> None:
        raise Enough

    with pytest.raises(Enough):
        omnicrm.copy_database(source, tmp_path / "target.db", rows_per_transaction=5, progress=refuse)
    stop = omnicrm.Stop()
    stop.request()
    with pytest.raises(omnicrm.Cancelled):
        omnicrm.copy_database(source, tmp_path / "target.db", stop=stop)
    assert omnicrm.copy_database(source, tmp_path / "target.db").resumed


def test_without_blocking_the_loop(source: Path, tmp_path: Path) -> None:
    report = asyncio.run(omnicrm.acopy_database(source, tmp_path / "target.db"))
    assert report.rows > 80


def test_what_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(omnicrm.NotFound):
        omnicrm.copy_database(tmp_path / "none.db", tmp_path / "target.db")
    assert not (tmp_path / "none.db").exists() and not (tmp_path / "target.db").exists()
    with pytest.raises(omnicrm.InvalidArgument):
        omnicrm.copy_database(source, {"pth": "x"})
    with pytest.raises(omnicrm.InvalidArgument):
        omnicrm.copy_database(source, tmp_path / "target.db", rows_per_transaction=0)
    with pytest.raises(omnicrm.InvalidArgument):
        omnicrm.copy_database(source, source)
    omnicrm.copy_database(source, tmp_path / "target.db")
    with pytest.raises(omnicrm.FailedPrecondition):
        omnicrm.copy_database(source, tmp_path / "target.db")
