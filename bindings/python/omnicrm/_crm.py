"""Opening a CRM."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from . import _native
from ._jobs import Runner, Seconds
from ._native import SyncSource
from ._options import PostgresOptions, SqliteOptions, shown
from ._session import Session
from ._signatures import atakes
from ._sources import Normalizer, Source
from ._threads import in_own_thread, in_thread

if TYPE_CHECKING:
    from types import TracebackType

Log = str | logging.Logger | Callable[[str, str, str], object]
SourceFactory = Callable[[SyncSource], Source]

_LEVELS = ("debug", "info", "warning", "error")


class _LoggerSink:
    """Lines to a logger of module logging; each area has a child of its own, and a record's `omnicrm` is its fields."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def wants(self, level: int) -> bool:
        return self._logger.isEnabledFor(level)

    def write(self, level: int, area: str, message: str, fields: dict[str, str]) -> None:
        self._logger.getChild(area).log(level, "%s", message, extra={"omnicrm": fields})


class _FunctionSink:
    """Lines to a function."""

    def __init__(self, function: Callable[[str, str, str], object]) -> None:
        self._function = function

    def wants(self, level: int) -> bool:
        return True

    def write(self, level: int, area: str, message: str, fields: dict[str, str]) -> None:
        self._function(_LEVELS[level // 10 - 1], area, message)


def _milliseconds(value: Seconds) -> int:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    return round(seconds * 1000)


def _parts(
    log: Log | None,
    clock: Callable[[], datetime] | None,
    sources: Mapping[str, SourceFactory],
    normalizers: Iterable[Normalizer],
) -> dict[str, Any]:
    parts: dict[str, Any] = {"sources": dict(sources), "normalizers": list(normalizers)}
    if isinstance(log, logging.Logger):
        parts["logger"] = _LoggerSink(log)
    elif callable(log):
        parts["logger"] = _FunctionSink(log)
    elif log is not None and not isinstance(log, str):
        raise TypeError("log: expected a level's name, a logging.Logger or a function")
    if clock is not None:
        parts["clock"] = clock
    return parts


class Crm:
    """One open CRM; `omnicrm.open` makes it. Close it, or use it in a `with` block.

    May be used from many threads. A forked child must open its own.
    """

    jobs: Runner

    def __init__(self, native: _native.Crm, path: str) -> None:
        self._native = native
        self.path = path
        self.jobs = Runner(native)

    def session(self, user: UUID | str, actor: str = "user") -> Session:
        """The handle of a user: a UUID, or any name that the host has for the user (always the same user).

        `actor` is who acts, for the audit log ("user", "agent:42").
        """
        return Session(self._native.session(user, actor), self._native)

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the database to a new file while it is in use."""
        self._native.backup(os.fspath(path))

    def check(self) -> tuple[str, ...]:
        """Problems in the file's structure; empty when sound."""
        return self._native.check()

    def schema_version(self) -> int:
        return self._native.schema_version()

    def metrics_text(self) -> str:
        """What a scraper reads: Prometheus' text format 0.0.4. Empty unless opened with `metrics=True`."""
        return self._native.metrics_text()

    @property
    def closed(self) -> bool:
        return self._native.closed

    def close(self, *, grace: Seconds = 30) -> None:
        """Stops job threads (running jobs get `grace` seconds), waits for calls of other threads, lets the file go.

        Sessions raise FailedPrecondition from then on. Closing again does nothing.
        """
        self._native.close(grace)

    def __enter__(self) -> Crm:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Crm:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await in_own_thread(self.close)

    def __repr__(self) -> str:
        return f"<Crm {shown(self.path)!r}{' (closed)' if self.closed else ''}>"

    # --- async: written by scripts/generate_async.py

    async def asession(self, user: UUID | str, actor: str='user') -> Session:
        """`session` without blocking the event loop."""
        return await in_thread(self.session, user, actor)

    async def abackup(self, path: str | os.PathLike[str]) -> None:
        """`backup` without blocking the event loop."""
        return await in_thread(self.backup, path)

    async def acheck(self) -> tuple[str, ...]:
        """`check` without blocking the event loop."""
        return await in_thread(self.check)

    async def aschema_version(self) -> int:
        """`schema_version` without blocking the event loop."""
        return await in_thread(self.schema_version)

    async def ametrics_text(self) -> str:
        """`metrics_text` without blocking the event loop."""
        return await in_thread(self.metrics_text)

    async def aclose(self, *, grace: Seconds=30) -> None:
        """`close` without blocking the event loop."""
        return await in_own_thread(self.close, grace=grace)

    # --- end of async


def open(
    path: str | os.PathLike[str] = "omnicrm.db",
    *,
    migrate: bool = True,
    log: Log | None = None,
    log_format: Literal["text", "json"] = "text",
    metrics: bool = False,
    threads: int = 2,
    sources: Mapping[str, SourceFactory] | None = None,
    normalizers: Iterable[Normalizer] = (),
    clock: Callable[[], datetime] | None = None,
    name: str = "omnicrm",
    busy_timeout: Seconds = 10,
    full_sync: bool = True,
    lease: Seconds = 15,
    heartbeat: Seconds = 3,
    poll: Seconds = 0.5,
    claim_limit: int = 32,
    sqlite: SqliteOptions | None = None,
    postgres: PostgresOptions | None = None,
) -> Crm:
    """Opens (or makes) the database and brings its schema up to date.

    path         a file, ":memory:", or a PostgreSQL server: "postgresql://user@host/database"
    migrate      False: opening an older schema fails
    log          a level ("warning": lines to standard error), a logging.Logger, or f(level, area, message)
    log_format   of the lines on standard error: "text" or "json", an object a line
    metrics      True: counts, for `Crm.metrics_text`
    threads      for jobs; no thread runs before `crm.jobs` is asked to
    sources      name -> function that gives a Source: for `preview(provider=name)`
    normalizers  for content types of your own, or instead of the library's
    clock        gives an aware datetime: the time to store
    name         of this worker, in logs
    sqlite       more of a file's options, as in docs/sqlite.md: a dict with fields of SqliteOptions
    postgres     a server's options, as in docs/postgresql.md: a dict with fields of PostgresOptions
    lease, heartbeat, poll, claim_limit: see jobs/runner.hpp

    Errors: DataLoss (not a database, damaged), FailedPrecondition (another program's, or newer than this
    library), PermissionDenied, Unavailable, Unsupported (a server's URL, and the library was built without libpq).
    """
    file = os.fspath(path)
    options: dict[str, Any] = {
        "path": file,
        "migrate": migrate,
        "log_format": log_format,
        "metrics": metrics,
        "sqlite": {
            "busy_timeout_ms": _milliseconds(busy_timeout),
            "full_sync": full_sync,
            **(sqlite or {}),
        },
        "postgres": dict(postgres or {}),
        "jobs": {
            "name": name,
            "threads": threads,
            "lease_ms": _milliseconds(lease),
            "heartbeat_ms": _milliseconds(heartbeat),
            "poll_ms": _milliseconds(poll),
            "claim_limit": claim_limit,
        },
    }
    if isinstance(log, str):
        options["log"] = log
    parts = _parts(log, clock, sources or {}, normalizers)
    return Crm(_native.open(json.dumps(options, ensure_ascii=False), parts), file)


@atakes(open)
async def aopen(*arguments: Any, **options: Any) -> Crm:
    """`open` without blocking the event loop; same keywords."""
    return await in_thread(open, *arguments, **options)


def operations() -> dict[str, Any]:
    """Every operation with its version, scope, and JSON Schemas of request and response."""
    schema: dict[str, Any] = json.loads(_native.operations_schema())
    return schema


def version() -> str:
    """ "0.1.0"."""
    return _native.version()


def user_id(name: str) -> UUID:
    """The id of a user by any name that the host has for the user: always the same one."""
    return _native.user_id(name)
