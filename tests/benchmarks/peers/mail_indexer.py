#!/usr/bin/env python3
"""Indexes a maildir with mu or notmuch, from nothing, and prints what it took as one JSON object.

  tests/benchmarks/peers/mail_indexer.py mu MAILDIR [--runs 3]
  {"tool":"mu","version":"1.8.13","seconds":4.9,"peak_rss_mb":153.0,"messages":6046,"runs":3,"min":4.8,"max":5.0}

`seconds` is the wall time of creating the database and indexing, the median of the runs; `peak_rss_mb` the
largest resident size of any process of it (VmHWM as wait4 reports it), the median as well. Each run has a scratch
folder of its own for database and configuration, removed afterwards; the maildir is only read. All files
are read once before the first run, so no run pays for a cold page cache.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Mu:
    @staticmethod
    def steps(maildir, scratch):
        home = f"--muhome={scratch / 'mu'}"
        yield ["mu", "init", home, f"--maildir={maildir}"]
        yield ["mu", "index", home, "--quiet"]

    @staticmethod
    def count_command(scratch):
        # Prints one line a message; the query "" matches all.
        return ["mu", "find", f"--muhome={scratch / 'mu'}", "--fields=i", ""]

    @staticmethod
    def count(output):
        return len(output.splitlines())


class Notmuch:
    @staticmethod
    def steps(maildir, scratch):
        # database.path apart from mail_root keeps the maildir clean (notmuch 0.32).
        (scratch / "notmuch").mkdir()
        (scratch / "config").write_text(
            f"[database]\npath={scratch / 'notmuch'}\nmail_root={maildir}\n"
            "[user]\nname=bench\nprimary_email=bench@example.org\n"
            "[new]\ntags=inbox\n[maildir]\nsynchronize_flags=false\n", encoding="utf-8")
        yield ["notmuch", "new", "--quiet"]

    @staticmethod
    def count_command(_):
        return ["notmuch", "count", "--exclude=false", "--output=files", "*"]

    @staticmethod
    def count(output):
        return int(output)


TOOLS = {"mu": Mu, "notmuch": Notmuch}


def version(tool):
    first_line = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", first_line)
    return found.group(0) if found else first_line.strip()


def run_step(command, environment, log):
    """Runs one command; returns its peak resident size in MiB."""
    descriptor = log.fileno()
    actions = [(os.POSIX_SPAWN_DUP2, descriptor, 1), (os.POSIX_SPAWN_DUP2, descriptor, 2)]
    process = os.posix_spawnp(command[0], command, environment, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        log.seek(0)
        sys.exit(f"{' '.join(command)}: exit code {code}\n{log.read()[-2000:]}")
    return usage.ru_maxrss / 1024


def run_once(tool, maildir, scratch_parent):
    scratch = Path(tempfile.mkdtemp(prefix="omnicrm-peer-", dir=scratch_parent))
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(scratch), "LC_ALL": "C.UTF-8",
        "NOTMUCH_CONFIG": str(scratch / "config"),
    }
    try:
        with open(scratch / "log", "w+", encoding="utf-8", errors="replace") as log:
            started = time.monotonic()
            peak = max([run_step(step, environment, log) for step in TOOLS[tool].steps(maildir, scratch)])
            seconds = time.monotonic() - started
        listed = subprocess.run(TOOLS[tool].count_command(scratch), env=environment, check=True,
                                capture_output=True, text=True, errors="replace").stdout
        return seconds, peak, TOOLS[tool].count(listed)
    finally:
        shutil.rmtree(scratch)


def warm_cache(maildir):
    """Reads every file once and returns how many messages (files in cur and new) there are."""
    total = 0
    for folder in ("cur", "new"):
        for entry in os.scandir(maildir / folder):
            Path(entry.path).read_bytes()
            total += 1
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=sorted(TOOLS))
    parser.add_argument("maildir", type=Path)
    parser.add_argument("--runs", type=int, default=1, help="medians of this many runs (1)")
    parser.add_argument("--scratch", default="/tmp", help="where the databases are made (/tmp)")
    options = parser.parse_args()
    if shutil.which(options.tool) is None:
        sys.exit(f"{options.tool} is not installed (scripts/bootstrap installs it)")
    maildir = options.maildir.resolve()
    if not (maildir / "cur").is_dir() or not (maildir / "new").is_dir():
        sys.exit(f"{maildir} is not a maildir: make one with tests/parts/make_mbox.py --maildir")

    there = warm_cache(maildir)
    runs = [run_once(options.tool, maildir, options.scratch) for _ in range(max(1, options.runs))]
    counts = {count for _, _, count in runs}
    if counts != {there}:
        sys.exit(f"{options.tool} indexed {sorted(counts)} of {there} messages")
    seconds = [run[0] for run in runs]
    print(json.dumps({
        "tool": options.tool, "version": version(options.tool),
        "seconds": round(statistics.median(seconds), 3),
        "peak_rss_mb": round(statistics.median(run[1] for run in runs), 1),
        "messages": there, "runs": len(runs), "min": round(min(seconds), 3), "max": round(max(seconds), 3),
    }, separators=(",", ":")))


if __name__ == "__main__":
    main()
