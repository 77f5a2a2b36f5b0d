"""Handlers in Python: results, failures, retries, snoozing, coroutines, threads."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from typing import Any

import pytest

import omnicrm


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
    assert ada.jobs.get(key).state in ("done", "running", "ready")


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
