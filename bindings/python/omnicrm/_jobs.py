"""The durable queue: a user's jobs, and what runs them."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import inspect
import logging
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast
from uuid import UUID

from . import _native
from ._errors import Cancelled, FailedPrecondition, Snooze
from ._listing import Listing
from ._native import (
    Job,
    JobFailure,
    JobFilter,
    JobProgress,
    KindStats,
    NewJob,
    RunSummary,
    Stop,
    SyncBatch,
)
from ._parts import id_of, optional_id
from ._threads import in_own_thread, in_thread, running_job, stoppable

if TYPE_CHECKING:
    from datetime import datetime

    from ._native import JobStateLike, UniqueConflictLike, UniqueScopeLike
    from ._session import Session

Seconds = float | timedelta
JobRef = Job | UUID | str

_BETWEEN_LOOKS = 0.05  # seconds: how soon a coroutine hears that it is asked to stop


class HandlerObject(Protocol):
    """A handler with a state of its own."""

    def __call__(self, job: JobContext, /) -> Any: ...


H = TypeVar("H", bound="Callable[[JobContext], Any] | type[HandlerObject]")


class Jobs:
    """One user's jobs. `crm.jobs` runs them."""

    def __init__(self, native: _native.Session) -> None:
        self._native = native

    def __repr__(self) -> str:
        return "<Jobs of one user>"

    def enqueue(
        self,
        kind: str,
        payload: Mapping[str, Any] | None = None,
        *,
        priority: int = 100,
        run_at: datetime | str | None = None,
        max_attempts: int = 5,
        unique_key: str = "",
        batch: SyncBatch | UUID | str | None = None,
        cost: int = 1,
        unique_scope: UniqueScopeLike = "unfinished",
        unique_for: Seconds = 0,
        unique_conflict: UniqueConflictLike = "keep",
        after_jobs: Iterable[JobRef] = (),
        after_batch: SyncBatch | UUID | str | None = None,
        trace: str = "",
    ) -> UUID:
        """Enqueues a job and gives its id: with a `unique_key` that is taken, the id of the one that has it.

        `unique_scope` says how long the key is taken: until the job starts ("waiting"), until it has ended
        ("unfinished"), or for `unique_for` seconds at least ("period"); with `unique_conflict="replace"` one that
        still waits gets this payload, priority and time. The job waits until `after_jobs` are done, and is cancelled
        when one of them fails for good; and until `after_batch` has ended. `trace` is a W3C traceparent.
        """
        job = NewJob(
            kind=kind,
            payload=dict(payload or {}),
            priority=priority,
            run_at=run_at,
            max_attempts=max_attempts,
            unique_key=unique_key,
            batch_id=optional_id(batch),
            cost=cost,
            unique_scope=unique_scope,
            unique_for_ms=_milliseconds(unique_for),
            unique_conflict=unique_conflict,
            after_jobs=[id_of(one) for one in after_jobs],
            after_batch=optional_id(after_batch),
            trace=trace,
        )
        return self._native.jobs_enqueue([job])[0]

    def enqueue_many(self, jobs: Iterable[NewJob | Mapping[str, Any]]) -> tuple[UUID, ...]:
        """All or none; ids in the order given."""
        return self._native.jobs_enqueue(jobs)

    def get(self, id: JobRef) -> Job:
        return self._native.jobs_get(id_of(id))

    def list(
        self,
        filter: JobFilter | Mapping[str, Any] | None = None,
        *,
        state: JobStateLike | None = None,
        kind: str = "",
        batch: SyncBatch | UUID | str | None = None,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Listing[Job]:
        """Newest first."""
        wanted = filter or JobFilter(state=state, kind=kind, batch_id=optional_id(batch))
        return Listing(lambda page: self._native.jobs_list(wanted, page), "jobs", limit, page_size)

    def cancel(self, id: JobRef) -> Job:
        """A waiting job is cancelled at once, a running one asked to stop."""
        return self._native.jobs_cancel(id_of(id))

    def retry(self, id: JobRef) -> Job:
        """A dead or cancelled job becomes ready with fresh attempts."""
        return self._native.jobs_retry(id_of(id))

    def failures(self, id: JobRef) -> tuple[JobFailure, ...]:
        """The failed starts of a job, oldest first."""
        return self._native.jobs_failures(id_of(id))

    def remove(self, id: JobRef) -> None:
        """Forgets a job that has ended. Errors: FailedPrecondition for others."""
        self._native.jobs_remove(id_of(id))

    def pause(self, kind: str) -> None:
        """No job of this kind of this user starts until `resume`, on any machine; running ones go on."""
        self._native.jobs_pause(kind)

    def resume(self, kind: str) -> None:
        """Lets jobs of a paused kind start again."""
        self._native.jobs_resume(kind)

    def stats(self) -> tuple[KindStats, ...]:
        return self._native.jobs_stats()

    # --- async: written by scripts/generate_async.py

    async def aenqueue(self, kind: str, payload: Mapping[str, Any] | None=None, *, priority: int=100, run_at: datetime | str | None=None, max_attempts: int=5, unique_key: str='', batch: SyncBatch | UUID | str | None=None, cost: int=1, unique_scope: UniqueScopeLike='unfinished', unique_for: Seconds=0, unique_conflict: UniqueConflictLike='keep', after_jobs: Iterable[JobRef]=(), after_batch: SyncBatch | UUID | str | None=None, trace: str='') -> UUID:
        """`enqueue` without blocking the event loop."""
        return await in_thread(self.enqueue, kind, payload, priority=priority, run_at=run_at, max_attempts=max_attempts, unique_key=unique_key, batch=batch, cost=cost, unique_scope=unique_scope, unique_for=unique_for, unique_conflict=unique_conflict, after_jobs=after_jobs, after_batch=after_batch, trace=trace)

    async def aenqueue_many(self, jobs: Iterable[NewJob | Mapping[str, Any]]) -> tuple[UUID, ...]:
        """`enqueue_many` without blocking the event loop."""
        return await in_thread(self.enqueue_many, jobs)

    async def aget(self, id: JobRef) -> Job:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    async def alist(self, filter: JobFilter | Mapping[str, Any] | None=None, *, state: JobStateLike | None=None, kind: str='', batch: SyncBatch | UUID | str | None=None, limit: int | None=None, page_size: int=100) -> builtins.list[Job]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(filter, state=state, kind=kind, batch=batch, limit=limit, page_size=page_size).all())

    async def acancel(self, id: JobRef) -> Job:
        """`cancel` without blocking the event loop."""
        return await in_thread(self.cancel, id)

    async def aretry(self, id: JobRef) -> Job:
        """`retry` without blocking the event loop."""
        return await in_thread(self.retry, id)

    async def afailures(self, id: JobRef) -> tuple[JobFailure, ...]:
        """`failures` without blocking the event loop."""
        return await in_thread(self.failures, id)

    async def aremove(self, id: JobRef) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id)

    async def apause(self, kind: str) -> None:
        """`pause` without blocking the event loop."""
        return await in_thread(self.pause, kind)

    async def aresume(self, kind: str) -> None:
        """`resume` without blocking the event loop."""
        return await in_thread(self.resume, kind)

    async def astats(self) -> tuple[KindStats, ...]:
        """`stats` without blocking the event loop."""
        return await in_thread(self.stats)

    # --- end of async


