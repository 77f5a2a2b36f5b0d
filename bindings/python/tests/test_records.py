"""Records: values in, the same values out, whatever way they travel; and clear errors for bad ones."""

from __future__ import annotations

import collections
import copy
import datetime
import enum
import json
import pickle
import types
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import omnicrm
from omnicrm import _native

DESCRIBED = _native._describe()
RECORDS = {name: given for name, given, _ in DESCRIBED["records"]}
ENUMS = dict(DESCRIBED["enums"])
UTC = datetime.timezone.utc

text = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**63), 2**63 - 1)
# A free-form field is any JSON; numbers that JSON readers agree on.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
times = st.datetimes(
    min_value=datetime.datetime(1, 1, 2),
    max_value=datetime.datetime(9999, 12, 30),
    timezones=st.sampled_from(
        [UTC, datetime.timezone(datetime.timedelta(hours=5, minutes=30)), datetime.timezone(-datetime.timedelta(hours=9))]
    ),
)


def values_of(kind: str) -> st.SearchStrategy[Any]:
    """Values for a type as the stubs name it."""
    if kind.endswith(" | None"):
        return st.none() | values_of(kind.removesuffix(" | None"))
    if kind.startswith("tuple["):
        return st.lists(values_of(kind.removeprefix("tuple[").removesuffix(", ...]")), max_size=2)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "str": text,
        "bool": st.booleans(),
        "int": numbers,
        "float": st.floats(allow_nan=False, allow_infinity=False),
        "Any": json_values,
        "UUID": st.uuids(),
        "datetime": times,
    }
    if kind in simple:
        return simple[kind]
    if kind in ENUMS:
        return st.sampled_from(ENUMS[kind])
    return records_of(kind)


def records_of(name: str) -> st.SearchStrategy[Any]:
    fields = {field: values_of(kind) for field, kind, _ in RECORDS[name]}
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda chosen: getattr(omnicrm, name)(**chosen)
    )


def same_value(one: object, other: object) -> bool:
    """Json members hold what JSON can: compare as JSON."""
    return json.dumps(one, default=str) == json.dumps(other, default=str)


@pytest.mark.parametrize("name", sorted(RECORDS))
@settings(max_examples=12)
@given(data=st.data())
def test_record_round_trip(name: str, data: st.DataObject) -> None:
    record = data.draw(records_of(name))
    kind = type(record)
    assert pickle.loads(pickle.dumps(record)) == record
    assert kind.from_dict(record.to_dict()) == record
    assert kind.from_json(record.to_json()) == record
    assert kind(**{field: getattr(record, field) for field in kind._fields}) == record
    assert record.replace() == record
    assert hash(record.replace()) == hash(record)
    assert copy.copy(record) is record
    assert copy.deepcopy([record])[0] == record
    assert repr(record).startswith(name + "(")
    assert "<table>" in record._repr_html_()
    assert json.loads(record.to_json()) is not None


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_record_cannot_be_changed_in_place(name: str) -> None:
    record = getattr(omnicrm, name)()
    with pytest.raises(AttributeError):
        setattr(record, record._fields[0], None)
    with pytest.raises(AttributeError):
        record.no_such_field = 1
    with pytest.raises(TypeError, match="no_such_field"):
        type(record)(no_such_field=1)
    with pytest.raises(TypeError, match="no_such_field"):
        record.replace(no_such_field=1)
    with pytest.raises(TypeError):
        type(record)(1)
    assert record != "a record"
    assert type(record).__module__ == "omnicrm"


def test_every_described_type_is_exported() -> None:
    for name in [*RECORDS, *ENUMS]:
        assert hasattr(omnicrm, name), name
        assert name in omnicrm.__all__


@pytest.mark.parametrize("name", sorted(ENUMS))
def test_enumerations_are_strings(name: str) -> None:
    kind = getattr(omnicrm, name)
    assert issubclass(kind, str) and issubclass(kind, enum.Enum)
    assert [str(member) for member in kind] == ENUMS[name]
    for member in kind:
        assert member == member.value
        assert member.name == member.value.upper()
        assert pickle.loads(pickle.dumps(member)) is member


