"""The details of the storages, and how a database is named where people read it."""

from __future__ import annotations

import re
from typing import TypedDict
from urllib.parse import unquote


class SqliteOptions(TypedDict, total=False):
    """Details of a file (docs/sqlite.md); each may be left out."""

    busy_timeout_ms: int
    full_sync: bool
    writer_cache_kib: int
    reader_cache_kib: int
    idle_readers: int


class PostgresOptions(TypedDict, total=False):
    """Details of a PostgreSQL server (docs/postgresql.md); each may be left out."""

    admin_url: str
    read_url: str
    schema: str
    pool_size: int
    acquire_timeout_ms: int
    connect_timeout_ms: int
    health_check_after_ms: int
    max_lifetime_ms: int
    statement_cache: int
    lock_timeout_ms: int
    statement_timeout_ms: int
    retry_for_ms: int
    partitions: int
    transaction_pooling: bool


# Any letter case: one that the library does not take for a server's is a file's name, and may hold a password too.
_SERVER = re.compile(r"postgres(?:ql)?://", re.IGNORECASE)
_CREDENTIALS = re.compile(r"([^:@/]*):[^/]*@")
_SECRETS = ("password", "sslpassword")


def shown(path: str) -> str:
    """The path without the passwords that a server's URL may hold."""
    scheme = _SERVER.match(path)
    if scheme is None:
        return path
    # As libpq reads it, but to the last "@": of a URL that is written wrongly rather too much is hidden.
    rest = path[scheme.end() :]
    credentials = _CREDENTIALS.match(rest)
    user = ""
    if credentials is not None:
        user, rest = f"{credentials[1]}:***@", rest[credentials.end() :]
    place, mark, query = rest.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&")]
    hidden = [
        f"{key}{equals}***" if unquote(key).strip().lower() in _SECRETS else f"{key}{equals}{value}"
        for key, equals, value in pairs
    ]
    return scheme.group() + user + place + mark + "&".join(hidden)
