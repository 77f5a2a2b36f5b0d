"""A source that takes its time for each item: Ctrl-C and `stop` need not wait for a chunk of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import run_python

# Arguments: the database, and what to do. Prints the seconds from the interrupt to the end, and what is left.
PROGRAM = """
import datetime, itertools, os, signal, sys, threading, time
import omnicrm

CHAT = "application/x-chat"
ITEMS = 200
delay = 0.0
began_at = []
asked_at = 0.0

def item(number):
    return omnicrm.SourceItem(
        service="chat", source_id=str(number), content_type=CHAT, payload=b"hello", next=str(number + 1))

class Slow(omnicrm.Source):
    connection = "slow"

    def __init__(self, source):
        self.endless = source.options.get("endless", False)

    def inventory(self, should_stop):
        return [{"path": "room", "format": "chat"}]

    def read(self, scope, position):
        began_at.append(int(position or 0))
        if self.endless and began_at[1:]:
            return itertools.repeat(item(0))  # no line of Python runs between two items
        return self.slowly(1 if self.endless else ITEMS, began_at[-1])

    def slowly(self, count, first):
        for number in range(first, count):
            time.sleep(delay)
            yield item(number)

class Facts(omnicrm.Normalizer):
    content_type = CHAT
    version = 1

    def facts(self, item):
        return omnicrm.ItemFacts(title="x", at=datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc))

    def normalize(self, series, options):
        facts = self.facts(series[0])
        one = omnicrm.Interaction(kind="message", subject="x", occurred_at=facts.at)
        return omnicrm.Normalized(interactions=[{"interaction": one}], facts=facts)

def soon(what):
    def ask():
        global asked_at
        asked_at = time.monotonic()
        what()
    threading.Timer(0.7, ask).start()

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

crm = omnicrm.open(sys.argv[1], sources={"slow": Slow}, normalizers=[Facts()], full_sync=False)
ada = crm.session("ada")
how = sys.argv[2]
stop = omnicrm.Stop()
try:
    if how == "preview":
        delay = 0.1
        soon(stop.request)
        ada.sync.preview(provider="slow", stop=stop)
    elif how == "preview_interrupted":
        delay = 0.1
        soon(interrupt)
        ada.sync.preview(provider="slow")
    else:
        plan = ada.sync.preview(provider="slow", options={"endless": how == "endless"})
        batch = ada.sync.approve(plan)
        delay = 0.1
        soon(stop.request if how == "stop" else interrupt)
        if how == "endless":
            crm.jobs.step()
        else:
            ada.sync.run(batch, stop=stop)
except (KeyboardInterrupt, omnicrm.Cancelled) as ended:
    print(type(ended).__name__, time.monotonic() - asked_at)
if how in ("run", "stop"):
    delay = 0.0
    print(ada.sync.run(batch).counts.normalized, len(ada.timeline().all()), began_at[-1] > 0)
crm.close()
"""


@pytest.mark.parametrize(
    ("how", "raised"),
    [
        ("preview", "Cancelled"),
        ("preview_interrupted", "KeyboardInterrupt"),
        ("run", "KeyboardInterrupt"),
        ("stop", "Cancelled"),
        ("endless", "KeyboardInterrupt"),
    ],
)
def test_a_slow_source_ends_soon(tmp_path: Path, how: str, raised: str) -> None:
    """A chunk of it would take six seconds and more."""
    done = run_python(PROGRAM, str(tmp_path / "slow.db"), how)
    lines = done.stdout.splitlines()
    assert lines, done.stderr
    name, seconds = lines[0].split()
    assert name == raised and float(seconds) < 3, done.stdout + done.stderr
    if how in ("run", "stop"):
        # Nothing is lost, nothing comes twice, and what was read before is not read again.
        assert lines[1] == "200 200 True", done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
