"""Sources and normalizers that a host writes in Python."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ._native import ItemFacts, NormalizeOptions, Normalized, PlanFile, RawEventState

if TYPE_CHECKING:
    from ._native import RawEventStateLike


@dataclass(frozen=True, kw_only=True)
class SourceItem:
    """One item as a source has it."""

    service: str
    """ "mail", "calendar", "contacts" or "table"."""
    source_id: str
    """The source's own name for it, the same at every reading."""
    content_type: str
    """Lower case media type; chooses the normalizer."""
    payload: bytes = b""
    """The bytes; empty for an item that is not pending."""
    size: int | None = None
    """Size at the source; that of the payload when None."""
    origin: Mapping[str, Any] = field(default_factory=dict)
    """Facts beside the payload. Of items that change under their name also "revision"."""
    state: RawEventStateLike = RawEventState.PENDING
    """Pending, or what it is from the start: skipped or poison."""
    reason: str = ""
    next: str = ""
    """Where to read on after it: what `Source.read` takes as `position`."""


@dataclass(frozen=True)
class RawItem:
    """A raw event with its bytes, as a normalizer gets it."""

    source_id: str
    content_type: str
    payload: bytes
    origin: Mapping[str, Any]


class Source(abc.ABC):
    """A place that items come from. Called on many threads, for previews and for jobs.

    Give a factory to `omnicrm.open(sources={"my-mail": factory})`: it is called with the plan's SyncSource. The
    same SyncSource must give the same connection and the same items. What it raises is the plan's or job's error.
    """

    @property
    @abc.abstractmethod
    def connection(self) -> UUID | str:
        """Whose account the items belong to: a UUID, or any text that is always the same."""

    @abc.abstractmethod
    def inventory(self, should_stop: Callable[[], bool]) -> Iterable[PlanFile | Mapping[str, Any]]:
        """What there is to read, one entry a scope, in a fixed order."""

    @abc.abstractmethod
    def read(self, scope: PlanFile, position: str) -> Iterable[SourceItem]:
        """The scope's items after `position` (empty: from its start); a generator is fine."""


class Normalizer(abc.ABC):
    """Turns items of one content type into records. Keeps nothing; called on many threads.

    Give instances to `omnicrm.open(normalizers=[...])`. What `normalize` raises makes the item poison, with the
    exception's text as the reason.
    """

    @property
    @abc.abstractmethod
    def content_type(self) -> str:
        """The media type it reads."""

    @property
    @abc.abstractmethod
    def version(self) -> int:
        """Grows when the same item would give other records."""

    def series(self, source_id: str) -> str:
        """The part of a source id that names its series: items of one series are normalized together."""
        return source_id

    @abc.abstractmethod
    def facts(self, item: RawItem) -> ItemFacts | Mapping[str, Any]:
        """What a plan needs to know of an item; cheaper than `normalize`."""

    @abc.abstractmethod
    def normalize(
        self, series: Sequence[RawItem], options: NormalizeOptions
    ) -> Normalized | Mapping[str, Any]:
        """The records of a series."""
