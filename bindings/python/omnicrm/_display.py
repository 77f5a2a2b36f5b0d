"""How records and lists show themselves, in a terminal and in a notebook."""

from __future__ import annotations

import datetime
import enum
import html
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

_TEXT = 60  # characters of a text in a repr
_FIELDS = 8  # fields in a repr
_CELL = 120  # characters of a cell in a table
_UNSAID = {"provenance", "updated_at"}  # too long, or too much alike, for a repr


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _brief(value: object) -> str:
    if isinstance(value, enum.Enum):
        return repr(value.value)
    if isinstance(value, uuid.UUID):
        return f"'{value}'"
    if isinstance(value, datetime.datetime):
        return f"'{value.isoformat().replace('+00:00', 'Z')}'"
    if isinstance(value, str):
        return repr(_cut(value, _TEXT))
    if isinstance(value, tuple):
        if len(value) == 1 and isinstance(value[0], str):
            return f"[{_brief(value[0])}]"
        return f"[{len(value)}]"
    if isinstance(value, dict):
        return _cut(repr(value), _TEXT)
    return repr(value)


def short(record: Any) -> str:
    """`Contact(id='...', display_name='Ada Lovelace', emails=[1], …)`: what differs from the defaults."""
    kind = type(record)
    fields: Sequence[str] = kind._fields
    empty = kind() if fields else record
    shown = [
        f"{name}={_brief(value)}"
        for name in fields
        if name not in _UNSAID and (value := getattr(record, name)) != getattr(empty, name)
    ]
    if len(shown) > _FIELDS:
        shown[_FIELDS:] = ["…"]
    return f"{kind.__name__}({', '.join(shown)})"


def _cell(value: object) -> str:
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, enum.Enum):
        return html.escape(str(value.value))
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
    if isinstance(value, tuple):
        parts = [str(getattr(part, "value", part)) for part in value[:3]]
        more = f" … ({len(value)})" if len(value) > 3 else ""
        return html.escape(_cut(", ".join(parts), _CELL)) + more
    return html.escape(_cut(str(value), _CELL))


def table(record: Any) -> str:
    """A record as an HTML table of its fields."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
        f"<td style='text-align:left'>{_cell(value)}</td></tr>"
        for name in type(record)._fields
        if (value := getattr(record, name)) not in (None, "", (), {})
    )
    return (
        f"<table><caption>{html.escape(type(record).__name__)}</caption><tbody>{rows}</tbody></table>"
    )


# The columns that a list of records shows first; others follow when there is room.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "Contact": ("display_name", "emails", "organization", "job_title", "updated_at"),
    "Organization": ("name", "domain", "website", "updated_at"),
    "Interaction": ("occurred_at", "kind", "direction", "subject", "participants"),
    "SearchHit": ("occurred_at", "kind", "people", "subject", "snippet"),
    "Job": ("kind", "state", "attempt", "progress_done", "progress_total", "created_at"),
    "SyncBatch": ("id", "kind", "state", "done", "total", "created_at"),
    "AuditEntry": ("sequence", "at", "actor", "operation", "subject"),
    "Task": ("title", "due_at", "done_at", "contact_id"),
    "Document": ("filename", "content_type", "size"),
}


def rows_table(records: Iterable[Any], *, more: bool = False) -> str:
    """Records as an HTML table, one a row."""
    shown = list(records)
    if not shown:
        return "<p>nothing</p>"
    kind = type(shown[0])
    columns = _COLUMNS.get(kind.__name__, kind._fields[:6])
    head = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td style='text-align:left'>{_cell(getattr(record, name))}</td>" for name in columns
        )
        + "</tr>"
        for record in shown
    )
    foot = "<p>…</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}"


def document(module: Any, docs: dict[str, tuple[str, dict[str, str]]]) -> None:
    """Gives classes and their fields the documentation of the headers."""
    for name, (text, fields) in docs.items():
        kind = getattr(module, name)
        if issubclass(kind, enum.Enum):
            said = "".join(f"\n{field.upper()}: {told}" for field, told in fields.items())
            kind.__doc__ = f"{text}\n{said}".strip()
            continue
        kind.__doc__ = text
        for field, told in fields.items():
            member = kind.__dict__.get(field)
            if isinstance(member, property):
                member.__doc__ = told