class JobContext:
    """What a running handler knows and can do; valid while it runs."""

    def __init__(self, native: _native.JobContext, crm: _native.Crm) -> None:
        self._native = native
        self._crm = crm
        self.job: Job = native.job

    @property
    def payload(self) -> Any:
        return self.job.payload

    @property
    def attempt(self) -> int:
        """1 for the first."""
        return self.job.attempt

    @property
    def user(self) -> UUID:
        return self._native.user

    @property
    def seconds_left(self) -> float:
        """Until the job's time is over; it is asked to stop then."""
        return self._native.seconds_left

    @property
    def should_stop(self) -> bool:
        """Cancelled, out of time, or the runner stops: end soon."""
        return self._native.should_stop()

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Says how far it is; written to the job at most twice a second."""
        self._native.progress(done, total, note)

    def log(self, message: str, level: Literal["debug", "info", "warning", "error"] = "info") -> None:
        """Writes to the log of the Crm, with the job's, its user's and its batch's ids."""
        self._native.log(message, level)

    def complete_in(self, session: Session, result: Any = None) -> None:
        """Marks the job done in the transaction that `session` is bound to, with a JSON-able result.

        What the transaction changes and the end of the job are then one, so they happen exactly once:
        `job.session().transaction(work)`, where `work(inside)` ends with `job.complete_in(inside)`. After it, what
        the handler gives or raises changes nothing, but when the transaction failed after all: let that out.
        Errors: FailedPrecondition (no transaction), InvalidArgument (another user's or another Crm's session),
        Conflict (another worker has the job by now).
        """
        self._native.complete_in(session._native, result)

    def session(self, actor: str = "job") -> Session:
        """A session of the job's user."""
        from ._session import Session

        return Session(self._native.session(actor), self._crm)

    def __repr__(self) -> str:
        return f"<JobContext of {self.job!r}>"

    # --- async: written by scripts/generate_async.py

    async def aprogress(self, done: int, total: int=0, note: str='') -> None:
        """`progress` without blocking the event loop."""
        return await in_thread(self.progress, done, total, note)

    async def asession(self, actor: str='job') -> Session:
        """`session` without blocking the event loop."""
        return await in_thread(self.session, actor)

    # --- end of async


