"""What the native module asks of Python: JSON, and records out of pickles."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar


class _Record(Protocol):
    @staticmethod
    def from_json(text: str) -> Any: ...


R = TypeVar("R")


def _encode(value: object) -> object:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise ValueError("a naive datetime; give it a zone: datetime(..., tzinfo=timezone.utc)")
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    to_json = getattr(value, "to_json", None)
    if to_json is not None and hasattr(value, "_fields"):
        return json.loads(to_json())
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        raise TypeError("a set has no order; give a list")
    if hasattr(value, "__iter__") and hasattr(value, "__len__") and not hasattr(value, "keys"):
        return list(value)
    raise TypeError(f"{type(value).__qualname__} cannot be JSON")


# The value that compact JSON of the library begins with, and where it ends: `loads` without looking for spaces.
scan_json = json.JSONDecoder().raw_decode

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_encode
)


def dump_json(value: object) -> str:
    """Compact JSON; ids, times, enumerations and records are written as the library writes them."""
    return _ENCODER.encode(value)


def restore(record: type[_Record], text: str) -> Any:
    """Unpickles a record."""
    return record.from_json(text)