def test_times_of_any_zone_become_utc() -> None:
    tokyo = datetime.timezone(datetime.timedelta(hours=9))
    task = omnicrm.Task(due_at=datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=tokyo))
    assert task.due_at == datetime.datetime(2026, 1, 1, 18, 4, 5, 678901, tzinfo=UTC)
    assert task.due_at.tzinfo is UTC
    assert omnicrm.Task(due_at="2026-01-01T18:04:05+09:00").due_at.hour == 9
    assert omnicrm.Task(due_at=datetime.datetime(1969, 12, 31, 23, 59, 59, 1, UTC)).due_at.year == 1969


def test_equal_json_is_equal_however_it_is_written() -> None:
    one = omnicrm.Contact(custom={"a": 1, "b": [1, {"c": None}]})
    other = omnicrm.Contact(custom={"b": [1, {"c": None}], "a": 1})
    assert one == other and hash(one) == hash(other)
    assert one != omnicrm.Contact(custom={"a": 2})


def test_json_fields_take_ids_times_enumerations_and_records() -> None:
    key = uuid.uuid4()
    at = datetime.datetime(2026, 1, 2, tzinfo=UTC)
    contact = omnicrm.Contact(
        custom={"id": key, "at": at, "kind": omnicrm.Origin.CSV, "point": omnicrm.ContactPoint(value="x")}
    )
    assert contact.custom == {
        "id": str(key),
        "at": "2026-01-02T00:00:00Z",
        "kind": "csv",
        "point": {"value": "x", "label": "", "is_primary": False},
    }


deep: list[Any] = []
for _ in range(100_000):
    deep = [deep]

BAD = [
    ("Contact", {"display_name": 1}, TypeError, "display_name: expected a string, got int"),
    ("Contact", {"display_name": None}, TypeError, "display_name"),
    ("Contact", {"display_name": b"bytes"}, TypeError, "display_name"),
    ("Contact", {"display_name": "a\ud800b"}, ValueError, "display_name: has a lone surrogate at 1"),
    ("Contact", {"custom": {"x": "\udfff"}}, ValueError, "custom: has a lone surrogate"),
    ("Contact", {"version": 2**63}, ValueError, "version: does not fit 64 bits"),
    ("Contact", {"version": -(10**30)}, ValueError, "version: does not fit 64 bits"),
    ("Contact", {"version": 1.5}, TypeError, "version"),
    ("Contact", {"version": "1"}, TypeError, "version"),
    ("Contact", {"version": True}, TypeError, "version"),
    ("Contact", {"pinned": 1}, TypeError, "pinned: expected True or False"),
    ("Contact", {"id": "not-an-id"}, ValueError, "id: is not a UUID"),
    ("Contact", {"id": 5}, TypeError, "id: expected a UUID"),
    ("Contact", {"source": "nowhere"}, ValueError, "source: is none of unknown, email"),
    ("Contact", {"source": 3}, TypeError, "source"),
    ("Contact", {"source": omnicrm.JobState.DONE}, TypeError, "source: expected Origin"),
    ("Contact", {"emails": "ada@example.org"}, TypeError, "emails: expected a list"),
    ("Contact", {"emails": {"value": "x"}}, TypeError, "emails: expected a list"),
    ("Contact", {"emails": 3}, TypeError, "emails: expected a list"),
    ("Contact", {"emails": [1]}, TypeError, r"emails\[0\]: expected ContactPoint"),
    ("Contact", {"emails": [{}, {"value": 7}]}, TypeError, r"emails\[1\]\.value: expected a string"),
    ("Contact", {"emails": [{"valu": "x"}]}, TypeError, "valu"),
    ("Contact", {"custom": {1, 2}}, TypeError, "custom"),
    ("Contact", {"custom": object()}, TypeError, "custom: object cannot be JSON"),
    ("Contact", {"custom": float("nan")}, ValueError, "custom"),
    ("Contact", {"custom": deep}, ValueError, "custom: is nested too deep"),
    ("Contact", {"custom": {"at": datetime.datetime(2026, 1, 1)}}, ValueError, "naive"),
    ("Task", {"due_at": datetime.datetime(2026, 1, 1)}, ValueError, "due_at: is a naive datetime"),
    ("Task", {"due_at": datetime.date(2026, 1, 1)}, TypeError, "due_at"),
    ("Task", {"due_at": "tomorrow"}, ValueError, "due_at: is no RFC 3339"),
    ("Task", {"due_at": 0}, TypeError, "due_at"),
    ("PlanSummary", {"estimated_seconds": "1"}, TypeError, "estimated_seconds"),
    ("PlanSummary", {"estimated_seconds": float("inf")}, ValueError, "estimated_seconds"),
]


