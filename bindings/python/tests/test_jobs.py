"""Handlers in Python: results, failures, retries, snoozing, coroutines, threads."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import omnicrm
from conftest import run_python


def test_results_and_context(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("greet", timeout=60, max_concurrent=2)
    def greet(job: omnicrm.JobContext) -> dict[str, Any]:
        assert job.attempt == 1 and job.user == ada.user and not job.should_stop
        assert 0 < job.seconds_left <= 60
        job.progress(1, 2, "half")
        tag = job.session().tags.create(job.payload["name"])
        return {"tag": tag.id, "at": tag.created_at}

    assert callable(greet)
    heard: list[omnicrm.JobProgress] = []
    end = crm.jobs.on_progress(heard.append)
    key = ada.jobs.enqueue("greet", {"name": "Bob"}, priority=5)
    assert ada.jobs.get(key).state == "ready"
    summary = crm.jobs.run_until_idle()
    assert (summary.started, summary.done) == (1, 1)
    job = ada.jobs.get(key)
    assert job.state == omnicrm.JobState.DONE
    assert job.result["tag"] == str(ada.tags.list().all()[0].id)
    assert [(one.id, one.done, one.total, one.note) for one in heard] == [(key, 1, 2, "half")]
    assert ada.audit.list(operation="tags.create").all()[0].actor == "job"
    end()
    ada.jobs.enqueue("greet", {"name": "Eve"})
    assert crm.jobs.step().done == 1
    assert len(heard) == 1
    assert ada.jobs.stats()[0].done == 2
    with pytest.raises(omnicrm.AlreadyExists):
        crm.jobs.register("greet", greet)
    with pytest.raises(TypeError):
        crm.jobs.register("other", "not callable")  # type: ignore[arg-type]


def test_dependencies_and_keys(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    ran: list[str] = []

    @crm.jobs.handler("step", max_global=2, max_per_user=1, rate_limit=100, rate_period=60)
    def step(job: omnicrm.JobContext) -> None:
        job.log("a step", "warning")
        ran.append(job.payload["name"])
        with pytest.raises(omnicrm.InvalidArgument):
            job.log("a step", "loud")  # type: ignore[arg-type]

    first = ada.jobs.enqueue("step", {"name": "first"})
    second = ada.jobs.enqueue("step", {"name": "second"}, after_jobs=[first])
    third = ada.jobs.enqueue("step", {"name": "third"}, after_jobs=[ada.jobs.get(second), first])
    assert ada.jobs.get(third).state == omnicrm.JobState.WAITING
    assert ada.jobs.stats()[0].waiting == 2
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    key = ada.jobs.enqueue("step", {"name": "old"}, unique_key="k", unique_scope="waiting", trace=trace)
    same = ada.jobs.enqueue("step", {"name": "new"}, unique_key="k", unique_conflict="replace")
    assert same == key and ada.jobs.get(key).trace == trace
    crm.jobs.run_until_idle()
    assert [name for name in ran if name != "new"] == ["first", "second", "third"]
    assert "new" in ran and "old" not in ran
    period = datetime.timedelta(hours=1)
    once = ada.jobs.enqueue("step", {"name": "o"}, unique_key="p", unique_scope="period", unique_for=period)
    crm.jobs.run_until_idle()
    assert ada.jobs.enqueue("step", {"name": "o"}, unique_key="p") == once
    with pytest.raises(omnicrm.NotFound):
        ada.jobs.enqueue("step", after_jobs=["01900000-0000-7000-8000-000000000000"])


def test_pausing_and_forgetting(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("mail", keep_done=60, keep_dead=datetime.timedelta(days=1))
    def mail(job: omnicrm.JobContext) -> None:
        if job.payload.get("bad"):
            raise omnicrm.InvalidArgument("bad")

    key = ada.jobs.enqueue("mail")
    ada.jobs.pause("mail")
    crm.jobs.run_until_idle(horizon=0)
    assert ada.jobs.get(key).state == "ready"
    assert ada.jobs.stats()[0].paused
    ada.jobs.resume("mail")
    crm.jobs.pause("mail")
    crm.jobs.run_until_idle(horizon=0)
    assert ada.jobs.get(key).state == "ready"
    assert crm.jobs.stats()[0].paused and crm.jobs.stats()[0].ready == 1
    crm.jobs.resume("mail")
    bad = ada.jobs.enqueue("mail", {"bad": True})
    with pytest.raises(omnicrm.FailedPrecondition):
        ada.jobs.remove(bad)
    crm.jobs.run_until_idle()
    assert ada.jobs.get(key).state == "done"
    (failure,) = ada.jobs.failures(bad)
    assert failure.attempt == 1 and failure.error["message"] == "bad"
    ada.jobs.remove(bad)
    with pytest.raises(omnicrm.NotFound):
        ada.jobs.get(bad)
    assert crm.jobs.retain() == 0
    assert crm.jobs.retain(keep_done=0) == 1
    with pytest.raises(omnicrm.InvalidArgument):
        crm.jobs.retain(keep_done=-1)


def test_failures(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    tries: list[int] = []

    @crm.jobs.handler("flaky", backoff_base=0.001, backoff_cap=0.01)
    def flaky(job: omnicrm.JobContext) -> str:
        tries.append(job.attempt)
        if job.attempt < 3:
            raise KeyError("not yet")
        return "at last"

    @crm.jobs.handler("refused")
    def refused(job: omnicrm.JobContext) -> None:
        raise omnicrm.NotFound("no such thing", details={"thing": 7}, needs_user=True)

    @crm.jobs.handler("busy", backoff_base=0.001, backoff_cap=0.01)
    def busy(job: omnicrm.JobContext) -> None:
        raise omnicrm.Unavailable("later", retryable=True)

    @crm.jobs.handler("odd")
    def odd(job: omnicrm.JobContext) -> object:
        return object()

    @crm.jobs.handler("hostile", backoff_base=0.001, backoff_cap=0.01)
    def hostile(job: omnicrm.JobContext) -> None:
        class Silent(Exception):
            def __str__(self) -> str:
                raise ValueError("no text")

        raise Silent

    keys = {
        kind: ada.jobs.enqueue(kind, max_attempts=3)
        for kind in ("flaky", "refused", "busy", "odd", "hostile")
    }
    crm.jobs.run_until_idle()
    jobs = {kind: ada.jobs.get(key) for kind, key in keys.items()}
    assert tries == [1, 2, 3] and jobs["flaky"].result == "at last"
    assert jobs["refused"].state == "dead" and jobs["refused"].attempt == 1
    assert jobs["refused"].error["code"] == "not_found"
    assert jobs["refused"].error["details"] == {"thing": 7} and jobs["refused"].error["needs_user"]
    assert jobs["busy"].attempt == 3 and jobs["busy"].error["code"] == "unavailable"
    assert jobs["odd"].state == "dead" and "cannot be JSON" in jobs["odd"].error["message"]
    assert jobs["hostile"].error["code"] == "internal"
    assert ada.jobs.retry(keys["refused"]).state == "ready"
    assert ada.jobs.cancel(keys["refused"]).state == "cancelled"
    assert ada.jobs.list(state="dead").first() is not None
    assert ada.jobs.list(omnicrm.JobFilter(kind="busy")).all()[0].id == keys["busy"]


def test_an_exception_leaves_where_it_came_from(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("broken")
    def broken(job: omnicrm.JobContext) -> None:
        {}["key"]

    key = ada.jobs.enqueue("broken", max_attempts=1)
    crm.jobs.run_until_idle()
    error = ada.jobs.get(key).error
    assert error["message"] == "KeyError: 'key'"
    assert error["details"]["exception"] == "KeyError"
    assert error["details"]["traceback"][-1].endswith(" broken")


@pytest.mark.parametrize("how", ["raise", "return"])
def test_snooze(crm: omnicrm.Crm, ada: omnicrm.Session, how: str) -> None:
    seen: list[int] = []

    @crm.jobs.handler("later")
    def later(job: omnicrm.JobContext) -> Any:
        seen.append(job.attempt)
        if len(seen) < 3:
            if how == "raise":
                raise omnicrm.Snooze(0.01)
            return omnicrm.Snooze(datetime.timedelta(milliseconds=10).total_seconds())
        return len(seen)

    key = ada.jobs.enqueue("later", max_attempts=1)
    assert crm.jobs.run_until_idle().snoozed == 2
    assert ada.jobs.get(key).result == 3


def test_coroutines(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("async")
    async def handler(job: omnicrm.JobContext) -> int:
        await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(3)))
        await job.aprogress(1, 1)
        return len(await job.session().contacts.alist())

    keys = [ada.jobs.enqueue("async") for _ in range(4)]
    crm.jobs.run_until_idle()
    assert [ada.jobs.get(key).result for key in keys] == [0] * 4


def test_service_threads(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    ran = threading.Event()

    @crm.jobs.handler("event")
    def event(job: omnicrm.JobContext) -> str:
        ran.set()
        return threading.current_thread().name

    with crm.jobs.running(grace=5):
        assert crm.jobs.is_started
        with pytest.raises(omnicrm.FailedPrecondition):
            crm.jobs.start()
        key = ada.jobs.enqueue("event")
        assert ran.wait(10)
    assert not crm.jobs.is_started
    job = ada.jobs.get(key)  # stopping waits for what runs
    assert job.state == "done" and job.result != threading.current_thread().name


def test_cancel_asks_a_running_job_to_stop(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    begun = threading.Event()

    @crm.jobs.handler("long")
    def long(job: omnicrm.JobContext) -> None:
        begun.set()
        while not job.should_stop:
            time.sleep(0.005)
        raise omnicrm.Cancelled("asked to")

    key = ada.jobs.enqueue("long")
    with crm.jobs.running():
        assert begun.wait(10)
        ada.jobs.cancel(key)
        for _ in range(400):
            if ada.jobs.get(key).state == "cancelled":
                break
            time.sleep(0.02)
    assert ada.jobs.get(key).state == "cancelled"


def test_context_ends_with_its_run(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    kept: list[omnicrm.JobContext] = []
    crm.jobs.register("keep", kept.append)
    ada.jobs.enqueue("keep", unique_key="one")
    assert crm.jobs.run_until_idle().done == 1
    assert kept[0].payload == {}
    with pytest.raises(omnicrm.FailedPrecondition):
        kept[0].progress(1)
    with pytest.raises(omnicrm.FailedPrecondition):
        kept[0].session()
    assert "keep" in repr(kept[0])


def test_enqueue(ada: omnicrm.Session) -> None:
    later = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)
    keys = ada.jobs.enqueue_many([omnicrm.NewJob(kind="a", run_at=later), {"kind": "b", "payload": {"x": [1]}}])
    assert ada.jobs.get(keys[0]).run_at == later and ada.jobs.get(keys[0]).state == "scheduled"
    assert ada.jobs.get(keys[1]).payload == {"x": [1]}
    one = ada.jobs.enqueue("c", unique_key="same")
    assert ada.jobs.enqueue("c", unique_key="same") == one
    with pytest.raises(omnicrm.InvalidArgument):
        ada.jobs.enqueue("")
    with pytest.raises(omnicrm.NotFound):
        ada.jobs.get("01a2095a-0386-7be7-84bc-8caf55392042")


def test_listener_that_raises_fails_no_job(crm: omnicrm.Crm, ada: omnicrm.Session, caplog: Any) -> None:
    def listen(progress: object) -> None:
        raise ValueError("deaf")

    crm.jobs.on_progress(listen)
    crm.jobs.register("tell", lambda job: job.progress(1))
    ada.jobs.enqueue("tell")
    assert crm.jobs.run_until_idle().done == 1
    assert "listener" in caplog.text


def test_closing_from_a_handler_is_refused(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    said: list[str] = []

    @crm.jobs.handler("suicidal")
    def suicidal(job: omnicrm.JobContext) -> None:
        for action in (crm.close, crm.jobs.stop):
            try:
                action()
            except omnicrm.FailedPrecondition as error:
                said.append(error.message)

    ada.jobs.enqueue("suicidal")
    crm.jobs.run_until_idle()
    assert len(said) == 2


def test_progress_from_other_threads_of_a_handler(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    """They may outlive the run: late calls are refused, none meets a context that is gone."""
    refused: list[str] = []
    threads: list[threading.Thread] = []

    def report(job: omnicrm.JobContext) -> None:
        while True:
            try:
                job.progress(1, 2)
            except omnicrm.FailedPrecondition as error:
                refused.append(error.code)
                return

    @crm.jobs.handler("spread")
    def spread(job: omnicrm.JobContext) -> None:
        for _ in range(3):
            threads.append(threading.Thread(target=report, args=(job,)))
            threads[-1].start()
        time.sleep(0.01)

    for _ in range(5):
        ada.jobs.enqueue("spread")
    assert crm.jobs.run_until_idle().done == 5
    for thread in threads:
        thread.join(10)
    assert len(refused) == 15


class Odd(omnicrm.NotFound):
    code = 5  # type: ignore[assignment]


class Bare(omnicrm.Unavailable):
    def __init__(self) -> None:  # no super().__init__
        pass


class Mute:
    def __str__(self) -> str:
        raise ValueError("no text")


def late(error: omnicrm.Error, name: str, value: Any) -> omnicrm.Error:
    setattr(error, name, value)
    return error


# What a host's class may look like: (exception, code, message, details, retryable, needs_user)
ODD_ERRORS = {
    "exception as message": (lambda: omnicrm.Unavailable(KeyError("x"), retryable=True), "unavailable", "'x'", {}, True, False),  # type: ignore[arg-type]
    "message that mutes": (lambda: late(omnicrm.NotFound("x", needs_user=True), "message", Mute()), "not_found", "an error that cannot be shown", {}, False, True),
    "object in details": (lambda: omnicrm.NotFound("x", details={"x": object()}, needs_user=True), "not_found", "x", {}, False, True),
    "nan in details": (lambda: omnicrm.Conflict("x", details={"x": float("nan")}, retryable=True), "conflict", "x", {}, True, False),
    "details that are none": (lambda: late(omnicrm.NotFound("x"), "details", [1]), "not_found", "x", {}, False, False),
    "lone surrogate": (lambda: omnicrm.NotFound("a\ud800", details={"k": 1}), "not_found", "a\\ud800", {"k": 1}, False, False),
    "code that is none": (lambda: Odd("x", details={"k": 1}), "internal", "x", {"k": 1}, False, False),
    "not initialized": (Bare, "unavailable", "an error that cannot be shown", {}, False, False),
}


@pytest.mark.parametrize("what", ODD_ERRORS)
def test_odd_errors_of_a_handler(crm: omnicrm.Crm, ada: omnicrm.Session, what: str) -> None:
    make, code, message, details, retryable, needs_user = ODD_ERRORS[what]

    @crm.jobs.handler("odd")
    def odd(job: omnicrm.JobContext) -> None:
        raise make()

    key = ada.jobs.enqueue("odd", max_attempts=1)
    crm.jobs.run_until_idle(horizon=0)
    job = ada.jobs.get(key)
    assert job.state == "dead"
    error = job.error
    assert (error["code"], error["message"], error.get("details") or {}) == (code, message, details)
    assert (error.get("retryable", False), error.get("needs_user", False)) == (retryable, needs_user)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_odd_errors_of_transactions_and_listeners(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    for what, (make, code, *_) in ODD_ERRORS.items():
        thrown = make()

        def work(inside: omnicrm.Session) -> None:
            inside.tags.create("never")
            raise thrown

        with pytest.raises(omnicrm.Error) as caught:
            ada.transaction(work)
        assert caught.value is thrown, what
    assert ada.tags.list().all() == []
    assert ada.transaction(lambda inside: inside.tags.create("t").name) == "t"

    class Stops(BaseException):
        pass

    def listen(progress: object) -> None:
        raise Stops(Mute())

    crm.jobs.on_progress(listen)
    crm.jobs.register("tell", lambda job: job.progress(1))
    ada.jobs.enqueue("tell")
    assert crm.jobs.run_until_idle().done == 1


@pytest.mark.parametrize("how", ["function", "coroutine"])
def test_closing_lets_handlers_end(tmp_path: Path, how: str) -> None:
    """What they call while their CRM closes is a part of the job, on whatever thread."""
    begun = threading.Event()
    crm = omnicrm.open(tmp_path / "crm.db", full_sync=False)
    ada = crm.session("ada")

    def function(job: omnicrm.JobContext) -> int:
        begun.set()
        time.sleep(0.3)
        return len(job.session().contacts.list().all())

    async def coroutine(job: omnicrm.JobContext) -> int:
        begun.set()
        await asyncio.sleep(0.3)
        await job.aprogress(1)
        return len(await (await job.asession()).contacts.alist())

    crm.jobs.register("slow", function if how == "function" else coroutine)
    key = ada.jobs.enqueue("slow")
    crm.jobs.start()
    assert begun.wait(10)
    time.sleep(0.05)
    crm.close()
    with omnicrm.open(tmp_path / "crm.db") as again:
        job = again.session("ada").jobs.get(key)
        assert (job.state, job.attempt, job.result) == ("done", 1, 0), job.error


def test_closing_from_a_coroutine_is_refused(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("suicidal")
    async def suicidal(job: omnicrm.JobContext) -> list[str]:
        said = []
        for action in (crm.aclose, crm.jobs.astop):
            try:
                await asyncio.wait_for(action(grace=1), 10)
            except omnicrm.FailedPrecondition as error:
                said.append(error.message)
        return said

    key = ada.jobs.enqueue("suicidal")
    crm.jobs.run_until_idle()
    assert len(ada.jobs.get(key).result) == 2
    assert not crm.closed


def test_long_calls_take_no_thread_from_others() -> None:
    """More runners than the pool has threads, and jobs that need one to come to an end."""
    code = """
