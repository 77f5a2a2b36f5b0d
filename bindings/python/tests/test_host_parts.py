"""Sources, normalizers, loggers and clocks in Python."""

from __future__ import annotations

import datetime
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import omnicrm

from conftest import run_python

UTC = datetime.timezone.utc
CHAT = "application/x-chat"


class Chat(omnicrm.Source):
    """Lines "id|address|text" that a plan brings along."""

    def __init__(self, source: omnicrm.SyncSource) -> None:
        self.lines: list[str] = source.options["lines"]
        self.source = source
        if "closed" in source.options:
            raise omnicrm.PermissionDenied("the room is closed", needs_user=True)

    @property
    def connection(self) -> str:
        return "chat"

    def inventory(self, should_stop: Callable[[], bool]) -> list[Any]:
        assert not should_stop()
        if "odd" in self.source.options:
            raise ZeroDivisionError("odd")
        return [omnicrm.PlanFile(path="room", format="chat"), {"path": "attic", "format": "ignored"}]

    def read(self, scope: omnicrm.PlanFile, position: str) -> Iterator[omnicrm.SourceItem]:
        if scope.path != "room":
            return
        for number in range(int(position or 0), len(self.lines)):
            line = self.lines[number]
            if line == "stop here":
                raise KeyboardInterrupt
            if line == "break":
                raise OSError("the line broke")
            yield omnicrm.SourceItem(
                service="calendar" if "/" in line else "chat",
                source_id=line.split("|")[0],
                content_type=CHAT,
                payload=line.encode(),
                origin={"line": number},
                next=str(number + 1),
            )


class ChatNormalizer(omnicrm.Normalizer):
    content_type = CHAT
    version = 1

    def __init__(self) -> None:
        self.series_sizes: list[int] = []

    def series(self, source_id: str) -> str:
        return source_id.split("/")[0]

    def facts(self, item: omnicrm.RawItem) -> omnicrm.ItemFacts:
        _, address, text = item.payload.decode().split("|")
        return omnicrm.ItemFacts(
            title=text,
            at=datetime.datetime(2026, 1, 1, tzinfo=UTC),
            participants=[omnicrm.Participant(role="to", address=address)],
            marked_sent=True,
        )

    def normalize(
        self, series: Sequence[omnicrm.RawItem], options: omnicrm.NormalizeOptions
    ) -> omnicrm.Normalized:
        assert isinstance(options, omnicrm.NormalizeOptions)
        self.series_sizes.append(len(series))
        entries = []
        for number, item in enumerate(series):
            facts = self.facts(item)
            if facts.title == "poison":
                raise ValueError("cannot read poison")
            entries.append(
                omnicrm.NormalizedInteraction(
                    interaction=omnicrm.Interaction(
                        kind="message",
                        direction="outbound",
                        subject=facts.title,
                        occurred_at=facts.at,
                        participants=facts.participants,
                    ),
                    item=number,
                )
            )
        return omnicrm.Normalized(interactions=entries, facts=self.facts(series[0]))


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[tuple[omnicrm.Crm, omnicrm.Session, ChatNormalizer]]:
    normalizer = ChatNormalizer()
    with omnicrm.open(
        tmp_path / "chat.db", sources={"chat": Chat}, normalizers=[normalizer], full_sync=False
    ) as crm:
        yield crm, crm.session("ada"), normalizer


LINES = ["Mü1/a|bob@work.example|good morning", "Mü1/b|bob@work.example|and tea", "2|eve@work.example|the parcel came"]


def test_source_and_normalizer(chat: Any) -> None:
    crm, ada, normalizer = chat
    before = ada.sync.state_digest()
    plan = ada.sync.preview(provider="chat", options={"lines": LINES})
    assert plan.summary.items == 3 and plan.summary.contacts_to_create == 2
    batch = ada.sync.run(ada.sync.approve(plan))
    assert batch.state == "done" and batch.counts.interactions == 3
    assert {one.subject for one in ada.timeline()} == {"good morning", "and tea", "the parcel came"}
    assert 2 in normalizer.series_sizes
    assert ada.contacts.find("bob@work.example") is not None
    assert ada.sync.reconcile(batch).missing == 0
    ada.sync.undo(batch)
    assert ada.sync.state_digest() == before


