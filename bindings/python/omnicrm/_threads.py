"""Threads of our own for the `a...` methods: they never block the event loop, nor fill its default executor."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from ._native import JobContext, Stop

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 64
_pool: ThreadPoolExecutor | None = None

running_job: contextvars.ContextVar[JobContext | None] = contextvars.ContextVar("omnicrm_job", default=None)
"""The job whose handler runs here: what it calls on other threads is a part of it."""


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="omnicrm")
    return _pool


def _forget() -> None:
    global _pool
    _pool = None  # a forked child has none of its parent's threads


os.register_at_fork(after_in_child=_forget)


def _carried(call: Callable[[], T]) -> Callable[[], T]:
    """The call with what is known here: context variables, and that a job makes it."""
    job, context = running_job.get(), contextvars.copy_context()

    def run() -> T:
        return call() if job is None else job.inside(call)

    def in_context() -> T:
        return context.run(run)

    return in_context


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking call on a thread."""
    work = _carried(functools.partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads(), work)


async def in_own_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for calls that wait for others, or run code of the host: those may need a thread of the pool."""
    work = _carried(functools.partial(call, *args, **kwargs))
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    future.set_running_or_notify_cancel()
    threading.Thread(target=run, name="omnicrm-long", daemon=True).start()
    return await asyncio.wrap_future(future)


async def stoppable(call: Callable[..., T], *args: Any, stop: Stop | None, **kwargs: Any) -> T:
    """Runs a long call on a thread; cancelling the task stops it and waits for its end."""
    ours = stop or Stop()
    running = asyncio.ensure_future(in_own_thread(call, *args, stop=ours, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        ours.request()
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # seen
        raise