class Runner:
    """`crm.jobs`: claims and runs the jobs of all users, on threads that you ask for."""

    def __init__(self, native: _native.Crm) -> None:
        self._native = native
        self._listeners = _Listeners()

    def handler(
        self,
        kind: str,
        *,
        timeout: Seconds = 600,
        max_concurrent: int = 0,
        backoff_base: Seconds = 1,
        backoff_cap: Seconds = 900,
        max_global: int = 0,
        max_per_user: int = 0,
        rate_limit: int = 0,
        rate_period: Seconds = 1,
        keep_done: Seconds = 86_400,
        keep_dead: Seconds = 2_592_000,
    ) -> Callable[[H], H]:
        """Decorates what runs jobs of a kind; before the first job runs.

        It gets a JobContext on a runner's thread (many at once), and gives a JSON-able result. A coroutine function
        runs in an event loop of its own, and is cancelled when the job is asked to stop. A class with
        `__call__(self, job)` is made once, without arguments, and its object called for each job. `raise Snooze(seconds)` runs it again later and costs no attempt; an
        `omnicrm.Error` fails it with that code (tried again if `retryable`); other exceptions are retryable.

        Limits (0: none): `max_concurrent` at once in this process, `max_global` in all processes together,
        `max_per_user` of one user in this process, `rate_limit` starts in each `rate_period` of all processes.
        Ended jobs are kept for `keep_done` (done, cancelled) and `keep_dead`.
        """

        def register(function: H) -> H:
            self.register(
                kind,
                function,
                timeout=timeout,
                max_concurrent=max_concurrent,
                backoff_base=backoff_base,
                backoff_cap=backoff_cap,
                max_global=max_global,
                max_per_user=max_per_user,
                rate_limit=rate_limit,
                rate_period=rate_period,
                keep_done=keep_done,
                keep_dead=keep_dead,
            )
            return function

        return register

    def register(
        self,
        kind: str,
        function: Callable[[JobContext], Any] | type[HandlerObject],
        *,
        timeout: Seconds = 600,
        max_concurrent: int = 0,
        backoff_base: Seconds = 1,
        backoff_cap: Seconds = 900,
        max_global: int = 0,
        max_per_user: int = 0,
        rate_limit: int = 0,
        rate_period: Seconds = 1,
        keep_done: Seconds = 86_400,
        keep_dead: Seconds = 2_592_000,
    ) -> None:
        """The same without a decorator. Errors: AlreadyExists."""
        call = _handler_of(function)
        weak = weakref.ref(self._native)  # the CRM keeps the handler: it must not keep the CRM

        def run(native: _native.JobContext) -> Any:
            crm = weak()
            if crm is None:
                raise FailedPrecondition("the CRM is closed", retryable=True)
            token = running_job.set(native)
            try:
                result = call(JobContext(native, crm))
                return _finish(result, native) if inspect.isawaitable(result) else result
            finally:
                running_job.reset(token)

        self._native.register_handler(
            kind,
            run,
            timeout,
            max_concurrent,
            backoff_base,
            backoff_cap,
            max_global,
            max_per_user,
            rate_limit,
            rate_period,
            keep_done,
            keep_dead,
        )

    def on_progress(self, listener: Callable[[JobProgress], object]) -> Callable[[], None]:
        """Calls `listener` with every progress that a job of this process reports, on that job's thread.

        Gives a function that ends it.
        """
        listeners, native = self._listeners, self._native
        listeners.add(listener)
        native.listen(listeners)

        def end() -> None:
            if listeners.remove(listener) and not native.closed:
                native.listen(None)

        return end

    def run_until_idle(self, *, horizon: Seconds = 5, stop: Stop | None = None) -> RunSummary:
        """Runs until no job is ready or running, and none is due within `horizon` seconds."""
        return self._native.run_until_idle(horizon, stop)

    def step(self, limit: int = 1, *, stop: Stop | None = None) -> RunSummary:
        """Runs up to `limit` jobs on this thread: for hosts with a loop of their own."""
        return self._native.step(limit, stop)

    def start(self) -> None:
        """Starts the threads of a service; `stop` or closing ends them."""
        self._native.start()

    def stop(self, *, grace: Seconds = 30) -> RunSummary:
        """Lets running jobs end for `grace` seconds, then asks them to stop, and ends the threads."""
        return self._native.stop(grace)

    def pause(self, kind: str) -> None:
        """No job of this kind starts, whosever it is and on any machine, until `resume`; running ones go on."""
        self._native.jobs_pause(kind)

    def resume(self, kind: str) -> None:
        """Lets jobs of a paused kind start again. What users have paused for themselves stays so."""
        self._native.jobs_resume(kind)

    def stats(self) -> tuple[KindStats, ...]:
        """Of all users' jobs."""
        return self._native.jobs_stats()

    def retain(self, *, keep_done: Seconds = 86_400, keep_dead: Seconds = 2_592_000) -> int:
        """Removes jobs that ended longer ago, and gives their number. Runners do it by themselves."""
        return self._native.jobs_retain(keep_done, keep_dead)

    @property
    def is_started(self) -> bool:
        return self._native.is_started()

    @contextlib.contextmanager
    def running(self, *, grace: Seconds = 30) -> Any:
        """`with crm.jobs.running(): ...`: started inside, stopped after."""
        self.start()
        try:
            yield self
        finally:
            if not self._native.closed:
                self.stop(grace=grace)

    def __repr__(self) -> str:
        return "<Runner of jobs>"

    # --- async: written by scripts/generate_async.py

    async def arun_until_idle(self, *, horizon: Seconds=5, stop: Stop | None=None) -> RunSummary:
        """`run_until_idle` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.run_until_idle, horizon=horizon, stop=stop)

    async def astep(self, limit: int=1, *, stop: Stop | None=None) -> RunSummary:
        """`step` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.step, limit, stop=stop)

    async def astart(self) -> None:
        """`start` without blocking the event loop."""
        return await in_thread(self.start)

    async def astop(self, *, grace: Seconds=30) -> RunSummary:
        """`stop` without blocking the event loop."""
        return await in_own_thread(self.stop, grace=grace)

    async def apause(self, kind: str) -> None:
        """`pause` without blocking the event loop."""
        return await in_thread(self.pause, kind)

    async def aresume(self, kind: str) -> None:
        """`resume` without blocking the event loop."""
        return await in_thread(self.resume, kind)

    async def astats(self) -> tuple[KindStats, ...]:
        """`stats` without blocking the event loop."""
        return await in_thread(self.stats)

    async def aretain(self, *, keep_done: Seconds=86400, keep_dead: Seconds=2592000) -> int:
        """`retain` without blocking the event loop."""
        return await in_thread(self.retain, keep_done=keep_done, keep_dead=keep_dead)

    # --- end of async


