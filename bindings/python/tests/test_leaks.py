"""100,000 calls leave nothing behind."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import omnicrm


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_calls_leave_no_memory_behind() -> None:
    with omnicrm.open(":memory:") as crm:
        ada = crm.session("ada")
        grace = ada.contacts.create(
            display_name="Grace Hopper", emails=[{"value": "g@navy.example"}], custom={}
        )
        entry = ada.interactions.create(
            kind="note", subject="s", contact_id=grace.id, occurred_at="2026-01-01T00:00:00Z"
        )

        def failing() -> None:
            try:
                ada.contacts.get(entry.id)
            except omnicrm.NotFound:
                pass

        def refused() -> None:
            try:
                omnicrm.Contact(display_name="\ud800")
            except ValueError:
                pass

        calls = [
            lambda: ada.contacts.get(grace.id),
            lambda: grace.emails[0].value,
            lambda: grace.replace(note="x").to_dict(),
            lambda: omnicrm.Contact.from_json(grace.to_json()),
            lambda: ada.call("contacts.get", {"id": grace.id}),
            lambda: ada.contacts.list().all(),
            lambda: ada.timeline(grace).all(),
            lambda: crm.session("bob"),
            failing,
            refused,
        ]

        def run(rounds: int) -> None:
            for _ in range(rounds):
                for call in calls:
                    call()

        run(1_000)
        gc.collect()
        before = resident_bytes()
        run(10_000)
        gc.collect()
        grown = resident_bytes() - before
    assert grown < 4 << 20, f"{grown:,} bytes more after 100,000 calls"


def test_opening_and_closing_leaves_no_file_behind(tmp_path: Path) -> None:
    def cycle() -> None:
        crm = omnicrm.open(tmp_path / "crm.db", full_sync=False)
        crm.session("ada").settings.set("host.x", 1)
        crm.jobs.register("kind", lambda job: crm.path)
        crm.close()

    for _ in range(10):
        cycle()
    gc.collect()
    files, threads, memory = len(os.listdir("/proc/self/fd")), threading.active_count(), resident_bytes()
    for _ in range(100):
        cycle()
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= files
    assert threading.active_count() <= threads
    assert resident_bytes() - memory < 8 << 20
