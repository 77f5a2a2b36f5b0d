"""Schedules: every method of the interface."""

from __future__ import annotations

import asyncio
import datetime

import pytest

import omnicrm

UTC = datetime.timezone.utc


def test_a_schedule_from_its_beginning_to_its_end(ada: omnicrm.Session) -> None:
    made = ada.schedules.create(
        name="Nightly", kind="report", cron="30 2 * * MON-FRI", zone="Europe/Berlin", payload={"days": 1}, catch_up="all"
    )
    assert made.catch_up == omnicrm.CatchUp.ALL
    assert made.payload == {"days": 1}
    assert made.next_at is not None and made.next_at > datetime.datetime.now(UTC)
    assert (made.last_at, made.error, made.paused, made.unique) == (None, None, False, False)
    assert ada.schedules.get(made) == made
    changed = ada.schedules.update(made, cron="@hourly", unique=True)
    assert (changed.version, changed.unique) == (2, True)
    with pytest.raises(omnicrm.Conflict):
        ada.schedules.update(made, name="Late")
    assert [one.name for one in ada.schedules.list()] == ["Nightly"]
    paused = ada.schedules.pause(made.id)
    assert paused.paused and paused.next_at is None
    assert ada.schedules.resume(made).next_at is not None
    with pytest.raises(omnicrm.AlreadyExists):
        ada.schedules.create(name="Nightly", kind="report", cron="@daily")
    ada.schedules.remove(made)
    with pytest.raises(omnicrm.NotFound):
        ada.schedules.get(made)


def test_a_preview(ada: omnicrm.Session) -> None:
    gap = ada.schedules.preview("30 2 * * *", "Europe/Berlin", after="2027-03-27T12:00:00Z", count=2)
    assert gap == (
        datetime.datetime(2027, 3, 28, 1, tzinfo=UTC),  # 02:30 is not there on that day
        datetime.datetime(2027, 3, 29, 0, 30, tzinfo=UTC),
    )
    draft = omnicrm.Schedule(name="x", kind="y", cron="@daily", zone="Asia/Tokyo")
    assert ada.schedules.preview(draft, after="2030-01-01T00:00:00Z", count=1)[0].hour == 15
    with pytest.raises(omnicrm.InvalidArgument, match="day of month"):
        ada.schedules.preview("0 0 30 2 *")
    with pytest.raises(omnicrm.InvalidArgument, match="zone"):
        ada.schedules.preview("@daily", "Europe/Atlantis")


def test_within_a_transaction(ada: omnicrm.Session) -> None:
    def work(session: omnicrm.Session) -> None:
        session.schedules.create(name="Never", kind="report", cron="@daily")
        raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        ada.transaction(work)
    assert ada.schedules.list().all() == []


def test_without_blocking(ada: omnicrm.Session) -> None:
    async def main() -> None:
        made = await ada.schedules.acreate(name="Async", kind="report", cron="@daily")
        assert await ada.schedules.alist() == [made]
        assert len(await ada.schedules.apreview(made, count=3)) == 3

    asyncio.run(main())
