"""A user's contacts, organizations, timeline, tags, segments, tasks, settings and audit log."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from . import _native
from ._errors import InvalidArgument, NotFound
from ._listing import Listing
from ._native import (
    AuditEntry,
    AuditFilter,
    AuditVerification,
    Contact,
    ContactActivity,
    ContactFilter,
    ContactHit,
    Document,
    DuplicateSuggestion,
    Interaction,
    MergeResult,
    Organization,
    SearchHit,
    SearchQuery,
    Segment,
    Setting,
    Tag,
    Task,
    TaskFilter,
    TimelineFilter,
)
from ._threads import in_thread

if TYPE_CHECKING:
    from datetime import datetime

    from ._native import (
        ContactOrderLike,
        DirectionLike,
        IdentityKindLike,
        InteractionKindLike,
        SearchOrderLike,
        TaskStatusLike,
    )

R = TypeVar("R", Contact, Organization, Interaction, Tag, Segment, Task)

# A record, or what names it.
ContactRef = Contact | ContactHit | ContactActivity | UUID | str


def id_of(value: Any) -> UUID | str:
    """The id of a record, a hit or an id."""
    if isinstance(value, (UUID, str)):
        return value
    if isinstance(value, ContactHit):
        return value.contact.id
    if isinstance(value, ContactActivity):
        return value.contact_id
    found = getattr(value, "id", None)
    if isinstance(found, UUID):
        return found
    raise TypeError(f"id: expected a record, a UUID or its text, got {type(value).__qualname__}")


def optional_id(value: Any) -> UUID | str | None:
    return None if value is None else id_of(value)


def merged(record: type[R], draft: R | Mapping[str, Any] | None, fields: Mapping[str, Any]) -> R:
    """A draft with fields over it."""
    if draft is None:
        return record(**fields)
    if isinstance(draft, Mapping):
        draft = record.from_dict(dict(draft))
    elif not isinstance(draft, record):
        raise TypeError(f"expected {record.__name__}, got {type(draft).__qualname__}")
    return draft.replace(**fields) if fields else draft


class _Part:
    """One part of a session."""

    def __init__(self, native: _native.Session) -> None:
        self._native = native

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of one user>"


def find_contact(native: _native.Session, contact: ContactRef) -> UUID | str:
    """A contact by id, address or name. Errors: NotFound; InvalidArgument when the name fits several."""
    if not isinstance(contact, str):
        return id_of(contact)
    try:
        return UUID(contact)
    except ValueError:
        pass
    if "@" in contact:
        found = native.contacts_find("email", contact)
        if found is None:
            raise NotFound(f"no contact has the address {contact}", details={"contact": contact})
        return found.id
    hits, more = native.contacts_search(contact, _native.PageRequest(limit=20))
    named = [hit.contact for hit in hits]
    exact = [one for one in named if one.display_name.casefold() == contact.casefold()]
    fitting = exact or named
    if not fitting:
        raise NotFound(f"no contact is called '{contact}'", details={"contact": contact})
    if len(fitting) > 1 or (more is not None and not exact):
        names = ", ".join(f"{one.display_name} ({one.id})" for one in fitting[:5])
        raise InvalidArgument(
            f"contact: several fit '{contact}': {names}", details={"field": "contact"}
        )
    return fitting[0].id


class Contacts(_Part):
    """People. Every change is one transaction, audited."""

    def create(self, draft: Contact | Mapping[str, Any] | None = None, /, **fields: Any) -> Contact:
        """Stores a new contact: `create(display_name="Ada", emails=[{"value": "ada@example.org"}])`.

        Errors: InvalidArgument, AlreadyExists (an identity belongs to another contact; details name it).
        """
        return self._native.contacts_create(merged(Contact, draft, fields))

    def get(self, id: ContactRef) -> Contact:
        return self._native.contacts_get(id_of(id))

    def find(
        self,
        email: str | None = None,
        *,
        phone: str | None = None,
        handle: str | None = None,
    ) -> Contact | None:
        """The contact that owns the address, number or handle; None when none does."""
        given = [
            (kind, value)
            for kind, value in (("email", email), ("phone", phone), ("handle", handle))
            if value is not None
        ]
        if len(given) != 1:
            raise TypeError("find() takes one of email, phone and handle")
        kind, value = given[0]
        return self._native.contacts_find(_native.IdentityKind(kind), value)

    def find_by(self, kind: IdentityKindLike, value: str) -> Contact | None:
        """The same with the kind as a value."""
        return self._native.contacts_find(kind, value)

    def update(self, changed: Contact, /, **changes: Any) -> Contact:
        """Replaces the editable fields: `update(contact, note="Met in Paris")`.

        Errors: Conflict when it was changed since it was read.
        """
        return self._native.contacts_update(merged(Contact, changed, changes))

    def remove(self, id: ContactRef, *, version: int = 0) -> None:
        """Deletes it, and keeps sync from bringing it back. Version 0: any."""
        self._native.contacts_remove(id_of(id), version)

    def restore(self, id: ContactRef) -> Contact:
        """Undoes `remove`."""
        return self._native.contacts_restore(id_of(id))

    def list(
        self,
        filter: ContactFilter | Mapping[str, Any] | None = None,
        *,
        order: ContactOrderLike = "name",
        tag: Tag | UUID | str | None = None,
        organization: Organization | UUID | str | None = None,
        segment: Segment | UUID | str | None = None,
        pinned: bool | None = None,
        include_archived: bool = False,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Listing[Contact]:
        """Contacts that fit; a `filter` given replaces the keywords beside it."""
        wanted = filter or ContactFilter(
            order=order,
            tag_id=optional_id(tag),
            organization_id=optional_id(organization),
            segment_id=optional_id(segment),
            pinned=pinned,
            include_archived=include_archived,
        )
        return Listing(
            lambda page: self._native.contacts_list(wanted, page),
            "contacts",
            limit=limit,
            page_size=page_size,
        )

    def search(
        self, text: str, *, limit: int | None = None, page_size: int = 100
    ) -> Listing[ContactHit]:
        """Parts of names, addresses, numbers and organizations; best first."""
        return Listing(
            lambda page: self._native.contacts_search(text, page),
            f"contacts that fit {text!r}",
            limit=limit,
            page_size=page_size,
        )

    def merge(
        self, survivor: ContactRef, absorbed: Iterable[ContactRef] | ContactRef
    ) -> MergeResult:
        """Moves everything of `absorbed` to `survivor`; `unmerge` takes the result's batch."""
        if isinstance(absorbed, (Contact, ContactHit, ContactActivity, UUID, str)):
            absorbed = [absorbed]
        return self._native.contacts_merge(id_of(survivor), [id_of(one) for one in absorbed])

    def unmerge(self, merge: MergeResult | UUID | str) -> Contact:
        batch = merge.batch_id if isinstance(merge, MergeResult) else merge
        return self._native.contacts_unmerge(batch)

    def suggest_duplicates(
        self, *, limit: int | None = None, page_size: int = 100
    ) -> Listing[DuplicateSuggestion]:
        """Pairs that may be one person; never merged by themselves."""
        return Listing(
            self._native.contacts_suggest_duplicates,
            "possible duplicates",
            limit=limit,
            page_size=page_size,
        )

    # --- async: written by scripts/generate_async.py

    async def acreate(self, draft: Contact | Mapping[str, Any] | None=None, /, **fields: Any) -> Contact:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: ContactRef) -> Contact:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    async def afind(self, email: str | None=None, *, phone: str | None=None, handle: str | None=None) -> Contact | None:
        """`find` without blocking the event loop."""
        return await in_thread(self.find, email, phone=phone, handle=handle)

    async def afind_by(self, kind: IdentityKindLike, value: str) -> Contact | None:
        """`find_by` without blocking the event loop."""
        return await in_thread(self.find_by, kind, value)

    async def aupdate(self, changed: Contact, /, **changes: Any) -> Contact:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: ContactRef, *, version: int=0) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id, version=version)

    async def arestore(self, id: ContactRef) -> Contact:
        """`restore` without blocking the event loop."""
        return await in_thread(self.restore, id)

    async def alist(self, filter: ContactFilter | Mapping[str, Any] | None=None, *, order: ContactOrderLike='name', tag: Tag | UUID | str | None=None, organization: Organization | UUID | str | None=None, segment: Segment | UUID | str | None=None, pinned: bool | None=None, include_archived: bool=False, limit: int | None=None, page_size: int=100) -> builtins.list[Contact]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(filter, order=order, tag=tag, organization=organization, segment=segment, pinned=pinned, include_archived=include_archived, limit=limit, page_size=page_size).all())

    async def asearch(self, text: str, *, limit: int | None=None, page_size: int=100) -> builtins.list[ContactHit]:
        """`search(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.search(text, limit=limit, page_size=page_size).all())

    async def amerge(self, survivor: ContactRef, absorbed: Iterable[ContactRef] | ContactRef) -> MergeResult:
        """`merge` without blocking the event loop."""
        return await in_thread(self.merge, survivor, absorbed)

    async def aunmerge(self, merge: MergeResult | UUID | str) -> Contact:
        """`unmerge` without blocking the event loop."""
        return await in_thread(self.unmerge, merge)

    async def asuggest_duplicates(self, *, limit: int | None=None, page_size: int=100) -> builtins.list[DuplicateSuggestion]:
        """`suggest_duplicates(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.suggest_duplicates(limit=limit, page_size=page_size).all())

    # --- end of async


class Organizations(_Part):
    """Companies and other bodies."""

    def create(
        self, draft: Organization | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Organization:
        """Errors: InvalidArgument, AlreadyExists (the domain)."""
        return self._native.organizations_create(merged(Organization, draft, fields))

    def get(self, id: Organization | UUID | str) -> Organization:
        return self._native.organizations_get(id_of(id))

    def find(self, domain: str) -> Organization | None:
        """By registrable domain; None when there is none."""
        return self._native.organizations_find(domain)

    def update(self, changed: Organization, /, **changes: Any) -> Organization:
        """Errors: Conflict when it was changed since it was read."""
        return self._native.organizations_update(merged(Organization, changed, changes))

    def remove(self, id: Organization | UUID | str, *, version: int = 0) -> None:
        """Contacts stay and lose the link. Version 0: any."""
        self._native.organizations_remove(id_of(id), version)

    def list(
        self, text: str = "", *, limit: int | None = None, page_size: int = 100
    ) -> Listing[Organization]:
        """By name; `text`, when given, must occur in name or domain."""
        return Listing(
            lambda page: self._native.organizations_list(text, page),
            "organizations",
            limit=limit,
            page_size=page_size,
        )

    # --- async: written by scripts/generate_async.py

    async def acreate(self, draft: Organization | Mapping[str, Any] | None=None, /, **fields: Any) -> Organization:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Organization | UUID | str) -> Organization:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    async def afind(self, domain: str) -> Organization | None:
        """`find` without blocking the event loop."""
        return await in_thread(self.find, domain)

    async def aupdate(self, changed: Organization, /, **changes: Any) -> Organization:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Organization | UUID | str, *, version: int=0) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id, version=version)

    async def alist(self, text: str='', *, limit: int | None=None, page_size: int=100) -> builtins.list[Organization]:
        """`list(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.list(text, limit=limit, page_size=page_size).all())

    # --- end of async


