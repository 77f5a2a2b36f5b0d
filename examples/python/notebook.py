"""A tour as one would make it in a notebook; there, every value below shows itself as a table.

Usage: notebook.py [MAIL...]     mailboxes or folders; without one, a small mailbox of its own
"""

import datetime
import sys
import tempfile
from collections import Counter
from pathlib import Path

import omnicrm

# %% Some mail
folder = Path(tempfile.mkdtemp(prefix="omnicrm-"))
paths = [Path(each) for each in sys.argv[1:]]
if not paths:
    paths = [folder / "mail.mbox"]
    lines = []
    for day, (sender, to, subject) in enumerate(
        [
            ("ada@example.org", "Grace Hopper <grace@navy.example>", "The compiler"),
            ("Grace Hopper <grace@navy.example>", "ada@example.org", "Re: The compiler"),
            ("ada@example.org", "Charles Babbage <charles@engine.example>", "An invoice for the engine"),
            ("ada@example.org", "Grace Hopper <grace@navy.example>", "Lunch on Friday?"),
        ],
        start=1,
    ):
        lines.append(
            f"From sender Thu Aug {day:02} 12:00:00 2002\n"
            f"From: {sender}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{day}@example.org>\n"
            f"Date: Thu, {day:02} Aug 2002 12:00:00 +0000\n\nHello, this is about: {subject}.\n\n"
        )
    paths[0].write_text("".join(lines))

# %% Look before anything is stored
crm = omnicrm.open(folder / "my.db")
me = crm.session("ada@example.org")
if not sys.argv[1:]:  # found in the data when not set and there is enough
    me.settings.set("user.addresses", ["ada@example.org"])
plan = me.sync.preview(paths, progress=True)
print(f"{plan.summary.messages} messages from {plan.summary.first_at} to {plan.summary.last_at}")
for person in plan.summary.contacts:
    print(f"  {person.decision:6} {person.address} ({person.rule}, {person.messages} messages)")

# %% Import
before = me.sync.state_digest()
batch = me.sync.run(me.sync.approve(plan), progress=True)
print(batch.counts)

# %% Who, when, what
for busiest in me.interactions.most_active(1):
    print(f"most with {busiest.display_name}:")
    for entry in me.timeline(busiest, limit=3):
        print(f"  {entry.occurred_at:%Y-%m-%d %H:%M} {entry.direction:8} {entry.subject}")
per_month = Counter(f"{entry.occurred_at:%Y-%m}" for entry in me.timeline())
print(dict(per_month))
rows = me.timeline(kinds=["email"]).to_dicts()  # pandas.DataFrame(rows)
print(len(rows), "rows with", len(rows[0]) if rows else 0, "columns")

# %% Search, and a follow-up
for hit in me.search("invoice", limit=3):
    print(hit.subject, "|", hit.snippet.strip())
    if hit.contact_id is not None:
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3)
        me.tasks.create(title=f"Pay: {hit.subject}", contact_id=hit.contact_id, due_at=due)
print(me.tasks.list().all())

# %% All as it was before
for task in me.tasks.list():
    me.tasks.remove(task)
me.sync.undo(batch, progress=True)
print("undone:", me.sync.state_digest() == before)
crm.close()
