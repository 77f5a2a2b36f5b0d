"""What Python adds to a call: a small record by `contacts.get`, and by the registry, over the same calls in C++.

Figures go to $OMNICRM_BENCH_OUT as those of bench_report.hpp do: ours and the peer by turns, medians.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable

import omnicrm
from omnicrm import _native

TURNS = 51
CALLS = 400


def per_call(call: Callable[[], object]) -> float:
    """Nanoseconds."""
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def by_turns(*measures: Callable[[], float]) -> list[list[float]]:
    runs: list[list[float]] = [[] for _ in measures]
    for _ in range(TURNS):
        for run, measure in zip(runs, measures):
            run.append(measure())
    return runs


def report(case: str, value: float, least: float, most: float, peer: str, peer_value: float) -> None:
    line = json.dumps(
        {
            "bench": "python",
            "case": case,
            "value": round(value, 1),
            "unit": "ns",
            "vs": peer,
            "vs_value": round(peer_value, 1),
            "ratio": round(peer_value / max(value, 1), 3),
            "min": round(least, 1),
            "max": round(most, 1),
        }
    )
    with open(os.environ.get("OMNICRM_BENCH_OUT", "build/bench.jsonl"), "a", encoding="utf-8") as out:
        print(line, file=out)
    print(line)


def report_times(case: str, ours: list[float], peer: str, peers: list[float]) -> None:
    report(case, statistics.median(ours), min(ours), max(ours), peer, statistics.median(peers))


def report_overhead(case: str, ours: list[float], inner: list[float], peer: str, peers: list[float]) -> None:
    """Turn by turn: what the machine did besides, it did to both."""
    report_times(case, [whole - part for whole, part in zip(ours, inner)], peer, peers)


def main() -> int:
    with omnicrm.open(":memory:") as crm:
        session = crm.session("bench")
        contact = session.contacts.create(
            display_name="Ada Lovelace",
            given_name="Ada",
            family_name="Lovelace",
            emails=[{"value": "ada@example.org", "label": "work", "is_primary": True}],
            organization="Analytical Engine Ltd",
            job_title="Enchantress of Numbers",
        )
        key, text = contact.id, contact.to_json()
        request = {"id": str(key)}

        # The peer keeps the same record as a row: its text and the columns one would look it up by.
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE contacts (user_id BLOB, id BLOB, version INT, record TEXT, PRIMARY KEY (user_id, id))")
        owner = session.user.bytes
        database.execute("INSERT INTO contacts VALUES (?, ?, 1, ?)", (owner, key.bytes, text))

        def select() -> object:
            row = database.execute(
                "SELECT version, record FROM contacts WHERE user_id = ? AND id = ?", (owner, key.bytes)
            ).fetchone()
            return json.loads(row[1])

        def in_cpp(by_operation: bool) -> float:
            return _native._time_calls(session._native, key, CALLS, by_operation) * 1e9 / CALLS

        get, get_cpp, call, call_cpp, loads, both, selected = by_turns(
            lambda: per_call(lambda: session.contacts.get(key)),
            lambda: in_cpp(False),
            lambda: per_call(lambda: session.call("contacts.get", request)),
            lambda: in_cpp(True),
            lambda: per_call(lambda: json.loads(text)),
            lambda: per_call(lambda: (json.dumps(request), json.loads(text))),
            lambda: per_call(select),
        )
        # The peers: what another way of bringing a record to Python costs by itself.
        report_overhead("call_overhead_ns", get, get_cpp, "json.loads of the record", loads)
        report_overhead("operation_overhead_ns", call, call_cpp, "json.dumps and json.loads", both)
        report_times("contacts_get_ns", get, "sqlite3 SELECT, json.loads", selected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
