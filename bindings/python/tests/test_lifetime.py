"""Closing, threads, forks, interpreters: nothing crashes in whatever order things end."""

from __future__ import annotations

import gc
import itertools
import os
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import pytest

import omnicrm
from conftest import run_python


def is_open_here(path: Path) -> bool:
    links = Path("/proc/self/fd")
    return any(
        os.readlink(entry).startswith(str(path)) for entry in links.iterdir() if os.path.lexists(entry)
    )


def test_close_lets_the_file_go_while_sessions_live(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    crm = omnicrm.open(path)
    ada = crm.session("ada")
    people = ada.contacts.list()
    ada.contacts.create(display_name="X")
    assert is_open_here(path) and not crm.closed
    crm.close()
    crm.close()
    assert crm.closed and not is_open_here(path)
    for call in (people.all, ada.sync.state_digest, crm.check, crm.jobs.run_until_idle, lambda: crm.session("x"), lambda: ada.user):
        with pytest.raises(omnicrm.FailedPrecondition, match="closed"):
            call()
    assert "closed" in repr(crm) and "closed" in repr(ada)
    with omnicrm.open(path) as again:
        assert len(again.session("ada").contacts.list().all()) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["crm", "session", "part", "listing", "context"]))[::7])
def test_objects_may_die_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    held: dict[str, Any] = {}
    held["crm"] = omnicrm.open(":memory:")
    held["session"] = held["crm"].session("ada")
    held["part"] = held["session"].contacts
    held["listing"] = held["part"].list()
    held["crm"].jobs.register("keep", lambda job: held.__setitem__("context", job))
    held["session"].jobs.enqueue("keep")
    held["crm"].jobs.run_until_idle()
    for number, name in enumerate(order):
        if number == 2 and held.get("crm") is not None:
            held["crm"].close()
        held[name] = None
        gc.collect()


def test_a_session_keeps_its_crm_open(tmp_path: Path) -> None:
    ada = omnicrm.open(tmp_path / "crm.db").session("ada")
    gc.collect()
    assert ada.contacts.list().all() == []
    del ada
    gc.collect()
    assert not is_open_here(tmp_path / "crm.db")


def test_dropping_it_closes_it_with_its_handlers(tmp_path: Path) -> None:
    crm = omnicrm.open(tmp_path / "crm.db")

    class Marker:
        pass

    marker = Marker()
    crm.jobs.register("kind", lambda job, marker=marker: None)
    crm.jobs.on_progress(lambda progress, marker=marker: None)
    gone = weakref.ref(marker)
    crm.jobs.start()
    del crm, marker
    gc.collect()
    assert gone() is None
    assert not is_open_here(tmp_path / "crm.db")


def test_close_waits_for_calls_of_other_threads(tmp_path: Path) -> None:
    crm = omnicrm.open(tmp_path / "crm.db")
    ada = crm.session("ada")
    inside, leave = threading.Event(), threading.Event()
    results: list[Any] = []

    def slow(transaction: omnicrm.Session) -> str:
        inside.set()
        assert leave.wait(10)
        transaction.tags.create("late")  # a callback may go on while it closes
        return "done"

    worker = threading.Thread(target=lambda: results.append(ada.transaction(slow)))
    worker.start()
    assert inside.wait(10)
    closer = threading.Thread(target=crm.close)
    closer.start()
    time.sleep(0.1)
    assert closer.is_alive() and crm.closed
    with pytest.raises(omnicrm.FailedPrecondition):
        ada.tags.list().all()
    leave.set()
    closer.join(10)
    worker.join(10)
    assert not closer.is_alive() and results == ["done"]


