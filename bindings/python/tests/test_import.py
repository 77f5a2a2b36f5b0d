"""Real messages in, found, followed, and taken back exactly."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import omnicrm


def test_import_of_real_messages(crm: omnicrm.Crm, ada: omnicrm.Session, mailbox: Path) -> None:
    before = ada.sync.state_digest()
    heard: list[Any] = []
    plan = ada.sync.preview(mailbox, progress=heard.append)
    assert plan.summary.messages == 300 and plan.state == "ready"
    assert plan.source.paths == (str(mailbox),)
    assert all(isinstance(far, omnicrm.PreviewProgress) for far in heard)
    assert ada.sync.plan(plan) == plan and ada.sync.plans().first() == plan

    batch = ada.sync.approve(plan)
    with pytest.raises(omnicrm.FailedPrecondition):
        ada.sync.approve(plan)
    heard.clear()
    batch = ada.sync.run(batch, progress=heard.append)
    assert batch.state == omnicrm.BatchState.DONE
    assert batch.counts.interactions == 300 - sum(entry.count for entry in batch.reasons)
    assert heard and heard[-1].done == batch.done
    assert ada.sync.status(batch).state == "done" and ada.sync.list().first() is not None

    entries = ada.timeline().all()
    assert len(entries) == batch.counts.interactions
    assert all(one.occurred_at >= two.occurred_at for one, two in zip(entries, entries[1:]))
    hits = ada.search("linux").all()
    assert hits and all(ada.interactions.get(hit).id == hit.id for hit in hits[:3])
    assert "⟦" in hits[0].snippet
    assert ada.sync.reconcile(batch).missing == 0
    assert ada.sync.dry_run("sent_and_received").contacts_to_create >= 0

    full = ada.sync.state_digest()
    assert full != before
    undone = ada.sync.undo(batch, progress=heard.append)
    assert undone.state == "undone"
    assert ada.sync.state_digest() == before
    with pytest.raises(omnicrm.FailedPrecondition):
        ada.sync.undo(batch)

    again = ada.sync.run(ada.sync.approve(ada.sync.preview(mailbox)), progress=True)
    assert again.counts.interactions == batch.counts.interactions


def test_paths(ada: omnicrm.Session, mbox: Path) -> None:
    for paths in (mbox, str(mbox), [mbox], (str(mbox),)):
        assert ada.sync.preview(paths).summary.messages == 3
    source = omnicrm.SyncSource(paths=[str(mbox)], owner_addresses=["ada@example.org"])
    plan = ada.sync.preview(source=source)
    assert plan.summary.contacts_to_create == 2
    assert ada.sync.preview(mbox, max_item_bytes=10).summary.skipped_items
    assert ada.sync.reject(plan).state == "rejected"
    with pytest.raises(omnicrm.NotFound):
        ada.sync.preview("/no/such/mail.mbox")
    with pytest.raises(TypeError):
        ada.sync.preview(mbox, no_such_rule=1)
    with pytest.raises(omnicrm.InvalidArgument):
        ada.sync.preview(mbox, contact_policy="everybody")
    with pytest.raises(omnicrm.Unsupported):
        ada.sync.preview(provider="no-such-source")


def test_batch_can_be_cancelled_and_undone_later(crm: omnicrm.Crm, ada: omnicrm.Session, mbox: Path) -> None:
    batch = ada.sync.approve(ada.sync.preview(mbox))
    assert ada.sync.cancel(batch).state == "cancelled"
    before = ada.sync.state_digest()
    batch = ada.sync.run(ada.sync.approve(ada.sync.preview(mbox)))
    assert ada.sync.undo(batch, wait=False).state == "undoing"
    crm.jobs.run_until_idle()
    assert ada.sync.status(batch).state == "undone"
    assert ada.sync.state_digest() == before


def test_progress_that_raises_ends_the_call(ada: omnicrm.Session, mailbox: Path) -> None:
    def refuse(progress: object) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        ada.sync.preview(mailbox, progress=refuse)
    batch = ada.sync.approve(ada.sync.preview(mailbox))
    with pytest.raises(KeyError, match="enough"):
        ada.sync.run(batch, progress=refuse)
    assert ada.sync.run(batch).state == "done"


def test_stop_ends_the_call(ada: omnicrm.Session, mailbox: Path) -> None:
    stop = omnicrm.Stop()
    assert not stop.requested
    stop.request()
    assert stop.requested
    with pytest.raises(omnicrm.Cancelled):
        ada.sync.preview(mailbox, stop=stop)
    batch = ada.sync.approve(ada.sync.preview(mailbox))
    with pytest.raises(omnicrm.Cancelled):
        ada.sync.run(batch, stop=stop)
    assert ada.sync.run(batch).state == "done"
    with pytest.raises(TypeError, match="stop"):
        ada.sync.run(batch, stop="now")  # type: ignore[arg-type]


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """A shell's background jobs have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_run_and_preview(crm: omnicrm.Crm, ada: omnicrm.Session, mailbox: Path) -> None:
    @crm.jobs.handler("endless")
    def endless(job: omnicrm.JobContext) -> None:
        while not job.should_stop:
            time.sleep(0.005)

    def interrupt(progress: object = None) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        ada.sync.preview(mailbox, progress=interrupt)
    batch = ada.sync.approve(ada.sync.preview(mailbox))
    with pytest.raises(KeyboardInterrupt):
        ada.sync.run(batch, progress=interrupt)
    ada.jobs.enqueue("endless")
    timer = threading.Timer(0.2, interrupt)
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        crm.jobs.run_until_idle()
    assert time.monotonic() - started < 10
    timer.join()


def test_bars_are_tqdm_when_installed(
    ada: omnicrm.Session, mbox: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = ada.sync.preview(mbox, progress=True)
    batch = ada.sync.run(ada.sync.approve(plan), progress=True)
    assert "import" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    ada.sync.undo(batch, progress=True)
    assert capsys.readouterr().err == ""
