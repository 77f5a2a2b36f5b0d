"""A whole database, moved to another storage."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from . import _native
from ._native import Stop
from ._progress import _bar
from ._threads import stoppable

Stage = Literal["rows", "text", "verify"]
Database = str | os.PathLike[str] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy is: `rows` of `total` of this stage; those of an earlier, unfinished run included."""

    stage: Stage
    table: str
    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy came to. `checksum` is the same of both databases; `resumed`: an earlier run had been cut off."""

    rows: int
    tables: int
    resumed: bool
    checksum: str


def _options(database: Database) -> str:
    options = dict(database) if isinstance(database, Mapping) else {"path": os.fspath(database)}
    return json.dumps(options, ensure_ascii=False)


def _progress(at: tuple[str, str, int, int]) -> CopyProgress:
    stage, table, rows, total = at
    return CopyProgress(cast(Stage, stage), table, rows, total)


def _told(function: Callable[[CopyProgress], object]) -> Callable[[tuple[str, str, int, int]], object]:
    return lambda at: function(_progress(at))


@contextlib.contextmanager
def _shown(
    wanted: bool | Callable[[CopyProgress], object] | None,
) -> Iterator[Callable[[tuple[str, str, int, int]], object] | None]:
    bar = _bar(unit=" rows") if wanted is True else None
    if bar is None:
        yield _told(wanted) if callable(wanted) else None
        return

    def show(at: tuple[str, str, int, int]) -> None:
        far = _progress(at)
        if bar.desc != far.stage:
            bar.reset(total=far.total)
            bar.set_description_str(far.stage, refresh=False)
        bar.set_postfix_str(far.table, refresh=False)
        bar.update(far.rows - bar.n)

    with bar:
        yield show


def copy_database(
    source: Database,
    target: Database,
    *,
    rows_per_transaction: int = 5000,
    progress: bool | Callable[[CopyProgress], object] | None = False,
    stop: Stop | None = None,
) -> CopyReport:
    """Copies every row of every user, and the queue, to an empty database of any storage, and compares both.

    source, target        a file, "postgresql://...", or the options of either:
                          {"path": "postgresql://...", "postgres": {"admin_url": "..."}}
    rows_per_transaction  what a crash makes the next run do again, 1 to 100,000
    progress              True for a bar (with tqdm), or a function that gets a CopyProgress

    One that was cut off goes on when it is called again. Nobody may write to either meanwhile.

    Errors: NotFound (no file `source`), FailedPrecondition (the target holds data of its own, the source has another
    schema), InvalidArgument (a text that the other storage cannot hold), PermissionDenied (a role that does not see all
    users' rows), Conflict (the source changed meanwhile), DataLoss (the checksums differ), Cancelled.
    """
    with _shown(progress) as show:
        return CopyReport(
            *_native.copy_database(_options(source), _options(target), rows_per_transaction, show, stop)
        )


async def acopy_database(
    source: Database,
    target: Database,
    *,
    rows_per_transaction: int = 5000,
    progress: bool | Callable[[CopyProgress], object] | None = False,
    stop: Stop | None = None,
) -> CopyReport:
    """`copy_database` without blocking the event loop; cancelling the task stops it."""
    return await stoppable(
        copy_database,
        source,
        target,
        rows_per_transaction=rows_per_transaction,
        progress=progress,
        stop=stop,
    )
