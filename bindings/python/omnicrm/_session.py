"""A user's handle: the only way to user data."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from . import _native
from ._jobs import Jobs
from ._listing import Listing
from ._lists import Audit, Segments, Settings, Tags, Tasks
from ._native import Interaction, SearchHit, SearchQuery, TimelineFilter
from ._parts import ContactRef
from ._people import Contacts, Interactions, Organizations, Search
from ._schedules import Schedules
from ._sync import Sync
from ._threads import in_own_thread, in_thread

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from ._native import DirectionLike, InteractionKindLike, SearchOrderLike

T = TypeVar("T")


class Session:
    """A session is a user: everything reached through it is that user's and nobody else's.

    May be used from many threads. Ends with its Crm, or with its `with` block.
    """

    contacts: Contacts
    organizations: Organizations
    interactions: Interactions
    tags: Tags
    segments: Segments
    tasks: Tasks
    settings: Settings
    audit: Audit
    jobs: Jobs
    schedules: Schedules
    sync: Sync
    search: Search

    def __init__(self, native: _native.Session, crm: _native.Crm) -> None:
        self._native = native
        self._crm = crm
        self.contacts = Contacts(native)
        self.organizations = Organizations(native)
        self.interactions = Interactions(native)
        self.tags = Tags(native)
        self.segments = Segments(native)
        self.tasks = Tasks(native)
        self.settings = Settings(native)
        self.audit = Audit(native)
        self.jobs = Jobs(native)
        self.schedules = Schedules(native)
        self.sync = Sync(native, crm)
        self.search = Search(native)

    @property
    def user(self) -> UUID:
        return self._native.user

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
        """What happened, newest first; with one contact, or with everybody. Same as `interactions.timeline`."""
        return self.interactions.timeline(
            contact,
            kinds=kinds,
            direction=direction,
            thread=thread,
            after=after,
            before=before,
            include_bulk=include_bulk,
            limit=limit,
            page_size=page_size,
        )

    def transaction(self, work: Callable[[Session], T]) -> T:
        """Runs `work(session)` in one transaction and gives its result: all of its changes, or none if it raises.

        The session it gets is bound to the transaction, for repositories and `jobs.enqueue` (not: `sync`). Use only
        that one inside. It may run more than once.
        """
        crm = self._crm
        return self._native.transaction(lambda native: work(Session(native, crm)))

    def call(self, operation: str, request: Any = None, /, **fields: Any) -> Any:
        """Calls an operation of the registry: `call("contacts.list", {"limit": 10})`, or with keywords.

        `omnicrm.operations()` has them all.
        """
        if fields:
            request = {**(request or {}), **fields}
        return self._native.call(operation, {} if request is None else request)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing has to be released: a session is cheap, and ends with its Crm."""

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """As `__exit__`."""

    async def asearch(
        self,
        text: str | SearchQuery,
        *,
        order: SearchOrderLike = "relevance",
        limit: int | None = 50,
    ) -> builtins.list[SearchHit]:
        """The best hits as a list. `async for hit in session.search(text)` goes through all."""
        return await in_thread(self.search(text, order=order, limit=limit).all)

    async def atransaction(self, work: Callable[[Session], T]) -> T:
        """`transaction` without blocking the event loop; `work` runs on a thread."""
        return await in_thread(lambda: self.transaction(work))

    def __repr__(self) -> str:
        state = " (closed)" if self._crm.closed else ""
        return f"<Session{state}>"

    # --- async: written by scripts/generate_async.py

    async def atimeline(self, contact: ContactRef | TimelineFilter | None=None, *, kinds: Iterable[InteractionKindLike]=(), direction: DirectionLike | None=None, thread: str='', after: datetime | str | None=None, before: datetime | str | None=None, include_bulk: bool=True, limit: int | None=None, page_size: int=100) -> builtins.list[Interaction]:
        """`timeline(...).all()` without blocking the event loop."""
        return await in_thread(lambda: self.timeline(contact, kinds=kinds, direction=direction, thread=thread, after=after, before=before, include_bulk=include_bulk, limit=limit, page_size=page_size).all())

    async def acall(self, operation: str, request: Any=None, /, **fields: Any) -> Any:
        """`call` without blocking the event loop."""
        return await in_thread(self.call, operation, request, **fields)

    # --- end of async
