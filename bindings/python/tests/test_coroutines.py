"""Coroutine handlers are cancelled when their job is asked to stop."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import omnicrm


def test_coroutines_are_cancelled_at_their_timeout(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    ended: list[str] = []

    @crm.jobs.handler("endless", timeout=0.2)
    async def endless(job: omnicrm.JobContext) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    @crm.jobs.handler("tidy", timeout=0.2)
    async def tidy(job: omnicrm.JobContext) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # it may tidy up: it is cancelled once
            ended.append("tidied")

    keys = [ada.jobs.enqueue(kind, max_attempts=1) for kind in ("endless", "tidy")]
    started = time.monotonic()
    crm.jobs.run_until_idle(horizon=0)
    assert time.monotonic() - started < 10
    assert sorted(ended) == ["cancelled", "tidied"]
    assert [ada.jobs.get(key).state for key in keys] == ["dead", "dead"]


def test_coroutines_are_cancelled_by_close(tmp_path: Path) -> None:
    begun, ended = threading.Event(), threading.Event()
    crm = omnicrm.open(tmp_path / "crm.db", full_sync=False)

    @crm.jobs.handler("endless")
    async def endless(job: omnicrm.JobContext) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    key = crm.session("ada").jobs.enqueue("endless")
    crm.jobs.start()
    assert begun.wait(10)
    started = time.monotonic()
    crm.close(grace=0.1)
    assert time.monotonic() - started < 10 and ended.is_set()
    with omnicrm.open(tmp_path / "crm.db") as again:  # it was not its fault: another run
        assert again.session("ada").jobs.get(key).state in ("ready", "scheduled")


def test_coroutines_are_cancelled_with_their_job(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    begun = threading.Event()

    @crm.jobs.handler("endless")
    async def endless(job: omnicrm.JobContext) -> None:
        begun.set()
        await asyncio.sleep(60)

    key = ada.jobs.enqueue("endless")
    with crm.jobs.running():
        assert begun.wait(10)
        ada.jobs.cancel(key)
        deadline = time.monotonic() + 10
        while ada.jobs.get(key).state == "running" and time.monotonic() < deadline:
            time.sleep(0.02)
    assert ada.jobs.get(key).state == "cancelled"