def _milliseconds(span: Seconds) -> int:
    return round((span.total_seconds() if isinstance(span, timedelta) else span) * 1000)


class _Listeners:
    """Who hears of jobs' progress. It does not know the CRM, which keeps it."""

    def __init__(self) -> None:
        self._all: tuple[Callable[[JobProgress], object], ...] = ()

    def add(self, listener: Callable[[JobProgress], object]) -> None:
        self._all = (*self._all, listener)

    def remove(self, listener: Callable[[JobProgress], object]) -> bool:
        """Whether none is left."""
        self._all = tuple(one for one in self._all if one is not listener)
        return not self._all

    def __call__(self, progress: JobProgress) -> None:
        for listener in self._all:
            try:
                listener(progress)
            except Exception:  # a listener must not fail the job, nor the other listeners
                logging.getLogger("omnicrm").exception("a listener of jobs' progress failed")


def _handler_of(function: Any) -> Callable[[JobContext], Any]:
    """A function or an object that can be called; of a class, an object."""
    if not inspect.isclass(function):
        if not callable(function):
            raise TypeError("function: is not callable")
        return cast(Callable[[JobContext], Any], function)
    name = function.__qualname__
    if not any("__call__" in vars(base) for base in function.__mro__):
        raise TypeError(f"function: class {name} has no __call__(self, job)")
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise TypeError(
            f"function: class {name} cannot be made without arguments; register an object: {name}(...)"
        ) from None
    return cast(Callable[[JobContext], Any], function())


def _finish(awaitable: Any, native: _native.JobContext) -> Any:
    """Runs what a coroutine handler gave in a loop of its own."""
    try:
        return asyncio.run(_watched(awaitable, native))
    except asyncio.CancelledError:
        raise Cancelled("the coroutine was cancelled", retryable=True) from None


async def _watched(awaitable: Any, native: _native.JobContext) -> Any:
    """Cancels it, once, when the job is asked to stop."""
    task = asyncio.ensure_future(awaitable)
    while not native.should_stop():
        await asyncio.wait([task], timeout=_BETWEEN_LOOKS)
        if task.done():
            return task.result()
    task.cancel()
    await asyncio.wait([task])
    return task.result()


__all__ = ["JobContext", "Jobs", "Runner", "Snooze"]
