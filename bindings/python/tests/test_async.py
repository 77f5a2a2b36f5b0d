"""The `a...` methods never block the event loop."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar

import pytest

import omnicrm
from omnicrm import _native

T = TypeVar("T")


async def with_ticks(work: Awaitable[T]) -> tuple[T, int]:
    """The result, and how often the loop came round meanwhile."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    try:
        return await work, ticks
    finally:
        ticking.cancel()


def test_calls_do_not_block_the_loop(crm: omnicrm.Crm, ada: omnicrm.Session, mbox: Path) -> None:
    async def main() -> None:
        _native._pause_calls(0.03)

        async def ticking(work: Awaitable[T]) -> T:
            result, ticks = await with_ticks(work)
            assert ticks >= 3
            return result

        made = await ticking(ada.contacts.acreate(display_name="Grace", emails=[{"value": "g@x.example"}]))
        assert await ticking(ada.contacts.aget(made)) == made
        assert await ticking(ada.contacts.alist()) == [made]
        assert await ticking(ada.contacts.list().afirst()) == made
        assert (await ticking(ada.contacts.list().apage())).items == (made,)
        plan = await ticking(ada.sync.apreview(mbox))
        batch = await ticking(ada.sync.arun(await ada.sync.aapprove(plan)))
        assert len(await ticking(ada.asearch("invoice"))) == 3
        assert len(await ticking(ada.asearch("invoice", limit=2))) == 2
        assert len(await ticking(ada.atimeline(limit=2))) == 2
        assert (await ticking(ada.sync.aundo(batch))).state == "undone"
        assert await ticking(ada.acall("contacts.get", {"id": made.id}))
        assert await ticking(ada.atransaction(lambda inside: inside.tags.create("t").name)) == "t"
        assert await ticking(crm.acheck()) == ()

        seen, ticks = [], 0
        async for hit in ada.contacts.list(page_size=1):
            seen.append(hit)
        assert seen == [made]
        assert [one async for one in ada.contacts.list(limit=0)] == []

    try:
        asyncio.run(main())
    finally:
        _native._pause_calls(0)


def test_every_blocking_method_has_its_twin(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    quick = {"handler", "register", "on_progress", "running", "search", "session", "pages", "log"}
    quick.add("complete_in")  # belongs to the thread that runs the transaction
    parts: list[Any] = [
        crm, crm.jobs, ada, ada.contacts, ada.organizations, ada.interactions, ada.tags, ada.segments, ada.tasks,
        ada.settings, ada.audit, ada.jobs, ada.schedules, ada.sync, ada.search, ada.contacts.list(), omnicrm.JobContext,
    ]
    count = 0
    for part in parts:
        kind = part if isinstance(part, type) else type(part)
        for name, member in vars(kind).items():
            if name.startswith("_") or not inspect.isfunction(member) or inspect.iscoroutinefunction(member):
                continue
            if name in quick and not hasattr(kind, "a" + name):
                continue
            twin = getattr(kind, "a" + name)
            assert inspect.iscoroutinefunction(twin), name
            if kind is not omnicrm.Session or name != "search":
                assert inspect.signature(twin).parameters.keys() == inspect.signature(member).parameters.keys()
            count += 1
    assert count > 80


def test_open_and_close(tmp_path: Path) -> None:
    async def main() -> None:
        async with await omnicrm.aopen(tmp_path / "a.db") as crm:
            async with crm.session("ada") as ada:
                await ada.tags.acreate("x")
        assert crm.closed

    asyncio.run(main())


def test_cancelling_a_task_stops_its_call(tmp_path: Path) -> None:
    class Endless(omnicrm.Source):
        connection = "endless"  # type: ignore[assignment]

        def inventory(self, should_stop: Any) -> Any:
            return [{"path": "x", "format": "chat"}]

        def read(self, scope: Any, position: str) -> Any:
            number = 0
            while True:
                number += 1
                time.sleep(0.001)
                yield omnicrm.SourceItem(
                    service="chat", source_id=str(number), content_type="x/y", payload=b"x", next=str(number)
                )

    with omnicrm.open(tmp_path / "a.db", sources={"endless": lambda source: Endless()}) as crm:

        async def main() -> None:
            task = asyncio.create_task(crm.session("ada").sync.apreview(provider="endless"))
            await asyncio.sleep(0.1)
            task.cancel()
            started = time.monotonic()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - started < 5

        asyncio.run(main())


def test_errors_come_through(ada: omnicrm.Session) -> None:
    async def main() -> None:
        with pytest.raises(omnicrm.NotFound):
            await ada.contacts.aget("01a2095a-0386-7be7-84bc-8caf55392042")
        with pytest.raises(omnicrm.InvalidArgument):
            async for _ in ada.search("after:yesterday"):
                pass

    asyncio.run(main())
