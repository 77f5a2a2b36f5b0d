#!/usr/bin/env python3
"""Writes the test messages as one mbox (mboxrd) or as a maildir.

  tests/parts/make_mbox.py DATA --mbox FILE                        all 6,046 messages; "-" is standard output
  tests/parts/make_mbox.py DATA --maildir DIR                      the same as DIR/cur, for mu and notmuch
  tests/parts/make_mbox.py DATA --mbox FILE --repeat 3             three copies
  tests/parts/make_mbox.py DATA --mbox FILE --limit-total 60000    as many copies as make 60,000 messages

DATA is the folder that scripts/fetch-testdata prints. The first copy is byte for byte the original. Every
later copy gets Message-IDs of its own: `.copyN` is added to the local part in Message-ID, In-Reply-To and
References alike, so its threads are as before but apart from the other copies'. Messages are written one
at a time, in the order of their paths: memory stays small, and the same call writes the same bytes.
"""
import argparse
import contextlib
import email.utils
import re
import sys
import time
from pathlib import Path

ID_FIELDS = (b"message-id", b"in-reply-to", b"references")
# Up to the next bracket, whichever it is: one Message-ID here is <4TGX..."Super Signal"<service@thezs.com>>, and
# the part in front of the inner one is what tells it from others.
BRACKETED = re.compile(rb"<([^<>]+)(?=[<>])")
# mboxrd: one more ">" before every line that a reader could take for an envelope or for a quoted one.
FROM_LINE = re.compile(rb"^(?=>*From )", re.MULTILINE)
HEADER_END = re.compile(rb"\r?\n\r?\n")
FIELD = re.compile(rb"^([^\s:]+)[ \t]*:", re.MULTILINE)


def with_suffix(message_id, suffix):
    """`a@b` becomes `a.copy1@b`: a function of the id alone, so a reply still finds its parent."""
    local, at, domain = message_id.rpartition(b"@")
    return local + suffix + at + domain if at else message_id + suffix


def renamed(line, field, suffix):
    changed, count = BRACKETED.subn(lambda found: b"<" + with_suffix(found[1], suffix), line)
    if count or field != b"message-id" or not line.strip():
        return changed
    # A Message-ID without brackets: the value is the id.
    body = line.rstrip(b"\r\n")
    name, colon, value = body.rpartition(b":") if line[:1].strip() else (b"", b"", body)
    if not value.strip():
        return line
    lead = value[: len(value) - len(value.lstrip())]
    return name + colon + lead + with_suffix(value.strip(), suffix) + line[len(body):]


def as_copy(message, number, index):
    """Copy `number` of the message at `index`, with ids of its own; copy 0 is the original."""
    if number == 0:
        return message
    suffix = b".copy%d" % number
    end = HEADER_END.search(message)
    cut = end.start() + 1 if end else len(message)
    header, rest = message[:cut], message[cut:]
    out, field, seen = [], b"", False
    for line in header.splitlines(keepends=True):
        if line[:1].strip():
            name = FIELD.match(line)
            field = name[1].lower() if name else b""
        if field in ID_FIELDS:
            seen = seen or field == b"message-id"
            line = renamed(line, field, suffix)
        out.append(line)
    if not seen:
        out.insert(0, b"Message-ID: <testdata-%05d%s@omnicrm.invalid>\n" % (index, suffix))
    return b"".join(out) + rest


def split_envelope(raw):
    """The mbox envelope line that most files start with, or b"", and the message without it."""
    if not raw.startswith(b"From "):
        return b"", raw
    line, _, message = raw.partition(b"\n")
    return line.rstrip(b"\r"), message


def header_value(message, name):
    end = HEADER_END.search(message)
    header = message[: end.start()] if end else message
    found = re.search(rb"^" + name + rb"[ \t]*:([^\n]*)", header, re.MULTILINE | re.IGNORECASE)
    return found[1].decode("latin-1").strip() if found else ""


def made_envelope(message):
    """An envelope line for a message that has none: sender and date from its header (RFC 4155)."""
    sender = email.utils.parseaddr(header_value(message, b"Return-Path") or header_value(message, b"From"))[1]
    parsed = email.utils.parsedate_tz(header_value(message, b"Date"))
    try:
        seconds = email.utils.mktime_tz(parsed) if parsed else 0
        when = time.asctime(time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        when = time.asctime(time.gmtime(0))
    clean = re.sub(r"[^!-~]", "", sender) or "MAILER-DAEMON"
    return b"From %s %s" % (clean.encode("ascii"), when.encode("ascii"))


def mbox_entry(envelope, message):
    body = FROM_LINE.sub(b">", message)
    if not body.endswith(b"\n"):
        body += b"\n"
    return envelope + b"\n" + body + b"\n"


def messages(files, repeat, limit):
    """(sequence, copy, envelope, message) of every message of every copy, in order."""
    total = len(files) * repeat if limit is None else limit
    for sequence in range(total):
        number, index = divmod(sequence, len(files))
        envelope, original = split_envelope(files[index].read_bytes())
        message = as_copy(original, number, index)
        yield sequence, number, envelope or made_envelope(original), message


def write_mbox(target, source):
    count = 0
    with contextlib.ExitStack() as stack:
        out = sys.stdout.buffer if target == "-" else stack.enter_context(open(target, "wb"))
        for _, _, envelope, message in source:
            out.write(mbox_entry(envelope, message))
            count += 1
    return count


def write_maildir(target, source):
    """Every message is read already (flag S); the envelope line belongs to mbox and is left out."""
    root = Path(target)
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True, exist_ok=True)
    count = 0
    for sequence, number, _, message in source:
        (root / "cur" / f"{sequence:07d}.copy{number}.omnicrm:2,S").write_bytes(message)
        count += 1
    return count


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that scripts/fetch-testdata prints")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--mbox", metavar="FILE", help='the mbox to write, "-" for standard output')
    where.add_argument("--maildir", metavar="DIR", help="the maildir to write")
    how_many = parser.add_mutually_exclusive_group()
    how_many.add_argument("--repeat", type=positive, default=1, metavar="N", help="copies of all messages")
    how_many.add_argument("--limit-total", type=positive, metavar="N", help="messages in all, copied as needed")
    options = parser.parse_args()

    files = sorted(options.data.glob("*/*.txt"))
    if not files:
        parser.error(f"no messages (*/*.txt) in {options.data}")
    source = messages(files, options.repeat, options.limit_total)
    count = write_mbox(options.mbox, source) if options.mbox else write_maildir(options.maildir, source)
    print(f"{count} messages", file=sys.stderr)


if __name__ == "__main__":
    main()