@pytest.mark.parametrize(("name", "fields", "error", "says"), BAD)
def test_bad_input(name: str, fields: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        getattr(omnicrm, name)(**fields)
    with pytest.raises(error, match=says):
        getattr(omnicrm, name).from_dict(fields)
    with pytest.raises(error, match=says):
        getattr(omnicrm, name)().replace(**fields)


def test_bad_values_name_their_field_for_programs() -> None:
    with pytest.raises(omnicrm.InvalidArgument) as caught:
        omnicrm.Contact(emails=[{"value": "\ud800"}])
    assert caught.value.details == {"field": "emails[0].value"}
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "bad", ["", "nonsense", "[]", '{"display_name":1}', '{"x":1}', '{"id":"1"}', "{" * 1000, '{"note":"\\ud800"}']
)
def test_bad_json(bad: str) -> None:
    with pytest.raises(omnicrm.InvalidArgument):
        omnicrm.Contact.from_json(bad)


def test_any_mapping_is_as_good_as_a_dict(ada: omnicrm.Session) -> None:
    view = types.MappingProxyType
    made = ada.contacts.create(
        view({"display_name": "X", "emails": [view({"value": "a@b.example"})], "custom": view({"k": view({"n": 1})})})
    )
    assert made.emails[0].value == "a@b.example" and made.custom == {"k": {"n": 1}}
    assert omnicrm.Contact.from_dict(collections.ChainMap(made.to_dict())) == made
    assert ada.contacts.list(view({"pinned": False})).all() == [made]
    assert len(ada.jobs.enqueue_many([view({"kind": "a", "payload": view({"x": 1})})])) == 1
    with pytest.raises(TypeError, match="emails"):
        ada.contacts.create(display_name="X", emails=view({"value": "a@b.example"}))
    with pytest.raises(TypeError, match="unexpected keyword"):
        ada.contacts.create(view({"display_nmae": "X"}))
    with pytest.raises(TypeError):
        omnicrm.Contact.from_dict(["display_name"])  # type: ignore[arg-type]


def test_times_outside_of_the_years_that_can_be_written(ada: omnicrm.Session) -> None:
    west, east = (datetime.timezone(datetime.timedelta(hours=hours)) for hours in (-5, 5))
    last, first = datetime.datetime.max, datetime.datetime.min
    for bad in (last.replace(tzinfo=west), first.replace(tzinfo=east), "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"):
        with pytest.raises(omnicrm.InvalidArgument, match="due_at: .*years 1 to 9999"):
            ada.tasks.create(title="some day", due_at=bad)
        with pytest.raises(omnicrm.InvalidArgument):
            ada.call("tasks.create", {"title": "some day", "due_at": str(bad).replace(" ", "T")})
    for good in (last.replace(tzinfo=UTC), first.replace(tzinfo=UTC), last.replace(tzinfo=east)):
        made = ada.tasks.create(title="a day", due_at=good)
        assert made.due_at == good and ada.tasks.get(made) == made
    assert len(ada.tasks.list().all()) == 3


def test_objects_without_a_record() -> None:
    """What Python makes without the constructor, or calls on something else, is refused, never read."""
    raw = omnicrm.Contact.__new__(omnicrm.Contact)
    getter = vars(omnicrm.Contact)["display_name"].fget
    calls = [
        lambda: raw.display_name,
        lambda: raw == omnicrm.Contact(),
        lambda: hash(raw),
        lambda: raw.to_dict(),
        lambda: raw.replace(note="x"),
        lambda: omnicrm.Contact.from_dict(raw),  # type: ignore[arg-type]
        lambda: omnicrm.ContactHit(contact=raw),
        lambda: getter(5),
        lambda: omnicrm.Contact.to_dict(omnicrm.Tag()),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError, match="expected"):
            call()


def test_a_subclass_is_a_record() -> None:
    class Mine(omnicrm.Contact):
        extra = 1

    mine = Mine(display_name="Ada")
    assert mine.display_name == "Ada" and mine == omnicrm.Contact.from_dict(mine.to_dict())
    assert omnicrm.ContactHit(contact=mine).contact.display_name == "Ada"
