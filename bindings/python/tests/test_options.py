"""The storages' options are the library's, field by field; a path is shown without its passwords."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import omnicrm
from conftest import ROOT
from omnicrm import _native
from omnicrm._options import shown

KINDS = {"sqlite": omnicrm.SqliteOptions, "postgres": omnicrm.PostgresOptions}


def documented() -> dict[str, Any]:
    """The JSON object in the comment above options_from_json."""
    header = (ROOT / "include/omnicrm/options.hpp").read_text()
    comment = re.findall(r"((?:^///.*\n)+)\[\[nodiscard\]\] Result<Options> options_from_json", header, re.MULTILINE)
    text = re.search(r"`(\{.*?\})`", comment[0].replace("\n/// ", ""), re.DOTALL)
    assert text is not None
    options: dict[str, Any] = json.loads(text[1])
    return options


@pytest.mark.parametrize("storage", KINDS)
def test_options_are_those_of_the_library(storage: str, tmp_path: Path) -> None:
    fields = get_type_hints(KINDS[storage])
    defaults = documented()[storage]
    assert {name: type(value) for name, value in defaults.items()} == fields
    with omnicrm.open(tmp_path / "x.db", **{storage: defaults}) as crm:
        assert crm.schema_version() > 0
    for name, kind in fields.items():
        wrong = json.dumps({"path": ":memory:", storage: {name: {} if kind is str else "x"}})
        with pytest.raises(omnicrm.InvalidArgument, match=f"{storage}.{name}"):
            _native.open(wrong, {"sources": {}, "normalizers": []})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("my.db", "my.db"),
        ("odd:name@home?password=x.db", "odd:name@home?password=x.db"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("postgresql://user:secret@host/db", "postgresql://user:***@host/db"),
        ("postgres://user:secret@host:5432/db?sslmode=require", "postgres://user:***@host:5432/db?sslmode=require"),
        ("POSTGRESQL://user:secret@host/db", "POSTGRESQL://user:***@host/db"),
        ("postgresql://:secret@/db?host=/tmp", "postgresql://:***@/db?host=/tmp"),
        ("postgresql://user:@host/db", "postgresql://user:***@host/db"),
        ("postgresql://user:sec:ret?@host", "postgresql://user:***@host"),
        ("postgresql://user:sec@ret@host/db", "postgresql://user:***@host/db"),
        ("postgresql://a:1,b:2/db?user=u", "postgresql://a:1,b:2/db?user=u"),
        ("postgresql://user@a:1/db?options=x@y", "postgresql://user@a:1/db?options=x@y"),
        ("postgresql://h/db?password=secret", "postgresql://h/db?password=***"),
        ("postgresql://h/db?user=u&password=secret&sslmode=require", "postgresql://h/db?user=u&password=***&sslmode=require"),
        ("postgresql://h/db?pass%77ord=secret&sslpassword=secret", "postgresql://h/db?pass%77ord=***&sslpassword=***"),
        ("postgresql://u:secret@h/db?password=secret=", "postgresql://u:***@h/db?password=***"),
        ("postgresql:///db?passfile=/etc/pgpass", "postgresql:///db?passfile=/etc/pgpass"),
    ],
)
def test_paths_are_shown_without_passwords(path: str, text: str) -> None:
    assert shown(path) == text


def test_repr() -> None:
    with omnicrm.open(":memory:") as crm:
        assert repr(crm) == "<Crm ':memory:'>"
        crm.path = "postgresql://user:secret@host/db?password=secret"
        assert repr(crm) == "<Crm 'postgresql://user:***@host/db?password=***'>"
    assert repr(crm) == "<Crm 'postgresql://user:***@host/db?password=***' (closed)>"


@pytest.mark.parametrize(
    "path",
    [
        "postgresql://user:secret@127.0.0.1:1/db?connect_timeout=1",
        "postgresql://user@127.0.0.1:1/db?password=secret",
        "postgresql://user:secret@127.0.0.1:no/db",
        "postgresql://user:secret@127.0.0.1:1/db?no_such=secret",
    ],
)
def test_errors_do_not_tell_passwords(path: str, tmp_path: Path) -> None:
    with pytest.raises(omnicrm.Error) as raised:
        omnicrm.open(path, postgres={"acquire_timeout_ms": 100, "connect_timeout_ms": 100, "retry_for_ms": 0})
    assert "secret" not in str(raised.value) and "secret" not in str(raised.value.details)
