"""A user's tags, segments, tasks, settings and audit log."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import _keywords
from ._listing import Listing
from ._native import (
    AuditEntry,
    AuditFilter,
    AuditVerification,
    Contact,
    Segment,
    Setting,
    Tag,
    Task,
    TaskFilter,
)
from ._parts import ContactRef, Part, id_of, merged, optional_id
from ._signatures import atakes, takes
from ._threads import in_thread

if TYPE_CHECKING:
    from datetime import datetime

    from ._native import TaskStatusLike


class Tags(Part):
    """Labels on contacts."""

    def create(self, name: str, color: str = "") -> Tag:
        """Errors: AlreadyExists (ignoring case and accents)."""
        return self._native.tags_create(name, color)

    def get(self, id: Tag | UUID | str) -> Tag:
        return self._native.tags_get(id_of(id))

    @takes(_keywords.tags_update)
    def update(self, changed: Tag, /, **changes: Any) -> Tag:
        return self._native.tags_update(merged(Tag, changed, changes))

    def remove(self, id: Tag | UUID | str) -> None:
        """Takes it off every contact, too."""
        self._native.tags_remove(id_of(id))

    def list(self, *, limit: int | None = None, page_size: int = 100) -> Listing[Tag]:
        return Listing(self._native.tags_list, "tags", limit, page_size)

    def assign(self, tag: Tag | UUID | str, contacts: Iterable[ContactRef]) -> None:
        """Idempotent."""
        self._native.tags_assign(id_of(tag), [id_of(one) for one in contacts])

    def unassign(self, tag: Tag | UUID | str, contacts: Iterable[ContactRef]) -> None:
        """Idempotent."""
        self._native.tags_unassign(id_of(tag), [id_of(one) for one in contacts])

    def of_contact(self, contact: ContactRef) -> tuple[Tag, ...]:
        return self._native.tags_of_contact(id_of(contact))

    # --- async: written by scripts/generate_async.py

    async def acreate(self, name: str, color: str='') -> Tag:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, name, color)

    async def aget(self, id: Tag | UUID | str) -> Tag:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    @atakes(_keywords.tags_update)
    async def aupdate(self, changed: Tag, /, **changes: Any) -> Tag:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Tag | UUID | str) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id)

    async def alist(self, *, limit: int | None=None, page_size: int=100) -> builtins.list[Tag]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(limit=limit, page_size=page_size).all())

    async def aassign(self, tag: Tag | UUID | str, contacts: Iterable[ContactRef]) -> None:
        """`assign` without blocking the event loop."""
        return await in_thread(self.assign, tag, contacts)

    async def aunassign(self, tag: Tag | UUID | str, contacts: Iterable[ContactRef]) -> None:
        """`unassign` without blocking the event loop."""
        return await in_thread(self.unassign, tag, contacts)

    async def aof_contact(self, contact: ContactRef) -> tuple[Tag, ...]:
        """`of_contact` without blocking the event loop."""
        return await in_thread(self.of_contact, contact)

    # --- end of async


class Segments(Part):
    """Saved filters over contacts."""

    def create(self, name: str, filter: Mapping[str, Any]) -> Segment:
        """`create("Pinned", {"field": "pinned", "op": "is", "value": True})`; docs/segments.md has the grammar."""
        return self._native.segments_create(name, filter)

    def get(self, id: Segment | UUID | str) -> Segment:
        return self._native.segments_get(id_of(id))

    @takes(_keywords.segments_update)
    def update(self, changed: Segment, /, **changes: Any) -> Segment:
        """Errors: Conflict when it was changed since it was read."""
        return self._native.segments_update(merged(Segment, changed, changes))

    def remove(self, id: Segment | UUID | str) -> None:
        self._native.segments_remove(id_of(id))

    def list(self, *, limit: int | None = None, page_size: int = 100) -> Listing[Segment]:
        return Listing(self._native.segments_list, "segments", limit, page_size)

    def contacts(
        self, id: Segment | UUID | str, *, limit: int | None = None, page_size: int = 100
    ) -> Listing[Contact]:
        """Contacts that match now, by name."""
        segment = id_of(id)
        return Listing(
            lambda page: self._native.segments_contacts(segment, page), "contacts of a segment", limit, page_size
        )

    def preview(
        self, filter: Mapping[str, Any], *, limit: int | None = None, page_size: int = 100
    ) -> Listing[Contact]:
        """The same for a filter that is not saved."""
        return Listing(
            lambda page: self._native.segments_preview(filter, page), "contacts that fit", limit, page_size
        )

    def count(self, id: Segment | UUID | str) -> int:
        return self._native.segments_count(id_of(id))

    # --- async: written by scripts/generate_async.py

    async def acreate(self, name: str, filter: Mapping[str, Any]) -> Segment:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, name, filter)

    async def aget(self, id: Segment | UUID | str) -> Segment:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    @atakes(_keywords.segments_update)
    async def aupdate(self, changed: Segment, /, **changes: Any) -> Segment:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Segment | UUID | str) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id)

    async def alist(self, *, limit: int | None=None, page_size: int=100) -> builtins.list[Segment]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(limit=limit, page_size=page_size).all())

    async def acontacts(self, id: Segment | UUID | str, *, limit: int | None=None, page_size: int=100) -> builtins.list[Contact]:
        """`contacts(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.contacts(id, limit=limit, page_size=page_size).all())

    async def apreview(self, filter: Mapping[str, Any], *, limit: int | None=None, page_size: int=100) -> builtins.list[Contact]:
        """`preview(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.preview(filter, limit=limit, page_size=page_size).all())

    async def acount(self, id: Segment | UUID | str) -> int:
        """`count` without blocking the event loop."""
        return await in_thread(self.count, id)

    # --- end of async