def test_poison_says_why(chat: Any) -> None:
    _, ada, _ = chat
    plan = ada.sync.preview(provider="chat", options={"lines": [*LINES, "9|eve@work.example|poison"]})
    batch = ada.sync.run(ada.sync.approve(plan))
    assert batch.counts.poison == 1 and batch.counts.interactions == 3


def test_errors_of_a_source_come_back_whole(chat: Any) -> None:
    _, ada, _ = chat
    with pytest.raises(omnicrm.PermissionDenied, match="the room is closed") as closed:
        ada.sync.preview(provider="chat", options={"lines": [], "closed": True})
    assert closed.value.needs_user
    with pytest.raises(omnicrm.Internal, match="ZeroDivisionError: odd") as odd:
        ada.sync.preview(provider="chat", options={"lines": [], "odd": True})
    assert isinstance(odd.value.__cause__, ZeroDivisionError)
    with pytest.raises(omnicrm.Internal, match="the line broke"):
        ada.sync.preview(provider="chat", options={"lines": ["break"]})
    with pytest.raises(omnicrm.Internal, match="KeyError"):
        ada.sync.preview(provider="chat", options={})
    with pytest.raises(KeyboardInterrupt):
        ada.sync.preview(provider="chat", options={"lines": [LINES[0], "stop here"]})


class Bad(omnicrm.Source):
    connection = uuid.UUID(int=7)  # type: ignore[assignment]

    def __init__(self, source: omnicrm.SyncSource) -> None:
        self.what = source.options["what"]

    def inventory(self, should_stop: Callable[[], bool]) -> Any:
        return {"inventory": 7, "inventory_item": [7]}.get(self.what, [{"path": "x", "format": "chat"}])

    def read(self, scope: omnicrm.PlanFile, position: str) -> Any:
        if self.what == "read":
            return 7
        item = {"service": "chat", "source_id": "1", "content_type": CHAT, "payload": b"x"}
        item.update({"payload": {"payload": "text"}, "state": {"state": "odd"}}.get(self.what, {}))
        return [object()] if self.what == "item" else [omnicrm.SourceItem(**item)]


@pytest.mark.parametrize("what", ["inventory", "inventory_item", "read", "item", "payload", "state"])
def test_a_source_that_gives_nonsense(tmp_path: Path, what: str) -> None:
    with omnicrm.open(":memory:", sources={"bad": Bad}) as crm:
        with pytest.raises(omnicrm.Error):
            crm.session("ada").sync.preview(provider="bad", options={"what": what})


def test_abstract_classes_refuse_what_is_missing() -> None:
    with pytest.raises(TypeError):
        omnicrm.Source()  # type: ignore[abstract]
    with pytest.raises(TypeError):
        omnicrm.Normalizer()  # type: ignore[abstract]


CRASH = """
import os, sys, omnicrm
crm = omnicrm.open(sys.argv[1], lease=0.5, heartbeat=0.1)
crm.jobs.register("crash", lambda job: os._exit(7))
crm.session("ada").jobs.enqueue("crash", max_attempts=9)
crm.jobs.run_until_idle()
"""


def run_after_a_crash(file: Path, log: Any) -> None:
    """A job of a worker that died is taken over, which is a warning in the log."""
    assert run_python(CRASH, str(file)).returncode == 7
    time.sleep(0.6)
    with omnicrm.open(file, lease=0.5, heartbeat=0.1, log=log) as crm:
        crm.jobs.register("crash", lambda job: None)
        crm.jobs.run_until_idle()
        assert crm.session("ada").jobs.list().all()[0].state == "done"