class Interactions(_Part):
    """The timeline: mail, meetings, calls, notes, messages."""

    def create(
        self, draft: Interaction | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Interaction:
        """Stores a note, call, meeting or message."""
        return self._native.interactions_create(merged(Interaction, draft, fields))

    def get(self, id: Interaction | SearchHit | UUID | str) -> Interaction:
        return self._native.interactions_get(id_of(id))

    def update(self, changed: Interaction, /, **changes: Any) -> Interaction:
        """Errors: Conflict when it was changed since it was read."""
        return self._native.interactions_update(merged(Interaction, changed, changes))

    def remove(self, id: Interaction | SearchHit | UUID | str, *, version: int = 0) -> None:
        """Deletes it with its documents. Version 0: any."""
        self._native.interactions_remove(id_of(id), version)

    def timeline(
        self,
        contact: ContactRef | TimelineFilter | None = None,
        *,
        kinds: Iterable[InteractionKindLike] = (),
        direction: DirectionLike | None = None,
        thread: str = "",
        after: datetime | str | None = None,
        before: datetime | str | None = None,
        include_bulk: bool = True,
        limit: int | None = None,
        page_size: int = 100,
    ) -> Listing[Interaction]:
        """Newest first. `contact` is a record, an id, an address or a name; `after` <= time < `before`.

        A TimelineFilter in its place replaces the keywords. A name is looked up when the list is read.
        """
        if isinstance(kinds, str):
            kinds = (kinds,)
        wanted = (
            contact
            if isinstance(contact, TimelineFilter)
            else TimelineFilter(
                kinds=kinds,
                direction=direction,
                thread_id=thread,
                after=after,
                before=before,
                include_bulk=include_bulk,
            )
        )
        whose = None if isinstance(contact, TimelineFilter) else contact
        resolved: builtins.list[TimelineFilter] = []

        def fetch(
            page: _native.PageRequest,
        ) -> tuple[tuple[Interaction, ...], str | None]:
            if not resolved:
                who = None if whose is None else find_contact(self._native, whose)
                resolved.append(wanted if who is None else wanted.replace(contact_id=who))
            return self._native.interactions_timeline(resolved[0], page)

        return Listing(fetch, "timeline", limit=limit, page_size=page_size)

    def documents(self, id: Interaction | SearchHit | UUID | str) -> tuple[Document, ...]:
        """What came with an interaction."""
        return self._native.interactions_documents(id_of(id))

    def most_active(self, limit: int = 20) -> tuple[ContactActivity, ...]:
        """The contacts with most mail and meetings, most first."""
        return self._native.interactions_most_active(limit)

    # --- async: written by scripts/generate_async.py

    async def acreate(self, draft: Interaction | Mapping[str, Any] | None=None, /, **fields: Any) -> Interaction:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Interaction | SearchHit | UUID | str) -> Interaction:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    async def aupdate(self, changed: Interaction, /, **changes: Any) -> Interaction:
        """`update` without blocking the event loop."""
        return await in_thread(self.update, changed, **changes)

    async def aremove(self, id: Interaction | SearchHit | UUID | str, *, version: int=0) -> None:
        """`remove` without blocking the event loop."""
        return await in_thread(self.remove, id, version=version)

    async def atimeline(self, contact: ContactRef | TimelineFilter | None=None, *, kinds: Iterable[InteractionKindLike]=(), direction: DirectionLike | None=None, thread: str='', after: datetime | str | None=None, before: datetime | str | None=None, include_bulk: bool=True, limit: int | None=None, page_size: int=100) -> builtins.list[Interaction]:
        """`timeline(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.timeline(contact, kinds=kinds, direction=direction, thread=thread, after=after, before=before, include_bulk=include_bulk, limit=limit, page_size=page_size).all())

    async def adocuments(self, id: Interaction | SearchHit | UUID | str) -> tuple[Document, ...]:
        """`documents` without blocking the event loop."""
        return await in_thread(self.documents, id)

    async def amost_active(self, limit: int=20) -> tuple[ContactActivity, ...]:
        """`most_active` without blocking the event loop."""
        return await in_thread(self.most_active, limit)

    # --- end of async


class Search(_Part):
    """Full-text search over the timeline: call it."""

    def __call__(
        self,
        text: str | SearchQuery,
        *,
        order: SearchOrderLike = "relevance",
        limit: int | None = None,
        page_size: int = 50,
    ) -> Listing[SearchHit]:
        """Words, "phrases", prefix*, -without and filters: `from:ada with: type:meeting after:2002-08-01 tag:`."""
        return self.query(text, order=order, limit=limit, page_size=page_size)

    def query(
        self,
        text: str | SearchQuery,
        *,
        order: SearchOrderLike = "relevance",
        limit: int | None = None,
        page_size: int = 50,
    ) -> Listing[SearchHit]:
        """The same as calling it."""
        asked = text if isinstance(text, SearchQuery) else SearchQuery(text=text, order=order)
        return Listing(
            lambda page: self._native.search_query(asked, page),
            f"hits of {asked.text!r}",
            limit=limit,
            page_size=page_size,
        )

    # --- async: written by scripts/generate_async.py

    async def aquery(self, text: str | SearchQuery, *, order: SearchOrderLike='relevance', limit: int | None=None, page_size: int=50) -> builtins.list[SearchHit]:
        """`query(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.query(text, order=order, limit=limit, page_size=page_size).all())

    # --- end of async


class Tags(_Part):
    """Labels on contacts."""

    def create(self, name: str, color: str = "") -> Tag:
        """Errors: AlreadyExists (ignoring case and accents)."""
        return self._native.tags_create(name, color)

    def get(self, id: Tag | UUID | str) -> Tag:
        return self._native.tags_get(id_of(id))

    def update(self, changed: Tag, /, **changes: Any) -> Tag:
        return self._native.tags_update(merged(Tag, changed, changes))

    def remove(self, id: Tag | UUID | str) -> None:
        """Takes it off every contact, too."""
        self._native.tags_remove(id_of(id))

    def list(self, *, limit: int | None = None, page_size: int = 100) -> Listing[Tag]:
        return Listing(self._native.tags_list, "tags", limit=limit, page_size=page_size)

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


class Segments(_Part):
    """Saved filters over contacts."""

    def create(self, name: str, filter: Mapping[str, Any]) -> Segment:
        """`create("Pinned", {"field": "pinned", "op": "is", "value": True})`; docs/segments.md has the grammar."""
        return self._native.segments_create(name, filter)

    def get(self, id: Segment | UUID | str) -> Segment:
        return self._native.segments_get(id_of(id))

    def update(self, changed: Segment, /, **changes: Any) -> Segment:
        """Errors: Conflict when it was changed since it was read."""
        return self._native.segments_update(merged(Segment, changed, changes))

    def remove(self, id: Segment | UUID | str) -> None:
        self._native.segments_remove(id_of(id))

    def list(self, *, limit: int | None = None, page_size: int = 100) -> Listing[Segment]:
        return Listing(self._native.segments_list, "segments", limit=limit, page_size=page_size)

    def contacts(
        self, id: Segment | UUID | str, *, limit: int | None = None, page_size: int = 100
    ) -> Listing[Contact]:
        """Contacts that match now, by name."""
        segment = id_of(id)
        return Listing(
            lambda page: self._native.segments_contacts(segment, page),
            "contacts of a segment",
            limit=limit,
            page_size=page_size,
        )

    def preview(
        self, filter: Mapping[str, Any], *, limit: int | None = None, page_size: int = 100
    ) -> Listing[Contact]:
        """The same for a filter that is not saved."""
        return Listing(
            lambda page: self._native.segments_preview(filter, page),
            "contacts that fit",
            limit=limit,
            page_size=page_size,
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


class Tasks(_Part):
    """Follow-ups."""

    def create(self, draft: Task | Mapping[str, Any] | None = None, /, **fields: Any) -> Task:
        """`create(title="Call back", contact_id=ada.id, due_at=...)`."""
        return self._native.tasks_create(merged(Task, draft, fields))

    def get(self, id: Task | UUID | str) -> Task:
        return self._native.tasks_get(id_of(id))

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
            lambda page: self._native.tasks_list(wanted, page),
            "tasks",
            limit=limit,
            page_size=page_size,
        )

    # --- async: written by scripts/generate_async.py

    async def acreate(self, draft: Task | Mapping[str, Any] | None=None, /, **fields: Any) -> Task:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Task | UUID | str) -> Task:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

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


class Settings(_Part):
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


class Audit(_Part):
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
            lambda page: self._native.audit_list(wanted, page),
            "audit log",
            limit=limit,
            page_size=page_size,
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