import asyncio, omnicrm
crm = omnicrm.open(":memory:", threads=2)
s = crm.session("a")
@crm.jobs.handler("h")
async def h(job):
    await asyncio.sleep(0.3)
    return len(await job.session().contacts.alist())
keys = [s.jobs.enqueue("h") for _ in range(4)]
async def main():
    await asyncio.gather(*(crm.jobs.arun_until_idle(horizon=0) for _ in range(70)))
asyncio.run(main())
assert [s.jobs.get(key).result for key in keys] == [0] * 4
"""
    done = run_python(code, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_handlers_may_be_classes_and_objects(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("count")
    class Count:
        def __init__(self, start: int = 10) -> None:
            self.runs = start

        def __call__(self, job: omnicrm.JobContext) -> int:
            self.runs += 1
            return self.runs

    class Greet:
        def __init__(self, word: str) -> None:
            self.word = word

        async def __call__(self, job: omnicrm.JobContext) -> str:
            return f"{self.word} {job.payload['name']}"

    class NoCall:
        pass

    assert isinstance(Count(), Count)  # the decorator leaves the class as it is
    crm.jobs.register("greet", Greet("Hello"))
    keys = [ada.jobs.enqueue("count"), ada.jobs.enqueue("count"), ada.jobs.enqueue("greet", {"name": "Bob"})]
    crm.jobs.run_until_idle(horizon=0)
    assert sorted(ada.jobs.get(key).result for key in keys[:2]) == [11, 12]
    assert ada.jobs.get(keys[2]).result == "Hello Bob"
    with pytest.raises(TypeError, match="class .*Greet cannot be made without arguments"):
        crm.jobs.handler("other")(Greet)
    with pytest.raises(TypeError, match="class .*NoCall has no __call__"):
        crm.jobs.register("other", NoCall)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["step", "idle", "coroutine"])
def test_a_job_cannot_run_its_own_queue(
    crm: omnicrm.Crm, ada: omnicrm.Session, mbox: Path, how: str
) -> None:
    batch = ada.sync.approve(ada.sync.preview(mbox))

    @crm.jobs.handler("sync")
    def function(job: omnicrm.JobContext) -> list[str]:
        said = []
        for call in (
            crm.jobs.run_until_idle,
            crm.jobs.step,
            crm.jobs.stop,
            lambda: ada.sync.run(batch),
        ):
            try:
                call()
            except omnicrm.FailedPrecondition as error:
                said.append(error.code)
        return said

    @crm.jobs.handler("async")
    async def coroutine(job: omnicrm.JobContext) -> list[str]:
        said = []
        for call in (crm.jobs.arun_until_idle, crm.jobs.astep, crm.jobs.astop, lambda: ada.sync.arun(batch)):
            try:
                await call()
            except omnicrm.FailedPrecondition as error:
                said.append(error.code)
        return said

    key = ada.jobs.enqueue("async" if how == "coroutine" else "sync", priority=0)
    if how == "step":
        while ada.jobs.get(key).state == "ready":
            crm.jobs.step()
    else:
        crm.jobs.run_until_idle(horizon=0)
    result = ada.jobs.get(key).result
    assert result[:4] == ["failed_precondition"] * 4, ada.jobs.get(key).error
