"""Every call that can block lets other threads run: proved for each one by a thread that ticks meanwhile.

The module's hook makes each call sleep where it has let go of the interpreter's lock; a call that keeps the lock
keeps the ticking thread still, and a call that does not pass there does not sleep.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import omnicrm
from omnicrm import _native

FUNCTIONS = _native._describe()["functions"]
PAUSE = 0.03

# These touch memory alone, or run Python code.
QUICK = {
    ("", "user_id"),
    ("", "version"),
    ("Crm", "listen"),
    ("Crm", "session"),
    ("JobContext", "inside"),
    ("JobContext", "log"),
    ("JobContext", "session"),
    ("JobContext", "should_stop"),
    ("Stop", "request"),
}
HOOKS = {"_describe", "_pause_calls", "_time_calls"}


class Ticker:
    """A thread that counts while it is allowed to run."""

    def __init__(self) -> None:
        self.ticks = 0
        self._end = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._end:
            self.ticks += 1
            time.sleep(0.001)

    def __enter__(self) -> Ticker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end = True
        self._thread.join()


def test_all_functions_are_in_the_description() -> None:
    described = {(info["owner"], info["name"]) for info in FUNCTIONS}
    present = {("", name) for name in dir(_native) if callable(getattr(_native, name))}
    present = {entry for entry in present if not isinstance(getattr(_native, entry[1]), type)}
    for owner in ("Crm", "Session", "Stop", "JobContext"):
        kind = getattr(_native, owner)
        present |= {
            (owner, name)
            for name in vars(kind)
            if not name.startswith("_") and not isinstance(vars(kind)[name], property)
        }
    present -= {("", name) for name in HOOKS}
    assert present == described
    assert {(info["owner"], info["name"]) for info in FUNCTIONS if not info["blocks"]} == QUICK


def argument(kind: str, state: dict[str, Any]) -> Any:
    """Something of the type that a parameter has; the call may well refuse it after it let go of the lock."""
    if kind.endswith("| None") or kind == "Any":
        return None
    if kind.startswith("UUID"):
        return state["id"]
    if kind.startswith("Iterable"):
        return []
    if kind.startswith("Callable[[Session]"):
        return lambda inside: 1
    if kind.startswith("Callable"):
        return lambda context: None
    simple = {"str": "text", "int": 1, "bool": False, "Seconds": 0.1, "Session": state["session"], "datetime | str": "2026-01-01"}
    if kind in simple:
        return simple[kind]
    if kind.endswith(" | Mapping[str, Any]"):
        return getattr(omnicrm, kind.split(" ")[0])()
    if kind.endswith("Like"):
        return next(iter(getattr(omnicrm, kind.removesuffix("Like"))))
    raise AssertionError(f"no argument for {kind}")


@pytest.fixture
def state(tmp_path: Path) -> Iterator[dict[str, Any]]:
    crm = omnicrm.open(tmp_path / "gil.db", full_sync=False)
    session = crm.session("ada")
    contact = session.contacts.create(display_name="Somebody")
    yield {"crm": crm._native, "session": session._native, "id": contact.id, "path": tmp_path}
    _native._pause_calls(0)
    crm.close()


def lets_others_run(call: Callable[[], object]) -> None:
    with Ticker() as ticker:
        while ticker.ticks == 0:
            time.sleep(0.001)
        _native._pause_calls(PAUSE)
        before, started = ticker.ticks, time.monotonic()
        try:
            call()
        except (omnicrm.Error, TypeError, ValueError):
            pass
        finally:
            took, ticked = time.monotonic() - started, ticker.ticks - before
            _native._pause_calls(0)
    assert took >= PAUSE * 0.9, "it did not go through without_gil"
    assert ticked >= 3, "no other thread ran meanwhile"


BLOCKING = [info for info in FUNCTIONS if info["blocks"] and info["owner"] != "JobContext"]


@pytest.mark.parametrize("info", BLOCKING, ids=lambda info: f"{info['owner']}.{info['name']}")
def test_call_lets_other_threads_run(info: dict[str, Any], state: dict[str, Any]) -> None:
    if info["name"] == "close_all":
        call: Callable[[], object] = _native.close_all
    elif info["name"] == "open":
        options = f'{{"path":"{state["path"]}/other.db"}}'
        call = lambda: _native.open(options, {"sources": {}, "normalizers": []}).close()
    else:
        owner = state[info["owner"].lower()] if info["owner"] else _native
        values = [argument(kind, state) for _, kind, _ in info["parameters"]]
        call = lambda: getattr(owner, info["name"])(*values)
    lets_others_run(call)


def test_call_of_a_job_lets_other_threads_run(state: dict[str, Any]) -> None:
    context_calls = [i["name"] for i in FUNCTIONS if i["blocks"] and i["owner"] == "JobContext"]
    assert context_calls == ["progress", "complete_in"]
    done: list[bool] = []

    def handler(context: Any) -> None:
        lets_others_run(lambda: context.progress(1, 2, "text"))
        lets_others_run(lambda: context.complete_in(state["session"]))  # refused: not a transaction's
        done.append(True)

    state["crm"].register_handler("tick", handler, 60, 0, 1, 1, 0, 0, 0, 1, 60, 60)
    state["session"].jobs_enqueue([{"kind": "tick"}])
    state["crm"].run_until_idle(1, None)
    assert done == [True]


def test_the_proof_can_fail() -> None:
    """Time that passes with the lock held is seen as such."""
    with pytest.raises(AssertionError, match="did not go through"):
        lets_others_run(omnicrm.version)