def test_close_stops_long_calls(tmp_path: Path) -> None:
    crm = omnicrm.open(tmp_path / "crm.db")
    ada = crm.session("ada")
    begun = threading.Event()

    @crm.jobs.handler("endless")
    def endless(job: omnicrm.JobContext) -> str:
        begun.set()
        while not job.should_stop:
            time.sleep(0.005)
        job.session().settings.set("host.last_words", "bye")
        return "stopped"

    ada.jobs.enqueue("endless")
    runner = threading.Thread(target=crm.jobs.run_until_idle)
    runner.start()
    assert begun.wait(10)
    crm.close()
    runner.join(10)
    assert not runner.is_alive()
    with omnicrm.open(tmp_path / "crm.db") as again:
        assert again.session("ada").settings.get("host.last_words") == "bye"


def test_many_threads_on_one_session(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for index in range(20):
                made = ada.contacts.create(display_name=f"Person {number}.{index}")
                assert ada.contacts.get(made) == made
                list(itertools.islice(ada.contacts.list(), 5))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(ada.contacts.list().all()) == 160


def test_close_among_busy_threads(tmp_path: Path) -> None:
    for _ in range(5):
        crm = omnicrm.open(tmp_path / "busy.db", full_sync=False)
        ended: list[str] = []

        def work() -> None:
            ada = crm.session("ada")
            while True:
                try:
                    ada.settings.set("host.x", 1)
                    ada.contacts.list().all()
                except omnicrm.FailedPrecondition as error:
                    ended.append(error.code)
                    return

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.02)
        crm.close()
        for thread in threads:
            thread.join(10)
        assert ended == ["failed_precondition"] * 4


def test_two_opens_of_one_file(tmp_path: Path) -> None:
    with omnicrm.open(tmp_path / "crm.db") as one, omnicrm.open(tmp_path / "crm.db") as other:
        made = one.session("ada").contacts.create(display_name="X")
        assert other.session("ada").contacts.get(made) == made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork(crm: omnicrm.Crm, ada: omnicrm.Session, tmp_path: Path) -> None:
    crm.jobs.start()
    listing = ada.contacts.list()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            for call in (listing.all, crm.check, lambda: crm.session("x"), ada.sync.state_digest, crm.jobs.start):
                try:
                    call()
                except omnicrm.FailedPrecondition as error:
                    assert "fork" in error.message
                else:
                    raise AssertionError("a call worked in the child")
            assert crm.closed
            crm.close()
            with omnicrm.open(tmp_path / "child.db") as own:
                own.session("ada").contacts.create(display_name="Child")
            import omnicrm._native as native

            native.close_all()
            listing = None  # type: ignore[assignment]
            gc.collect()
            status = 0
        except BaseException as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ada.contacts.create(display_name="Parent").display_name == "Parent"
    crm.jobs.stop()


def test_forked_child_ends_normally() -> None:
    code = """
import os, sys, omnicrm, threading
crm = omnicrm.open(":memory:"); s = crm.session("ada"); crm.jobs.start()
child = os.fork()
if child == 0:
    sys.exit(5)  # atexit and finalization included
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
s.contacts.create(display_name="X")
"""
    done = run_python(code)
    assert (done.stdout.strip(), done.returncode, done.stderr) == ("5", 0, "")


