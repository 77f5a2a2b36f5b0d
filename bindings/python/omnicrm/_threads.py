"""Threads of our own for the `a...` methods: they never block the event loop, nor fill its default executor."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from ._native import Stop

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 64
_pool: ThreadPoolExecutor | None = None


def _threads() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="omnicrm")
    return _pool


def _forget() -> None:
    global _pool
    _pool = None  # a forked child has none of its parent's threads


os.register_at_fork(after_in_child=_forget)


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs a blocking call on a thread."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads(), functools.partial(call, *args, **kwargs))


async def stoppable(call: Callable[..., T], *args: Any, stop: Stop | None, **kwargs: Any) -> T:
    """Runs a long call on a thread; cancelling the task stops it and waits for its end."""
    ours = stop or Stop()
    running = asyncio.ensure_future(in_thread(call, *args, stop=ours, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        ours.request()
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # seen
        raise
