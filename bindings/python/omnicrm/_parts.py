"""What the parts of a session have in common: how records are named, and how drafts take their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from . import _native
from ._native import (
    Contact,
    ContactActivity,
    ContactHit,
    Interaction,
    Organization,
    Schedule,
    Segment,
    Tag,
    Task,
)

R = TypeVar("R", Contact, Organization, Interaction, Tag, Segment, Task, Schedule)

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


class Part:
    """One part of a session."""

    def __init__(self, native: _native.Session) -> None:
        self._native = native

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of one user>"
