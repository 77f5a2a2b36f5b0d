"""A user's contacts, organizations and timeline, and the search over it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from . import _keywords, _native
from ._errors import InvalidArgument, NotFound
from ._listing import Listing
from ._native import (
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
    Tag,
    TimelineFilter,
)
from ._parts import ContactRef, Part, id_of, merged, optional_id
from ._signatures import atakes, takes
from ._threads import in_thread

if TYPE_CHECKING:
    from datetime import datetime

    from ._native import (
        ContactOrderLike,
        DirectionLike,
        IdentityKindLike,
        InteractionKindLike,
        SearchOrderLike,
    )


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


class Contacts(Part):
    """People. Every change is one transaction, audited."""

    @takes(_keywords.contacts_create)
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

    @takes(_keywords.contacts_update)
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
            lambda page: self._native.contacts_list(wanted, page), "contacts", limit, page_size
        )

    def search(
        self, text: str, *, limit: int | None = None, page_size: int = 100
    ) -> Listing[ContactHit]:
        """Parts of names, addresses, numbers and organizations; best first."""
        return Listing(
            lambda page: self._native.contacts_search(text, page), f"contacts that fit {text!r}", limit, page_size
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
            self._native.contacts_suggest_duplicates, "possible duplicates", limit, page_size
        )

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.contacts_create)
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

    @atakes(_keywords.contacts_update)
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


class Organizations(Part):
    """Companies and other bodies."""

    @takes(_keywords.organizations_create)
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

    @takes(_keywords.organizations_update)
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
            lambda page: self._native.organizations_list(text, page), "organizations", limit, page_size
        )

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.organizations_create)
    async def acreate(self, draft: Organization | Mapping[str, Any] | None=None, /, **fields: Any) -> Organization:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Organization | UUID | str) -> Organization:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    async def afind(self, domain: str) -> Organization | None:
        """`find` without blocking the event loop."""
        return await in_thread(self.find, domain)

    @atakes(_keywords.organizations_update)
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


class Interactions(Part):
    """The timeline: mail, meetings, calls, notes, messages."""

    @takes(_keywords.interactions_create)
    def create(
        self, draft: Interaction | Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Interaction:
        """Stores a note, call, meeting or message."""
        return self._native.interactions_create(merged(Interaction, draft, fields))

    def get(self, id: Interaction | SearchHit | UUID | str) -> Interaction:
        return self._native.interactions_get(id_of(id))

    @takes(_keywords.interactions_update)
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

        return Listing(fetch, "timeline", limit, page_size)

    def documents(self, id: Interaction | SearchHit | UUID | str) -> tuple[Document, ...]:
        """What came with an interaction."""
        return self._native.interactions_documents(id_of(id))

    def most_active(self, limit: int = 20) -> tuple[ContactActivity, ...]:
        """The contacts with most mail and meetings, most first."""
        return self._native.interactions_most_active(limit)

    # --- async: written by scripts/generate_async.py

    @atakes(_keywords.interactions_create)
    async def acreate(self, draft: Interaction | Mapping[str, Any] | None=None, /, **fields: Any) -> Interaction:
        """`create` without blocking the event loop."""
        return await in_thread(self.create, draft, **fields)

    async def aget(self, id: Interaction | SearchHit | UUID | str) -> Interaction:
        """`get` without blocking the event loop."""
        return await in_thread(self.get, id)

    @atakes(_keywords.interactions_update)
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


class Search(Part):
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
            lambda page: self._native.search_query(asked, page), f"hits of {asked.text!r}", limit, page_size
        )

    # --- async: written by scripts/generate_async.py

    async def aquery(self, text: str | SearchQuery, *, order: SearchOrderLike='relevance', limit: int | None=None, page_size: int=50) -> builtins.list[SearchHit]:
        """`query(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.query(text, order=order, limit=limit, page_size=page_size).all())

    # --- end of async
