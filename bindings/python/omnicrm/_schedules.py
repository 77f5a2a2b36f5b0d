"""A user's schedules: jobs at set times."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import _keywords
from ._listing import Listing
from ._native import Schedule, SchedulePreview
from ._parts import Part, id_of, merged
from ._signatures import atakes, takes
from ._threads import in_thread

if TYPE_CHECKING:
    from datetime import datetime


class Schedules(Part):
    """Jobs that come again, at the times of a cron expression. They are enqueued while a runner runs."""

    @takes(_keywords.schedules_create)
    def create(self, draft: Schedule | Mapping[str, Any] | None = None, /, **fields: Any) -> Schedule:
        """`create(name="Nightly", kind="report", cron="30 2 * * *", zone="Europe/Berlin")`."""
        return self._native.schedules_create(merged(Schedule, draft, fields))

    def get(self, id: Schedule | UUID | str) -> Schedule:
        return self._native.schedules_get(id_of(id))

    @takes(_keywords.schedules_update)
    def update(self, changed: Schedule, /, **changes: Any) -> Schedule:
        """Errors: Conflict when it was changed since it was read; that it fired does not count."""
        return self._native.schedules_update(merged(Schedule, changed, changes))

    def remove(self, id: Schedule | UUID | str) -> None:
        """Jobs that it has enqueued stay."""
        self._native.schedules_remove(id_of(id))

    def pause(self, id: Schedule | UUID | str) -> Schedule:
        """Idempotent."""
        return self._native.schedules_pause(id_of(id))

    def resume(self, id: Schedule | UUID | str) -> Schedule:
        """Goes on with the next time from now. Idempotent."""
        return self._native.schedules_resume(id_of(id))

    def list(self, *, limit: int | None = None, page_size: int = 100) -> Listing[Schedule]:
        """By name."""
        return Listing(self._native.schedules_list, "schedules", limit, page_size)

    def preview(
        self, cron: str | Schedule, zone: str = "UTC", *, after: datetime | str | None = None, count: int = 10
    ) -> tuple[datetime, ...]:
        """The next fire times of an expression, or of a schedule; stores nothing."""
        expression = cron if isinstance(cron, str) else cron.cron
        where = zone if isinstance(cron, str) else cron.zone
        return self._native.schedules_preview(
            SchedulePreview(cron=expression, zone=where, after=after, count=count)
        )

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.schedules_create)
    async def acreate(self, draft: Schedule | Mapping[str, Any] | None=None, /, **fields: Any) -> Schedule:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Schedule | UUID | str) -> Schedule:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    @atakes(_keywords.schedules_update)
    async def aupdate(self, changed: Schedule, /, **changes: Any) -> Schedule:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Schedule | UUID | str) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id)

    async def apause(self, id: Schedule | UUID | str) -> Schedule:
        """`pause` without blocking the event loop."""
        return await in_thread(self.pause, id)

    async def aresume(self, id: Schedule | UUID | str) -> Schedule:
        """`resume` without blocking the event loop."""
        return await in_thread(self.resume, id)

    async def alist(self, *, limit: int | None=None, page_size: int=100) -> builtins.list[Schedule]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(limit=limit, page_size=page_size).all())

    async def apreview(self, cron: str | Schedule, zone: str='UTC', *, after: datetime | str | None=None, count: int=10) -> tuple[datetime, ...]:
        """`preview` without blocking the event loop."""
        return await in_thread(self.preview, cron, zone, after=after, count=count)

    # --- end of async