def test_logging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("test.omnicrm")
    with caplog.at_level(logging.DEBUG, logger="test.omnicrm"):
        run_after_a_crash(tmp_path / "log.db", logger)
    records = [record for record in caplog.records if record.name == "test.omnicrm.jobs"]
    assert records and records[0].levelno == logging.WARNING

    lines: list[tuple[str, str, str]] = []
    run_after_a_crash(tmp_path / "log2.db", lambda *line: lines.append(line))
    assert lines[0][:2] == ("warning", "jobs")

    with caplog.at_level(logging.ERROR, logger="test.omnicrm"):
        caplog.clear()
        run_after_a_crash(tmp_path / "log3.db", logger)
    assert not caplog.records


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_logger_that_raises_harms_nothing(tmp_path: Path) -> None:
    said: list[str] = []

    def log(*line: str) -> None:
        said.append(line[2])
        raise ValueError("no paper")

    run_after_a_crash(tmp_path / "log.db", log)
    assert said


def test_clock(tmp_path: Path) -> None:
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    now = datetime.datetime(2030, 1, 1, 9, tzinfo=tokyo)
    with omnicrm.open(tmp_path / "clock.db", clock=lambda: now) as crm:
        contact = crm.session("ada").contacts.create(display_name="X")
        assert contact.created_at == now


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bad", [lambda: 1 / 0, lambda: None, lambda: datetime.datetime(2030, 1, 1)])
def test_a_clock_that_stands(tmp_path: Path, bad: Any) -> None:
    with omnicrm.open(tmp_path / "clock.db", clock=bad) as crm:
        made = crm.session("ada").contacts.create(display_name="X").created_at
    assert abs((datetime.datetime.now(UTC) - made).total_seconds()) < 60


def test_callbacks_of_many_threads(chat: Any) -> None:
    _, ada, _ = chat
    failures: list[BaseException] = []

    def preview(number: int) -> None:
        try:
            lines = [f"{number}-{index}|p{index}@work.example|text" for index in range(30)]
            assert ada.sync.preview(provider="chat", options={"lines": lines}).summary.items == 30
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=preview, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


class Failing(omnicrm.Source):
    """Raises an error that cannot be kept whole, where its options say."""

    connection = "failing"  # type: ignore[assignment]

    def __init__(self, source: omnicrm.SyncSource) -> None:
        self.where = source.options["where"]
        self.fail("factory")

    def fail(self, where: str) -> None:
        if self.where == where:
            raise omnicrm.Unavailable(OSError("x"), details={"x": object()}, needs_user=True)  # type: ignore[arg-type]

    def inventory(self, should_stop: Callable[[], bool]) -> Any:
        self.fail("inventory")
        return [{"path": "x", "format": "chat"}]

    def read(self, scope: omnicrm.PlanFile, position: str) -> Iterator[omnicrm.SourceItem]:
        self.fail("read")
        yield omnicrm.SourceItem(
            service="calendar", source_id="1/a", content_type="x/y", payload=b"x", next="1"
        )


class FailingNormalizer(omnicrm.Normalizer):
    content_type = "x/y"
    version = 1

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, where: str) -> None:
        if self.where == where:
            raise omnicrm.InvalidArgument(ValueError("a\ud800"), details={"x": float("nan")})  # type: ignore[arg-type]
        if self.where == where + " plain":
            raise ValueError("x")

    def series(self, source_id: str) -> str:
        self.fail("series")
        return source_id.split("/") if self.where == "series odd" else source_id  # type: ignore[return-value]

    def facts(self, item: omnicrm.RawItem) -> omnicrm.ItemFacts:
        self.fail("facts")
        return omnicrm.ItemFacts(title="x", at="2026-01-01T00:00:00Z")

    def normalize(self, series: Any, options: Any) -> omnicrm.Normalized:
        self.fail("normalize")
        return omnicrm.Normalized()


@pytest.mark.parametrize("where", ["factory", "inventory", "read"])
def test_odd_errors_of_a_source(where: str) -> None:
    with omnicrm.open(":memory:", sources={"failing": Failing}) as crm:
        with pytest.raises(omnicrm.Unavailable, match="^x$") as caught:
            crm.session("ada").sync.preview(provider="failing", options={"where": where})
    assert caught.value.needs_user and caught.value.details == {}


