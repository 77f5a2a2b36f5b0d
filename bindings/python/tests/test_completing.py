"""Handlers that complete their job in their own transaction: the changes and the end are one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import omnicrm
from conftest import run_python


def run_one(crm: omnicrm.Crm, ada: omnicrm.Session) -> omnicrm.Job:
    job = ada.jobs.enqueue("in_one")
    crm.jobs.run_until_idle(horizon=0)
    return ada.jobs.get(job)


def names(ada: omnicrm.Session) -> list[str]:
    return [contact.display_name for contact in ada.contacts.list()]


def test_what_comes_after_changes_nothing(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("in_one")
    def handle(job: omnicrm.JobContext) -> object:
        def work(inside: omnicrm.Session) -> None:
            inside.contacts.create(display_name=f"Start {job.attempt}")
            job.complete_in(inside, {"made": 1})

        job.session().transaction(work)
        raise OSError("too late: it is done")

    done = run_one(crm, ada)
    assert done.state == "done" and done.result == {"made": 1} and names(ada) == ["Start 1"]


def test_a_transaction_that_fails_completes_nothing(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("in_one", backoff_base=0.01, backoff_cap=0.01)
    def handle(job: omnicrm.JobContext) -> str:
        def work(inside: omnicrm.Session) -> None:
            inside.contacts.create(display_name=f"Start {job.attempt}")
            job.complete_in(inside, "from the transaction")
            if job.attempt == 1:
                raise omnicrm.Unavailable("not now", retryable=True)

        try:
            job.session().transaction(work)
        except omnicrm.Unavailable:
            if job.payload:
                return "from the handler"
            raise
        return "not kept"

    job = ada.jobs.enqueue("in_one")
    crm.jobs.run_until_idle()
    assert ada.jobs.get(job).result == "from the transaction" and ada.jobs.get(job).attempt == 2
    assert names(ada) == ["Start 2"]
    # A handler that goes on without the transaction ends the job as any other does.
    job = ada.jobs.enqueue("in_one", {"swallows": True})
    crm.jobs.run_until_idle()
    assert ada.jobs.get(job).result == "from the handler" and names(ada) == ["Start 2"]


def test_where_it_is_refused(crm: omnicrm.Crm, ada: omnicrm.Session, tmp_path: Path) -> None:
    kept: list[omnicrm.JobContext] = []

    @crm.jobs.handler("in_one")
    def handle(job: omnicrm.JobContext) -> None:
        kept.append(job)
        with pytest.raises(omnicrm.FailedPrecondition, match="transaction"):
            job.complete_in(job.session())
        with pytest.raises(omnicrm.InvalidArgument, match="another user"):
            crm.session("eve").transaction(lambda inside: job.complete_in(inside))
        with omnicrm.open(tmp_path / "other.db") as other:
            with pytest.raises(omnicrm.InvalidArgument, match="another CRM"):
                other.session("ada@example.org").transaction(lambda inside: job.complete_in(inside))
        with pytest.raises(TypeError, match="result"):
            job.session().transaction(lambda inside: job.complete_in(inside, object()))

    assert run_one(crm, ada).state == "done"
    with pytest.raises(omnicrm.FailedPrecondition, match="has ended"):
        ada.transaction(lambda inside: kept[0].complete_in(inside))


def test_in_a_coroutine(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    @crm.jobs.handler("in_one")
    async def handle(job: omnicrm.JobContext) -> None:
        def work(inside: omnicrm.Session) -> None:
            inside.contacts.create(display_name="Made")
            job.complete_in(inside, [1, 2])

        await job.session().atransaction(work)

    assert run_one(crm, ada).result == [1, 2] and names(ada) == ["Made"]


CRASH = """
import os, sys, omnicrm

crm = omnicrm.open(sys.argv[1], lease=0.5, heartbeat=0.1, poll=0.05)

@crm.jobs.handler("in_one")
def handle(job):
    def work(inside):
        inside.contacts.create(display_name="Once")
        job.complete_in(inside)
    job.session().transaction(work)
    os._exit(7)  # before the runner hears of it

if sys.argv[2] == "enqueue":
    crm.session("ada").jobs.enqueue("in_one")
crm.jobs.run_until_idle()
session = crm.session("ada")
print([one.state for one in session.jobs.list()], len(session.contacts.list().all()))
"""


def test_a_crash_after_the_transaction_runs_nothing_twice(tmp_path: Path) -> None:
    file = str(tmp_path / "crash.db")
    assert run_python(CRASH, file, "enqueue").returncode == 7
    again = run_python(CRASH, file, "go on")
    assert again.returncode == 0, again.stderr
    assert again.stdout == f"[<JobState.DONE: 'done'>] 1{os.linesep}"
