"""On a PostgreSQL server: opened, a mailbox imported, found, and taken back.

No test_*.py: it needs the server that scripts/with-postgres starts and names in $OMNICRM_DB (ctest: python_postgres).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import omnicrm

URL = os.environ["OMNICRM_DB"]


def test_import_search_undo(mbox: Path) -> None:
    with omnicrm.open(URL, postgres={"pool_size": 4, "statement_timeout_ms": 60_000}) as crm:
        ada = crm.session("ada@example.org")
        ada.settings.set("user.addresses", ["ada@example.org"])
        before = ada.sync.state_digest()
        plan = ada.sync.preview(mbox)
        assert plan.summary.messages == 3
        batch = ada.sync.run(ada.sync.approve(plan))
        assert batch.state == "done" and batch.counts.interactions == 3
        assert [hit.subject for hit in ada.search("subject:engine")] == ["The engine"]
        assert {entry.subject for entry in ada.timeline("grace@navy.example")} == {
            "The compiler",
            "Re: The compiler, with an invoice",
        }
        assert crm.session("bob").search("engine").all() == []
        assert ada.sync.state_digest() != before

    async def undo() -> None:
        async with await omnicrm.aopen(URL, postgres={"transaction_pooling": True}) as again:
            session = await again.asession("ada@example.org")
            assert (await session.sync.aundo(batch)).state == "undone"
            assert await session.sync.astate_digest() == before

    asyncio.run(undo())
    assert not list(Path.cwd().glob("postgres*"))


def test_the_schema_is_the_one_named() -> None:
    with omnicrm.open(URL, postgres={"schema": "elsewhere"}) as crm:
        crm.session("ada").contacts.create(display_name="Grace Hopper")
    with omnicrm.open(URL) as crm:
        assert crm.session("ada").contacts.list().all() == []
    with omnicrm.open(URL, postgres={"schema": "elsewhere"}) as crm:
        assert [each.display_name for each in crm.session("ada").contacts.list()] == ["Grace Hopper"]


def test_what_is_refused() -> None:
    with pytest.raises(omnicrm.InvalidArgument, match="schema"):
        omnicrm.open(URL, postgres={"schema": "No Schema"})
    with pytest.raises(omnicrm.InvalidArgument, match="admin_url"):
        omnicrm.open(URL, postgres={"admin_url": "postgresql://u:secret@[::1/"})
