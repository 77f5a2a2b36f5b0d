"""Preview, approve, run, undo."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import _keywords, _native
from ._listing import Listing
from ._native import (
    BatchProgress,
    PolicyDryRun,
    PreviewProgress,
    Reconciliation,
    Stop,
    SyncBatch,
    SyncPlan,
    SyncSource,
)
from ._parts import id_of
from ._progress import Progress, batch_progress, preview_progress
from ._signatures import atakes, takes
from ._threads import in_thread, stoppable

if TYPE_CHECKING:
    from ._native import ContactPolicyLike

PathLike = str | os.PathLike[str]
PlanRef = SyncPlan | UUID | str
BatchRef = SyncBatch | UUID | str


def _paths(paths: PathLike | Iterable[PathLike]) -> builtins.list[str]:
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    return [os.fspath(path) for path in paths]


class Sync:
    """One user's imports: previewed, approved, run, and undone as a whole."""

    def __init__(self, native: _native.Session, crm: _native.Crm) -> None:
        self._native = native
        self._crm = crm

    def __repr__(self) -> str:
        return "<Sync of one user>"

    @takes(_keywords.sync_preview)
    def preview(
        self,
        paths: PathLike | Iterable[PathLike] = (),
        *,
        source: SyncSource | Mapping[str, Any] | None = None,
        provider: str = "files",
        owner_addresses: Iterable[str] = (),
        contact_policy: ContactPolicyLike = "sent",
        options: Mapping[str, Any] | None = None,
        progress: Progress[PreviewProgress] = False,
        stop: Stop | None = None,
        **rules: Any,
    ) -> SyncPlan:
        """Reads the source and stores nothing but the plan.

        `rules` are SyncSource's other fields (max_item_bytes, default_zone, column_mapping, ...); a `source` given
        replaces all of them. `progress`: True for a bar (with tqdm), or a function that gets a PreviewProgress.
        Errors: InvalidArgument, NotFound (a path), Cancelled (`stop`).
        """
        wanted = source or SyncSource(
            provider=provider,
            paths=_paths(paths),
            owner_addresses=owner_addresses,
            contact_policy=contact_policy,
            options=options or {},
            **rules,
        )
        with preview_progress(progress) as show:
            return self._native.sync_preview(wanted, show, stop)

    def plan(self, id: PlanRef) -> SyncPlan:
        return self._native.sync_plan(id_of(id))

    def plans(self, *, limit: int | None = None, page_size: int = 20) -> Listing[SyncPlan]:
        return Listing(self._native.sync_plans, "plans", limit=limit, page_size=page_size)

    def approve(self, plan: PlanRef) -> SyncBatch:
        """Turns a plan into a batch of jobs; `run` runs them."""
        return self._native.sync_approve(id_of(plan))

    def reject(self, plan: PlanRef) -> SyncPlan:
        return self._native.sync_reject(id_of(plan))

    def run(
        self,
        batch: BatchRef,
        *,
        progress: Progress[BatchProgress] = False,
        stop: Stop | None = None,
    ) -> SyncBatch:
        """Runs jobs until the batch has come to an end, and gives it as it is then.

        Where `crm.jobs.start()` runs jobs already, it only waits. Errors: Cancelled (`stop`: nothing is lost, call
        it again).
        """
        with batch_progress(progress, "import") as show:
            return self._crm.run_batch(self._native, id_of(batch), show, stop)

    def status(self, batch: BatchRef) -> SyncBatch:
        return self._native.sync_status(id_of(batch))

    def list(self, *, limit: int | None = None, page_size: int = 20) -> Listing[SyncBatch]:
        """Batches."""
        return Listing(self._native.sync_list, "batches", limit=limit, page_size=page_size)

    def cancel(self, batch: BatchRef) -> SyncBatch:
        """Stops a running batch; what it wrote stays until `undo`."""
        return self._native.sync_cancel(id_of(batch))

    def undo(
        self,
        batch: BatchRef,
        *,
        wait: bool = True,
        progress: Progress[BatchProgress] = False,
        stop: Stop | None = None,
    ) -> SyncBatch:
        """Restores the state before the batch. `wait=False` only enqueues that."""
        undoing = self._native.sync_undo(id_of(batch))
        if not wait:
            return undoing
        with batch_progress(progress, "undo") as show:
            return self._crm.run_batch(self._native, undoing.id, show, stop)

    def reconcile(self, batch: BatchRef, *, stop: Stop | None = None) -> Reconciliation:
        """Reads the source's ids again and compares them with what is here."""
        return self._native.sync_reconcile(id_of(batch), stop)

    def dry_run(self, policy: ContactPolicyLike) -> PolicyDryRun:
        """What another contact policy would make of the mail that is here."""
        return self._native.sync_dry_run(policy)

    def state_digest(self) -> str:
        """SHA-256 over all of the user's records: equal values mean equal data. Reads everything."""
        return self._native.sync_state_digest()

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.sync_preview)
    async def apreview(self, paths: PathLike | Iterable[PathLike]=(), *, source: SyncSource | Mapping[str, Any] | None=None, provider: str='files', owner_addresses: Iterable[str]=(), contact_policy: ContactPolicyLike='sent', options: Mapping[str, Any] | None=None, progress: Progress[PreviewProgress]=False, stop: Stop | None=None, **rules: Any) -> SyncPlan:
        """`preview` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.preview, paths, source=source, provider=provider, owner_addresses=owner_addresses, contact_policy=contact_policy, options=options, progress=progress, stop=stop, **rules)

    async def aplan(self, id: PlanRef) -> SyncPlan:
        """`plan` without blocking the event loop."""
        return await in_thread(self.plan, id)

    async def aplans(self, *, limit: int | None=None, page_size: int=20) -> builtins.list[SyncPlan]:
        """`plans(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.plans(limit=limit, page_size=page_size).all())

    async def aapprove(self, plan: PlanRef) -> SyncBatch:
        """`approve` without blocking the event loop."""
        return await in_thread(self.approve, plan)

    async def areject(self, plan: PlanRef) -> SyncPlan:
        """`reject` without blocking the event loop."""
        return await in_thread(self.reject, plan)

    async def arun(self, batch: BatchRef, *, progress: Progress[BatchProgress]=False, stop: Stop | None=None) -> SyncBatch:
        """`run` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.run, batch, progress=progress, stop=stop)

    async def astatus(self, batch: BatchRef) -> SyncBatch:
        """`status` without blocking the event loop."""
        return await in_thread(self.status, batch)

    async def alist(self, *, limit: int | None=None, page_size: int=20) -> builtins.list[SyncBatch]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(limit=limit, page_size=page_size).all())

    async def acancel(self, batch: BatchRef) -> SyncBatch:
        """`cancel` without blocking the event loop."""
        return await in_thread(self.cancel, batch)

    async def aundo(self, batch: BatchRef, *, wait: bool=True, progress: Progress[BatchProgress]=False, stop: Stop | None=None) -> SyncBatch:
        """`undo` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.undo, batch, wait=wait, progress=progress, stop=stop)

    async def areconcile(self, batch: BatchRef, *, stop: Stop | None=None) -> Reconciliation:
        """`reconcile` without blocking the event loop; cancelling the task stops it."""
        return await stoppable(self.reconcile, batch, stop=stop)

    async def adry_run(self, policy: ContactPolicyLike) -> PolicyDryRun:
        """`dry_run` without blocking the event loop."""
        return await in_thread(self.dry_run, policy)

    async def astate_digest(self) -> str:
        """`state_digest` without blocking the event loop."""
        return await in_thread(self.state_digest)

    # --- end of async
