"""Contacts, timeline, tags, segments, tasks, settings, audit, search: every method of the interfaces."""

from __future__ import annotations

import datetime
import itertools
import uuid

import pytest

import omnicrm

UTC = datetime.timezone.utc


def test_contacts(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    assert ada.contacts.get(grace.id) == grace
    assert ada.contacts.get(str(grace.id)) == grace
    assert ada.contacts.get(grace) == grace
    assert ada.contacts.find("GRACE@navy.example") == grace
    assert ada.contacts.find_by("email", "grace@navy.example") == grace
    assert ada.contacts.find(phone="+49 30 1234567") is None
    with pytest.raises(TypeError):
        ada.contacts.find("a@b.example", phone="1")

    changed = ada.contacts.update(grace, note="Met in Paris", pinned=True)
    assert (changed.note, changed.version) == ("Met in Paris", grace.version + 1)
    with pytest.raises(omnicrm.Conflict) as conflict:
        ada.contacts.update(grace, note="old version")
    assert conflict.value.code == "conflict"
    with pytest.raises(omnicrm.AlreadyExists) as taken:
        ada.contacts.create(omnicrm.Contact(display_name="X", emails=[{"value": "grace@navy.example"}]))
    assert taken.value.details

    assert [one.id for one in ada.contacts.list(pinned=True)] == [grace.id]
    assert [one.id for one in ada.contacts.list(omnicrm.ContactFilter(pinned=False))] == []
    assert [hit.contact.id for hit in ada.contacts.search("hop")] == [grace.id]

    ada.contacts.remove(grace)
    with pytest.raises(LookupError):
        ada.contacts.get(grace)
    assert ada.contacts.restore(grace).id == grace.id


def test_merging(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    other = ada.contacts.create(display_name="Grace Hopper", phones=[{"value": "+1 202 555 0100"}])
    pairs = ada.contacts.suggest_duplicates().all()
    assert {pairs[0].first, pairs[0].second} == {grace.id, other.id}
    merged = ada.contacts.merge(grace, other)
    assert [point.value for point in merged.contact.phones] == ["+1 202 555 0100"]
    assert ada.contacts.unmerge(merged).phones == ()
    assert ada.contacts.get(other).display_name == "Grace Hopper"


def test_lists_are_lazy_pages(ada: omnicrm.Session) -> None:
    for number in range(7):
        ada.contacts.create(display_name=f"Person {number}")
    people = ada.contacts.list(page_size=3)
    names = [f"Person {number}" for number in range(7)]
    assert [one.display_name for one in people] == names
    assert [one.display_name for one in people] == names  # from the start again
    assert [len(page.items) for page in people.pages()] == [3, 3, 1]
    assert [one.display_name for one in itertools.islice(people, 2)] == names[:2]
    assert [one.display_name for one in ada.contacts.list(limit=5, page_size=2)] == names[:5]
    assert ada.contacts.list(limit=0).all() == [] and ada.contacts.list(limit=0).first() is None
    first = people.page(limit=4)
    assert len(first.items) == 4 and first.next is not None
    assert [one.display_name for one in people.page(first.next).items] == names[4:]
    found = people.first()
    assert found is not None and found.display_name == "Person 0"
    assert people.to_dicts()[6]["display_name"] == "Person 6"
    assert "Person 3" in people._repr_html_() and "contacts" in repr(people)
    with pytest.raises(omnicrm.InvalidArgument):
        people.page("no cursor")
    with pytest.raises(omnicrm.InvalidArgument):
        people.page(limit=100_000)
    with pytest.raises(ValueError):
        ada.contacts.list(limit=-1)


def test_html_shows_no_markup_of_others(ada: omnicrm.Session) -> None:
    contact = ada.contacts.create(display_name="<script>alert(1)</script>")
    assert "<script>" not in contact._repr_html_()
    assert "<script>" not in ada.contacts.list()._repr_html_()


def test_timeline(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    at = datetime.datetime(2026, 3, 1, 12, tzinfo=UTC)
    for number, kind in enumerate(["note", "call", "meeting"]):
        ada.interactions.create(
            kind=kind,
            subject=f"{kind} {number}",
            occurred_at=at + datetime.timedelta(days=number),
            contact_id=grace.id,
        )
    subjects = [one.subject for one in ada.timeline()]
    assert subjects == ["meeting 2", "call 1", "note 0"]
    for who in (grace, grace.id, str(grace.id), "grace hopper", "Grace", "grace@navy.example"):
        assert [one.subject for one in ada.timeline(who)] == subjects
    assert [one.subject for one in ada.timeline(kinds=["call", omnicrm.InteractionKind.NOTE])] == subjects[1:]
    assert [one.subject for one in ada.timeline(kinds="call")] == ["call 1"]
    assert [one.subject for one in ada.timeline(after=at + datetime.timedelta(days=1), before="2026-03-03")] == ["call 1"]
    assert [one.subject for one in ada.timeline(omnicrm.TimelineFilter(kinds=["note"]))] == ["note 0"]
    assert [one.subject for one in ada.timeline(limit=1)] == ["meeting 2"]
    assert len(ada.timeline().to_dicts()) == 3
    assert "meeting 2" in ada.timeline()._repr_html_()
    with pytest.raises(omnicrm.NotFound, match="nobody"):
        ada.timeline("nobody").all()
    ada.contacts.create(display_name="Grace Kelly")
    with pytest.raises(omnicrm.InvalidArgument, match="several"):
        ada.timeline("Grace").all()

    entry = ada.timeline().first()
    assert entry is not None
    assert ada.interactions.update(entry, subject="renamed").subject == "renamed"
    assert ada.interactions.documents(entry) == ()
    assert ada.interactions.most_active(5)[0].contact_id == grace.id
    ada.interactions.remove(entry)
    with pytest.raises(omnicrm.NotFound):
        ada.interactions.get(entry)


def test_search(ada: omnicrm.Session) -> None:
    at = datetime.datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(3):
        ada.interactions.create(
            kind="note", subject=f"Invoice {number}", body="for the engine", occurred_at=at + datetime.timedelta(number)
        )
    assert len(ada.search("invoice").all()) == 3
    assert [hit.subject for hit in ada.search("engine", order="newest", limit=1)] == ["Invoice 2"]
    assert [hit.subject for hit in ada.search(omnicrm.SearchQuery(text="subject:2"))] == ["Invoice 2"]
    assert ada.search.query("invoice after:2026-03-02", page_size=1).all()[0].id
    assert ada.search("nothing").first() is None
    with pytest.raises(omnicrm.InvalidArgument):
        ada.search("after:yesterday").all()


def test_organizations(ada: omnicrm.Session) -> None:
    made = ada.organizations.create(name="Navy", domain="navy.example")
    assert ada.organizations.find("navy.example") == made
    assert ada.organizations.get(made) == made
    assert ada.organizations.update(made, website="https://navy.example").website == "https://navy.example"
    assert [one.name for one in ada.organizations.list("nav")] == ["Navy"]
    ada.organizations.remove(made)
    assert ada.organizations.find("navy.example") is None


def test_tags_and_segments(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    tag = ada.tags.create("Customer", "#ff0000")
    ada.tags.assign(tag, [grace])
    assert [one.name for one in ada.tags.of_contact(grace)] == ["Customer"]
    assert [one.id for one in ada.contacts.list(tag=tag)] == [grace.id]
    assert ada.tags.update(tag, name="Client").name == "Client"
    assert [one.name for one in ada.tags.list()] == ["Client"]
    assert ada.tags.get(tag).name == "Client"
    ada.tags.unassign(tag, [grace.id])
    assert ada.tags.of_contact(grace) == ()
    ada.tags.remove(tag)

    rule = {"field": "display_name", "op": "contains", "value": "grace"}
    segment = ada.segments.create("Graces", rule)
    assert segment.filter == rule
    assert ada.segments.count(segment) == 1
    assert [one.id for one in ada.segments.contacts(segment)] == [grace.id]
    assert [one.id for one in ada.segments.preview(rule)] == [grace.id]
    assert [one.id for one in ada.contacts.list(segment=segment)] == [grace.id]
    assert ada.segments.update(segment, name="All Graces").name == "All Graces"
    assert ada.segments.get(segment).name == "All Graces"
    assert len(ada.segments.list().all()) == 1
    with pytest.raises(omnicrm.InvalidArgument):
        ada.segments.create("Bad", {"field": "shoe_size", "op": "is", "value": 1})
    ada.segments.remove(segment)


def test_tasks(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    due = datetime.datetime(2020, 1, 1, tzinfo=UTC)
    task = ada.tasks.create(title="Call back", contact_id=grace.id, due_at=due)
    assert [one.title for one in ada.tasks.list(status="due")] == ["Call back"]
    assert ada.tasks.complete(task).done_at is not None
    assert ada.tasks.reopen(task).done_at is None
    later = datetime.datetime(2040, 1, 1, tzinfo=UTC)
    assert ada.tasks.snooze(task, later).snoozed_until == later
    assert ada.tasks.list(omnicrm.TaskFilter(status="snoozed")).first() is not None
    fresh = ada.tasks.get(task)
    assert ada.tasks.update(fresh, note="twice").note == "twice"
    assert ada.tasks.list(contact=grace).first() is not None
    ada.tasks.remove(task)
    assert ada.tasks.list().all() == []


def test_settings_and_audit(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    assert ada.settings.get("host.theme") is None
    ada.settings.set("host.theme", {"dark": True, "size": 12})
    assert ada.settings.get("host.theme") == {"dark": True, "size": 12}
    assert [one.name for one in ada.settings.list()] == ["host.theme"]
    ada.settings.set("host.theme", None)
    assert ada.settings.list() == ()

    entry = ada.audit.list(operation="contacts.create").first()
    assert entry is not None and entry.subject_id == str(grace.id)
    assert ada.audit.list(omnicrm.AuditFilter(subject_id=str(grace.id))).first() == entry
    assert ada.audit.verify().intact


def test_operations(ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    assert ada.call("contacts.get", {"id": grace.id})["display_name"] == "Grace Hopper"
    assert ada.call("contacts.list", limit=1)["items"][0]["id"] == str(grace.id)
    with pytest.raises(omnicrm.NotFound):
        ada.call("contacts.explode")
    with pytest.raises(omnicrm.InvalidArgument):
        ada.call("contacts.get", {"id": 1})
    with pytest.raises(omnicrm.InvalidArgument):
        ada.call("contacts.get", [1])
    with pytest.raises(ValueError):
        ada.call("contacts.create", {"display_name": "\ud800"})
    assert omnicrm.operations()
    assert omnicrm.version() == omnicrm.__version__


def test_transactions(ada: omnicrm.Session) -> None:
    def good(inside: omnicrm.Session) -> uuid.UUID:
        tag = inside.tags.create("one")
        inside.jobs.enqueue("kind")
        return tag.id

    assert ada.tags.get(ada.transaction(good)).name == "one"

    kept: list[omnicrm.Session] = []

    def bad(inside: omnicrm.Session) -> None:
        kept.append(inside)
        inside.tags.create("two")
        raise KeyError("two")

    with pytest.raises(KeyError, match="two"):
        ada.transaction(bad)
    assert [one.name for one in ada.tags.list()] == ["one"]
    with pytest.raises(omnicrm.FailedPrecondition, match="transaction"):
        kept[0].tags.list().all()
    with pytest.raises(omnicrm.FailedPrecondition):
        ada.transaction(lambda inside: inside.transaction(lambda deeper: None))

    def own_error(inside: omnicrm.Session) -> None:
        raise omnicrm.PermissionDenied("no", details={"why": "test"})

    with pytest.raises(PermissionError) as caught:
        ada.transaction(own_error)
    assert caught.value.details == {"why": "test"}  # type: ignore[attr-defined]


def test_users_do_not_see_each_other(crm: omnicrm.Crm, ada: omnicrm.Session, grace: omnicrm.Contact) -> None:
    bob = crm.session("bob")
    assert bob.contacts.list().all() == []
    with pytest.raises(omnicrm.NotFound):
        bob.contacts.get(grace)
    assert ada.user == omnicrm.user_id("ada@example.org")
    assert crm.session(ada.user).contacts.get(grace) == grace
    with pytest.raises(omnicrm.InvalidArgument):
        crm.session("")


def test_admin(crm: omnicrm.Crm, ada: omnicrm.Session, grace: omnicrm.Contact, tmp_path) -> None:
    assert crm.check() == ()
    assert crm.schema_version() > 0
    crm.backup(tmp_path / "copy.db")
    with pytest.raises(omnicrm.AlreadyExists):
        crm.backup(tmp_path / "copy.db")
    with omnicrm.open(tmp_path / "copy.db") as copy:
        assert copy.session("ada@example.org").contacts.get(grace) == grace


def test_exceptions_are_what_one_expects() -> None:
    import pickle

    builtin = {
        "InvalidArgument": ValueError, "NotFound": LookupError, "AlreadyExists": ValueError,
        "PermissionDenied": PermissionError, "DeadlineExceeded": TimeoutError, "Unavailable": ConnectionError,
        "Unsupported": NotImplementedError, "Internal": RuntimeError,
    }
    codes = set()
    for code in omnicrm.ErrorCode:
        name = "".join(part.capitalize() for part in code.value.split("_"))
        kind = getattr(omnicrm, name)
        assert issubclass(kind, omnicrm.Error)
        assert issubclass(kind, builtin.get(name, RuntimeError))
        error = kind("text", details={"a": 1}, retryable=True, needs_user=True)
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.details, again.retryable, again.needs_user) == (
            kind, "text", {"a": 1}, True, True,
        )
        codes.add(error.code)
    assert codes == {str(code) for code in omnicrm.ErrorCode}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"threads": 0}, ValueError),
        ({"busy_timeout": -1}, ValueError),
        ({"log": "loud"}, ValueError),
        ({"log": 5}, TypeError),
        ({"sqlite": {"no_such": 1}}, ValueError),
        ({"postgres": {"no_such": 1}}, ValueError),
        ({"postgres": {"pool_size": 0}}, ValueError),
        ({"postgres": {"schema": 5}}, ValueError),
        ({"sources": {"files": lambda source: None}}, omnicrm.AlreadyExists),
        ({"normalizers": [object()]}, AttributeError),
        ({"claim_limit": "many"}, ValueError),
    ],
)
def test_bad_options(tmp_path, options, error) -> None:
    with pytest.raises(error):
        omnicrm.open(tmp_path / "x.db", **options)


def test_bad_files(tmp_path) -> None:
    (tmp_path / "text.db").write_text("this is no database, but long enough to look like a file " * 50)
    with pytest.raises(omnicrm.DataLoss):
        omnicrm.open(tmp_path / "text.db")
    with pytest.raises(omnicrm.Error):
        omnicrm.open(tmp_path / "no" / "such" / "folder.db")
    with pytest.raises(ValueError):
        omnicrm.open("bad\udc80name.db")