class Tasks(Part):
    """Follow-ups."""

    @takes(_keywords.tasks_create)
    def create(self, draft: Task | Mapping[str, Any] | None = None, /, **fields: Any) -> Task:
        """`create(title="Call back", contact_id=ada.id, due_at=...)`."""
        return self._native.tasks_create(merged(Task, draft, fields))

    def get(self, id: Task | UUID | str) -> Task:
        return self._native.tasks_get(id_of(id))

    @takes(_keywords.tasks_update)
    def update(self, changed: Task, /, **changes: Any) -> Task:
        """Errors: Conflict when it was changed since it was read."""
        return self._native.tasks_update(merged(Task, changed, changes))

    def remove(self, id: Task | UUID | str) -> None:
        self._native.tasks_remove(id_of(id))

    def complete(self, id: Task | UUID | str) -> Task:
        return self._native.tasks_complete(id_of(id))

    def reopen(self, id: Task | UUID | str) -> Task:
        return self._native.tasks_reopen(id_of(id))

    def snooze(self, id: Task | UUID | str, until: datetime | str) -> Task:
        """Hides it until then."""
        return self._native.tasks_snooze(id_of(id), until)

    def list(
        self,
        filter: TaskFilter | Mapping[str, Any] | None = None,
        *,
        status: TaskStatusLike | None = None,
        contact: ContactRef | None = None,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Listing[Task]:
        """Soonest due first."""
        wanted = filter or TaskFilter(status=status, contact_id=optional_id(contact))
        return Listing(
            lambda page: self._native.tasks_list(wanted, page), "tasks", limit, page_size
        )

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.tasks_create)
    async def acreate(self, draft: Task | Mapping[str, Any] | None=None, /, **fields: Any) -> Task:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Task | UUID | str) -> Task:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    @atakes(_keywords.tasks_update)
    async def aupdate(self, changed: Task, /, **changes: Any) -> Task:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Task | UUID | str) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id)

    async def acomplete(self, id: Task | UUID | str) -> Task:
        """`complete` without blocking the event loop."""
        return await in_thread(self.complete, id)

    async def areopen(self, id: Task | UUID | str) -> Task:
        """`reopen` without blocking the event loop."""
        return await in_thread(self.reopen, id)

    async def asnooze(self, id: Task | UUID | str, until: datetime | str) -> Task:
        """`snooze` without blocking the event loop."""
        return await in_thread(self.snooze, id, until)

    async def alist(self, filter: TaskFilter | Mapping[str, Any] | None=None, *, status: TaskStatusLike | None=None, contact: ContactRef | None=None, limit: int | None=None, page_size: int=100) -> builtins.list[Task]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(filter, status=status, contact=contact, limit=limit, page_size=page_size).all())

    # --- end of async


class Settings(Part):
    """Named JSON values."""

    def get(self, name: str) -> Any:
        """None when it was never set."""
        return self._native.settings_get(name)

    def set(self, name: str, value: Any) -> None:
        """None removes it. Names that the library knows are checked: `user.addresses`, ..."""
        self._native.settings_set(name, value)

    def list(self) -> tuple[Setting, ...]:
        return self._native.settings_list()

    # --- async: written by scripts/generate_async.py

    async def aget(self, name: str) -> Any:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, name)

    async def aset(self, name: str, value: Any) -> None:
        """`set` without blocking the event loop."""
        return await in_thread(self.set, name, value)

    async def alist(self) -> tuple[Setting, ...]:
        """`list` without blocking the event loop."""
        return await in_thread(self.list)

    # --- end of async


class Audit(Part):
    """The append-only, hash-chained log."""

    def list(
        self,
        filter: AuditFilter | Mapping[str, Any] | None = None,
        *,
        operation: str = "",
        subject_id: str | UUID = "",
        batch: Any = None,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Listing[AuditEntry]:
        """Newest first."""
        wanted = filter or AuditFilter(
            operation=operation, subject_id=str(subject_id), batch_id=optional_id(batch)
        )
        return Listing(
            lambda page: self._native.audit_list(wanted, page), "audit log", limit, page_size
        )

    def verify(self) -> AuditVerification:
        """Reads the whole chain; finds any entry that was altered, removed or moved."""
        return self._native.audit_verify()

    # --- async: written by scripts/generate_async.py

    async def alist(self, filter: AuditFilter | Mapping[str, Any] | None=None, *, operation: str='', subject_id: str | UUID='', batch: Any=None, limit: int | None=None, page_size: int=100) -> builtins.list[AuditEntry]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(filter, operation=operation, subject_id=subject_id, batch=batch, limit=limit, page_size=page_size).all())

    async def averify(self) -> AuditVerification:
        """`verify` without blocking the event loop."""
        return await in_thread(self.verify)

    # --- end of async