@pytest.mark.parametrize("where", ["series", "series plain", "series odd", "facts", "normalize", "normalize plain"])
def test_odd_errors_of_a_normalizer(where: str) -> None:
    """An item is poison, or alone in its series; nothing ends the process."""
    with omnicrm.open(
        ":memory:", sources={"failing": Failing}, normalizers=[FailingNormalizer(where)]
    ) as crm:
        sync = crm.session("ada").sync
        batch = sync.run(sync.approve(sync.preview(provider="failing", options={"where": ""})))
        assert batch.state == "done"
        assert batch.counts.poison == (1 if where.startswith("normalize") else 0)


CTRL_C = """
import datetime, os, signal, sys, threading, time, omnicrm
signal.signal(signal.SIGINT, signal.default_int_handler)
def hit_after(seconds):
    threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
class Chat(omnicrm.Source):
    connection = "x"
    def __init__(self, source): pass
    def inventory(self, should_stop): return [{"path": "x", "format": "chat", "bytes": 300}]
    def read(self, scope, position):
        for n in range(int(position or 0), COUNT):
            yield omnicrm.SourceItem(service="chat", source_id=str(n), content_type="x/y", payload=b"x", next=str(n + 1))
class Slow(omnicrm.Normalizer):
    content_type, version, slow = "x/y", 1, 0.01
    def facts(self, item): return omnicrm.ItemFacts(title="x", at="2026-01-01T00:00:00Z")
    def normalize(self, items, options):
        spin(Slow.slow)
        return omnicrm.Normalized()
COUNT = 40
"""


def test_ctrl_c_in_a_clock_stays() -> None:
    code = """
def clock():
    spin(0.002)
    return datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
with omnicrm.open(":memory:", clock=clock, log=lambda *line: spin(0.001)) as crm:
    s = crm.session("a")
    for _ in range(8):
        hit_after(0.05)
        try:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                assert s.tags.create(str(time.monotonic_ns())).created_at.year == 2030
        except KeyboardInterrupt:
            continue
        raise SystemExit("it was lost")
"""
    done = run_python(CTRL_C + code)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_in_a_normalizer_or_a_handler_ends_the_call() -> None:
    code = """
def interrupted(call):
    hit_after(0.2)
    started = time.monotonic()
    try:
        call()
    except KeyboardInterrupt:
        return time.monotonic() - started
    raise SystemExit("it went on")
with omnicrm.open(":memory:", sources={"chat": Chat}, normalizers=[Slow()]) as crm:
    s = crm.session("a")
    batch = s.sync.approve(s.sync.preview(provider="chat"))
    Slow.slow = 0.2
    assert interrupted(lambda: s.sync.run(batch)) < 5
    Slow.slow = 0
    done = s.sync.run(batch)
    assert (done.state, done.counts.poison, done.counts.normalized) == ("done", 0, COUNT), done
    ran = []
    def busy(job):
        ran.append(1)
        spin(0.1)
    crm.jobs.register("busy", busy)
    keys = [s.jobs.enqueue("busy") for _ in range(60)]
    assert interrupted(lambda: crm.jobs.step(60)) < 3 and len(ran) < 20
    async def waits(job):
        import asyncio
        await asyncio.sleep(0.1)
        ran.append(2)
    crm.jobs.register("waits", waits)
    for _ in range(60): s.jobs.enqueue("waits", priority=1)
    assert interrupted(lambda: crm.jobs.step(60)) < 3 and len(ran) < 30
"""
    done = run_python(CTRL_C + code)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_of_a_call_comes_out_of_that_call() -> None:
    """And not of a later one, on whatever thread."""
    class Interrupted(FailingNormalizer):
        def series(self, source_id: str) -> str:
            raise KeyboardInterrupt

    with omnicrm.open(":memory:", sources={"failing": Failing}, normalizers=[Interrupted("")]) as crm:
        ada = crm.session("ada")
        with pytest.raises(KeyboardInterrupt):
            ada.sync.run(ada.sync.approve(ada.sync.preview(provider="failing", options={"where": ""})))
        assert crm.jobs.step(0 + 1) is not None