def test_multiprocessing_spawn(tmp_path: Path) -> None:
    script = tmp_path / "spawned.py"
    script.write_text(
        """
import multiprocessing, sys, omnicrm

def name(task):
    path, contact = task
    with omnicrm.open(path) as crm:
        stored = crm.session("ada").contacts.get(contact)
        assert stored == contact
        return stored

if __name__ == "__main__":
    path = sys.argv[1]
    with omnicrm.open(path) as crm:
        people = [crm.session("ada").contacts.create(display_name=f"P{n}") for n in range(3)]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(name, [(path, one) for one in people]) == people
    print("good")
"""
    )
    done = subprocess.run(
        [sys.executable, script, tmp_path / "crm.db"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "good", done.stderr


SUBINTERPRETER = """
import _xxsubinterpreters as interpreters
{first}
inner = interpreters.create()
code = '''
try:
    import omnicrm
except ImportError as error:
    assert "sub-interpreter" in str(error), error
else:
    raise AssertionError("it was imported")
'''
interpreters.run_string(inner, code)
interpreters.destroy(inner)
import omnicrm
with omnicrm.open(":memory:") as crm:
    crm.session("ada").contacts.create(display_name="X")
print("good")
"""


@pytest.mark.parametrize("first", ["pass", "import omnicrm", "import omnicrm._native"])
def test_sub_interpreters_are_refused(first: str) -> None:
    done = run_python(SUBINTERPRETER.format(first=first))
    assert (done.stdout.strip(), done.stderr, done.returncode) == ("good", "", 0)


def test_imported_twice_it_is_the_same() -> None:
    code = """
import sys, omnicrm
first = omnicrm.Contact
for name in [name for name in sys.modules if name.startswith("omnicrm")]:
    del sys.modules[name]
import omnicrm
assert omnicrm.Contact is first
with omnicrm.open(":memory:") as crm:
    crm.session("ada").contacts.create(display_name="X")
print("good")
"""
    done = run_python(code)
    assert (done.stdout.strip(), done.stderr) == ("good", "")


@pytest.mark.parametrize(
    "ending",
    [
        "",
        "del crm",
        "del s; del crm",
        "threading.Thread(target=forever, daemon=True).start(); time.sleep(0.1)",
        "crm.jobs.start(); time.sleep(0.1)",
        "threading.Thread(target=crm.jobs.run_until_idle, daemon=True).start(); time.sleep(0.1)",
        "crm.jobs.on_progress(print); crm.jobs.start(); s.jobs.enqueue('busy'); time.sleep(0.1)",
        "raise SystemExit(0)",
        "s.keep = s; crm.keep = s; gc.disable()",
    ],
)
def test_the_interpreter_ends_with_open_crms(ending: str) -> None:
    code = f"""
import gc, threading, time, omnicrm
crm = omnicrm.open(":memory:", clock=None, log=lambda *line: None)
s = crm.session("ada")
def forever():
    while True:
        try:
            s.contacts.list().all()
        except omnicrm.FailedPrecondition:
            return
@crm.jobs.handler("busy")
def busy(job):
    while not job.should_stop:
        job.progress(1, 2); time.sleep(0.002)
for _ in range(3):
    s.jobs.enqueue("busy")
omnicrm.kept_for_good = s
{ending}
"""
    started = time.monotonic()
    done = run_python(code)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - started < 20


def test_the_last_reference_may_go_in_a_handler() -> None:
    """There it cannot wait for its own thread: closing is left to the interpreter's end."""
    code = """
import gc, threading, time, omnicrm
crm = omnicrm.open(":memory:")
done = threading.Event()
box = [crm]
def last(job):
    time.sleep(0.1)
    box.clear()
    del job
    gc.collect()
    done.set()
crm.jobs.register("last", last)
s = crm.session("a")
s.jobs.enqueue("last")
crm.jobs.start()
del s, crm
assert done.wait(10)
time.sleep(0.1)
with omnicrm.open(":memory:") as other:
    other.session("a").contacts.create(display_name="X")
"""
    done = run_python(code)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_transaction_belongs_to_its_thread(crm: omnicrm.Crm, ada: omnicrm.Session) -> None:
    """Threads that hold its session meet an error, while it runs, at its end and after it."""
    said: list[str] = []
    threads: list[threading.Thread] = []

    def work(inside: omnicrm.Session) -> None:
        inside.tags.create(f"t{len(threads)}")

        def late() -> None:
            for _ in range(50):
                try:
                    inside.tags.list().all()
                    said.append("it worked")
                except omnicrm.FailedPrecondition as error:
                    said.append(error.code)

        threads.append(threading.Thread(target=late))
        threads[-1].start()
        time.sleep(0.002)

    for _ in range(10):
        ada.transaction(work)
    for thread in threads:
        thread.join(30)
    assert said == ["failed_precondition"] * 500
    assert len(ada.tags.list().all()) == 10
