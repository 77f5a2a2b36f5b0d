"""The keywords of methods that take a record's fields. Written by scripts/generate_keywords.py; do not edit.

A generated file: as long as the records are. Nothing in it is ever called, see _signatures.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from ._native import *  # noqa: F403
    from ._progress import Progress
    from ._sync import PathLike


def contacts_create(
    self: Any, draft: Contact | Mapping[str, Any] | None=None, /, *,
    id: UUID | str = ...,
    version: int = 1,
    display_name: str = '',
    name_prefix: str = '',
    given_name: str = '',
    middle_name: str = '',
    family_name: str = '',
    name_suffix: str = '',
    nickname: str = '',
    emails: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    phones: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    handles: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    organization_id: UUID | str | None = None,
    organization: str = '',
    department: str = '',
    job_title: str = '',
    birthday: str = '',
    note: str = '',
    custom: Any = ...,
    source: OriginLike = ...,
    provenance: Any = ...,
    pinned: bool = False,
    archived: bool = False,
    merged_into: UUID | str | None = None,
    deleted_at: datetime | str | None = None,
    batch_id: UUID | str | None = None,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Contact:
    raise NotImplementedError


def contacts_update(
    self: Any, changed: Contact, /, *,
    id: UUID | str = ...,
    version: int = ...,
    display_name: str = ...,
    name_prefix: str = ...,
    given_name: str = ...,
    middle_name: str = ...,
    family_name: str = ...,
    name_suffix: str = ...,
    nickname: str = ...,
    emails: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    phones: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    handles: Iterable[ContactPoint | Mapping[str, Any]] = ...,
    organization_id: UUID | str | None = ...,
    organization: str = ...,
    department: str = ...,
    job_title: str = ...,
    birthday: str = ...,
    note: str = ...,
    custom: Any = ...,
    source: OriginLike = ...,
    provenance: Any = ...,
    pinned: bool = ...,
    archived: bool = ...,
    merged_into: UUID | str | None = ...,
    deleted_at: datetime | str | None = ...,
    batch_id: UUID | str | None = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Contact:
    raise NotImplementedError


def organizations_create(
    self: Any, draft: Organization | Mapping[str, Any] | None=None, /, *,
    id: UUID | str = ...,
    version: int = 1,
    name: str = '',
    domain: str = '',
    website: str = '',
    industry: str = '',
    note: str = '',
    custom: Any = ...,
    source: OriginLike = ...,
    provenance: Any = ...,
    deleted_at: datetime | str | None = None,
    batch_id: UUID | str | None = None,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Organization:
    raise NotImplementedError


def organizations_update(
    self: Any, changed: Organization, /, *,
    id: UUID | str = ...,
    version: int = ...,
    name: str = ...,
    domain: str = ...,
    website: str = ...,
    industry: str = ...,
    note: str = ...,
    custom: Any = ...,
    source: OriginLike = ...,
    provenance: Any = ...,
    deleted_at: datetime | str | None = ...,
    batch_id: UUID | str | None = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Organization:
    raise NotImplementedError


def interactions_create(
    self: Any, draft: Interaction | Mapping[str, Any] | None=None, /, *,
    id: UUID | str = ...,
    version: int = 1,
    kind: InteractionKindLike = ...,
    direction: DirectionLike = ...,
    status: InteractionStatusLike = ...,
    subject: str = '',
    body: str = '',
    quoted: str = '',
    signature: str = '',
    occurred_at: datetime | str = ...,
    ended_at: datetime | str | None = None,
    all_day: bool = False,
    zone: str = '',
    location: str = '',
    conference_url: str = '',
    thread_id: str = '',
    message_id: str = '',
    in_reply_to: str = '',
    original_start: datetime | str | None = None,
    labels: Iterable[str] = ...,
    is_bulk: bool = False,
    contact_id: UUID | str | None = None,
    source: OriginLike = ...,
    raw_event_id: UUID | str | None = None,
    normalizer_version: int = 0,
    batch_id: UUID | str | None = None,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
    participants: Iterable[Participant | Mapping[str, Any]] = ...,
) -> Interaction:
    raise NotImplementedError


def interactions_update(
    self: Any, changed: Interaction, /, *,
    id: UUID | str = ...,
    version: int = ...,
    kind: InteractionKindLike = ...,
    direction: DirectionLike = ...,
    status: InteractionStatusLike = ...,
    subject: str = ...,
    body: str = ...,
    quoted: str = ...,
    signature: str = ...,
    occurred_at: datetime | str = ...,
    ended_at: datetime | str | None = ...,
    all_day: bool = ...,
    zone: str = ...,
    location: str = ...,
    conference_url: str = ...,
    thread_id: str = ...,
    message_id: str = ...,
    in_reply_to: str = ...,
    original_start: datetime | str | None = ...,
    labels: Iterable[str] = ...,
    is_bulk: bool = ...,
    contact_id: UUID | str | None = ...,
    source: OriginLike = ...,
    raw_event_id: UUID | str | None = ...,
    normalizer_version: int = ...,
    batch_id: UUID | str | None = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
    participants: Iterable[Participant | Mapping[str, Any]] = ...,
) -> Interaction:
    raise NotImplementedError


def tags_update(
    self: Any, changed: Tag, /, *,
    id: UUID | str = ...,
    name: str = ...,
    color: str = ...,
    batch_id: UUID | str | None = ...,
    created_at: datetime | str = ...,
) -> Tag:
    raise NotImplementedError


def segments_update(
    self: Any, changed: Segment, /, *,
    id: UUID | str = ...,
    version: int = ...,
    name: str = ...,
    filter: Any = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Segment:
    raise NotImplementedError


def tasks_create(
    self: Any, draft: Task | Mapping[str, Any] | None=None, /, *,
    id: UUID | str = ...,
    version: int = 1,
    title: str = '',
    note: str = '',
    contact_id: UUID | str | None = None,
    interaction_id: UUID | str | None = None,
    due_at: datetime | str | None = None,
    snoozed_until: datetime | str | None = None,
    done_at: datetime | str | None = None,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Task:
    raise NotImplementedError


def tasks_update(
    self: Any, changed: Task, /, *,
    id: UUID | str = ...,
    version: int = ...,
    title: str = ...,
    note: str = ...,
    contact_id: UUID | str | None = ...,
    interaction_id: UUID | str | None = ...,
    due_at: datetime | str | None = ...,
    snoozed_until: datetime | str | None = ...,
    done_at: datetime | str | None = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Task:
    raise NotImplementedError


def schedules_create(
    self: Any, draft: Schedule | Mapping[str, Any] | None=None, /, *,
    id: UUID | str = ...,
    version: int = 1,
    name: str = '',
    kind: str = '',
    payload: Any = ...,
    cron: str = '',
    zone: str = 'UTC',
    catch_up: CatchUpLike = ...,
    paused: bool = False,
    unique: bool = False,
    priority: int = 100,
    next_at: datetime | str | None = None,
    last_at: datetime | str | None = None,
    error: Any = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Schedule:
    raise NotImplementedError


def schedules_update(
    self: Any, changed: Schedule, /, *,
    id: UUID | str = ...,
    version: int = ...,
    name: str = ...,
    kind: str = ...,
    payload: Any = ...,
    cron: str = ...,
    zone: str = ...,
    catch_up: CatchUpLike = ...,
    paused: bool = ...,
    unique: bool = ...,
    priority: int = ...,
    next_at: datetime | str | None = ...,
    last_at: datetime | str | None = ...,
    error: Any = ...,
    created_at: datetime | str = ...,
    updated_at: datetime | str = ...,
) -> Schedule:
    raise NotImplementedError


def sync_preview(
    self: Any, paths: PathLike | Iterable[PathLike]=(), *, source: SyncSource | Mapping[str, Any] | None=None, provider: str='files', owner_addresses: Iterable[str]=(), contact_policy: ContactPolicyLike='sent', options: Mapping[str, Any] | None=None, progress: Progress[PreviewProgress]=False, stop: Stop | None=None,
    max_item_bytes: int = 26214400,
    past_days: int = 36500,
    future_days: int = 366,
    default_zone: str = 'UTC',
    column_mapping: Any = ...,
) -> SyncPlan:
    raise NotImplementedError
