"""What records and their fields mean. Written by scripts/generate_docs.py from include/omnicrm; do not edit."""

DOCS: dict[str, tuple[str, dict[str, str]]] = {
    'AuditEntry': (
        "One entry of a user's append-only, hash-chained log. hash is the SHA-256 of the entry's canonical JSON (with previous_hash, without hash), so that no entry can be changed, taken out or moved unnoticed.",
        {
            'sequence': '1, 2, 3 ... per user, without gaps.',
            'actor': '"user", "job", "system" or what the host gave as the session\'s actor.',
            'operation': "The operation's name (contacts.update).",
            'subject': 'What it was about: a table name and an id; may be empty.',
            'details': 'A JSON object: names of changed fields, counts; never secrets, never message text.',
        },
    ),
    'AuditFilter': (
        '',
        {
            'operation': 'empty: all',
            'subject_id': 'empty: all',
        },
    ),
    'AuditVerification': (
        '',
        {
            'first_bad_sequence': 'The first entry that is not as it was written; 0 when intact.',
        },
    ),
    'BatchCounts': (
        'What a batch has written so far.',
        {
            'items': 'items read from the source',
            'known': 'were there before',
        },
    ),
    'BatchProgress': (
        'How far a batch is.',
        {
            'done': 'Items that have reached their end; rows, while it is being undone.',
            'total': 'Items in all; 0 when it is not known, as for an undo.',
        },
    ),
    'CatchUp': (
        'What happens to fire times that nobody was there to see (no worker ran, the clock was set forward). A time counts as missed when it is found more than a minute late. docs/schedules.md.',
        {
            'skip': 'missed times are left out; the next one is waited for',
            'once': 'one job for all that were missed',
            'all': 'a job for each, the latest 1,000 at the most',
        },
    ),
    'Contact': (
        'A person. E-mails, phones and handles are unique per user after normalization: two contacts of one user never share one.',
        {
            'version': 'Grows by one with every change; pass the one you read to update to notice a change in between.',
            'organization_id': 'The linked organization, when it is known by its domain.',
            'organization': "The organization's name as given.",
            'birthday': 'YYYY-MM-DD, or --MM-DD when the year is not known (RFC 6350 section 6.2.5); or empty.',
            'custom': "A JSON object, checked against the user's declared custom fields (settings contacts.custom_fields).",
            'provenance': 'A JSON object: field name -> {"origin","at","from"}: where the field\'s value came from, and when.',
            'merged_into': 'Set while this contact is merged into another one; such a contact is in no list.',
            'batch_id': 'The batch that created it.',
        },
    ),
    'ContactActivity': (
        'A person and how much there was with them.',
        {},
    ),
    'ContactFilter': (
        '',
        {
            'include_archived': 'Archived contacts are left out unless asked for.',
        },
    ),
    'ContactHit': (
        'A contact found by search, and by what.',
        {
            'matched': 'The field that matched best: "display_name", "emails", "organization", ...',
        },
    ),
    'ContactPoint': (
        'One way to reach a person.',
        {
            'value': 'As shown: an address in lower case, a phone number as given, a handle ("@ada").',
            'label': '"work", "home", "mobile", or for handles the service ("linkedin", "signal"). May be empty.',
        },
    ),
    'ContactPolicy': (
        'Whose addresses become contacts.',
        {
            'sent': 'people the user wrote to',
            'sent_and_received': 'and people who wrote to the user',
            'none': 'nobody: mail is linked to contacts that exist',
        },
    ),
    'CountEntry': (
        'One counted thing.',
        {},
    ),
    'Direction': (
        'Seen from the user.',
        {
            'none': 'notes, and meetings nobody invited the user to',
            'inbound': 'from somebody to the user',
            'outbound': 'from the user',
            'internal': 'from the user to the user alone',
        },
    ),
    'Document': (
        'A file that came with an interaction, or its text.',
        {
            'part': 'Which part of the raw event it is, from 0.',
            'content_type': 'Lower case type/subtype.',
            'size': 'Decoded size in bytes.',
            'text': 'Extracted text, searchable; empty when there is none.',
        },
    ),
    'DuplicateSuggestion': (
        'Two contacts that may be one person. Never merged by themselves.',
        {
            'reason': '"same_name_and_domain", "same_name", "same_phone_digits".',
            'score': '0 to 1.',
        },
    ),
    'ErrorCode': (
        'Why a call failed. The same codes are the C status codes, the REST statuses and the Python exception classes; numbers never change and never get reused.',
        {
            'invalid_argument': "the caller's input is wrong; details.field names what",
            'not_found': 'no such record for this user',
            'already_exists': 'a unique value is taken',
            'conflict': 'the record changed since the caller read it',
            'failed_precondition': 'right call, wrong state (plan already approved, schema too new)',
            'permission_denied': 'the operating system or a scope forbids it',
            'resource_exhausted': 'disk full, size cap, quota',
            'cancelled': 'a stop was requested',
            'deadline_exceeded': 'the time given ran out',
            'unavailable': 'storage or a server does not answer now; try again',
            'data_loss': 'stored data is damaged or is not ours',
            'unsupported': 'this build or this storage cannot do that',
            'internal': 'a bug of ours',
        },
    ),
    'ErrorInfo': (
        'A failure as a value.',
        {
            'message': 'One sentence for a person: names the field, file or position and the reason.',
            'details': 'A JSON object with the same facts for a program ({"field":"email"}), or empty.',
            'retryable': 'The same call may succeed later without a change.',
            'needs_user': 'Only the user can mend it (sign in again, free space, choose another file).',
        },
    ),
    'IdentityKind': (
        'What an identity is.',
        {},
    ),
    'Interaction': (
        'An entry of the timeline.',
        {
            'body': 'Plain text of this message alone, without quoted history and signature.',
            'quoted': 'Quoted history that was split off.',
            'signature': 'Signature that was split off.',
            'occurred_at': 'When it happened: sent or received, start of a meeting.',
            'ended_at': 'End of a meeting or call; absent when it has none.',
            'all_day': 'A meeting of whole days: occurred_at and ended_at are midnight UTC of its first day and of the day after its last.',
            'zone': 'IANA zone the event was written in ("Europe/Dublin"), or empty.',
            'thread_id': 'Same for all messages of a conversation, all instances of a recurring event.',
            'message_id': 'Message-ID or UID, without angle brackets.',
            'original_start': 'Start of this instance before it was moved (RFC 5545 section 3.8.4.4).',
            'is_bulk': 'Mail that a list or a machine sent.',
            'contact_id': 'The contact it is chiefly about: the sender of a mail to the user, the first recipient of one from the user. Absent when none of them is a contact.',
            'raw_event_id': 'What it was made from.',
            'normalizer_version': 'Version of the normalizer that made it; 0 when a person wrote it.',
        },
    ),
    'ItemFacts': (
        'What a plan wants to know about an item without keeping it.',
        {
            'labels': "Labels, folders or the calendar's name.",
            'participants': 'Everybody in it with their roles; addresses are normalized.',
            'delivered_to': "Addresses the message was delivered to: the user's own, most likely.",
            'from_list': 'List-Id, List-Unsubscribe, Precedence: bulk/list/junk',
            'auto_submitted': 'Auto-Submitted other than no (RFC 3834 section 5)',
            'marked_sent': 'The user sent it, as a label or folder says ("Sent").',
            'left_out': 'Why it makes no records ("group_card: ..."); empty when it does.',
            'is_card': "For cards and rows: the person's name and all e-mails, as participants with role about.",
        },
    ),
    'Job': (
        'One job. Jobs are rows: enqueued in the transaction of the data they are about.',
        {
            'kind': 'Which handler runs it.',
            'priority': 'Smaller runs first.',
            'virtual_time': 'Start-time fair queueing: the virtual start, set at enqueue.',
            'attempt': 'Starts so far.',
            'error': 'The last error, as JSON of Error; or null.',
            'trace': 'W3C traceparent of what caused it; may be empty.',
        },
    ),
    'JobFailure': (
        'The evidence of one failed start.',
        {
            'error': 'JSON of Error.',
        },
    ),
    'JobFilter': (
        '',
        {
            'kind': 'empty: every kind',
        },
    ),
    'JobProgress': (
        'How far a running job is, as its handler said.',
        {},
    ),
    'JobState': (
        '',
        {
            'scheduled': 'due later',
            'ready': 'may start now',
            'running': 'a worker holds its lease',
            'dead': 'all attempts used up, or a permanent error; kept with its evidence',
            'waiting': 'for other jobs to end',
        },
    ),
    'KindStats': (
        '',
        {
            'waiting': 'Of them, those that wait for other jobs are counted here.',
            'oldest_ready_at': 'When the longest-waiting ready job became due.',
        },
    ),
    'MergeResult': (
        'What a merge did.',
        {
            'contact': 'The contact that stayed, with what it took over.',
            'batch_id': 'unmerge takes it.',
        },
    ),
    'NewJob': (
        'What to run, when and how often.',
        {
            'payload': 'A JSON object for the handler.',
            'priority': 'Smaller runs first.',
            'run_at': 'Not before this time; now when absent.',
            'max_attempts': 'Starts in all: snoozes and given-back jobs cost none, a crash costs one.',
            'unique_key': 'While a job of this kind and key waits or runs, another one is not enqueued: its id is returned.',
            'cost': "Share of the user's fair turn that it takes (start-time fair queueing). At least 1.",
            'unique_for_ms': 'For UniqueScope::period: milliseconds since the enqueue, a year at the most.',
            'after_jobs': 'Waits (JobState::waiting) until these jobs of the same user are done. When one of them ends dead or cancelled, this job is cancelled. At most 1,000.',
            'after_batch': 'Waits until every job that the batch has by then has ended, however it ended.',
            'trace': "W3C traceparent of what caused it; empty: the calling thread's (observe/trace.hpp).",
        },
    ),
    'NormalizeOptions': (
        'What the rules of one plan say.',
        {
            'owner_keys': "The user's own addresses, normalized for matching.",
            'window_start': 'Instances of recurring events are made in this window.',
        },
    ),
    'Normalized': (
        'What became of the items. Deterministic: the same items give the same records, in any order.',
        {
            'facts': 'of the first item: what the contact rules need',
        },
    ),
    'NormalizedContact': (
        'A person that a card or row describes.',
        {},
    ),
    'NormalizedInteraction': (
        'An interaction with what came with it. Ids are empty.',
        {
            'item': 'Which of the items given it is made from.',
        },
    ),
    'Organization': (
        'An organization, known by its registrable domain (Public Suffix List) when it has one.',
        {
            'domain': 'Lower case, IDNA A-labels, unique per user; empty when none is known.',
        },
    ),
    'Origin': (
        "Where a record or a field's value came from. The order is the order of trust: a value of a later source replaces one of an earlier source, never the other way round.",
        {
            'email': 'a header or body of a mail',
            'calendar': "an event's organizer or attendee",
            'host': "an item of a source of the host's own",
            'csv': 'a row of a table',
            'vcard': 'a card',
            'api': 'the host, through an operation',
            'user': 'typed by the person',
        },
    ),
    'PageRequest': (
        'Which part of a list is wanted. Pages are keyset pages: page 20,000 costs what page 1 costs, and a row that is inserted or deleted meanwhile neither repeats nor hides another.',
        {
            'limit': '1 to 1,000; outside of that is invalid_argument.',
            'cursor': 'Page::next of the page before; empty for the first. Opaque, valid for the same query only.',
        },
    ),
    'Participant': (
        "One person's part in an interaction.",
        {
            'address': 'Normalized address; empty for a person named by contact alone.',
            'contact_id': 'The contact that owns the address, as far as there is one.',
            'is_self': "One of the user's own addresses.",
        },
    ),
    'ParticipantResponse': (
        'What an invited person answered (RFC 5545 section 3.2.12).',
        {},
    ),
    'ParticipantRole': (
        'What a participant did in it.',
        {},
    ),
    'PlanContact': (
        'A person the plan decided on, with the rule.',
        {
            'decision': '"create", "match" or "skip".',
            'rule': 'The rule: "wrote_to", "wrote_to_you", "card", "own_address", "role_address", "list_mail", ...',
        },
    ),
    'PlanFile': (
        'A file the plan reads, and how.',
        {
            'format': '"mbox", "maildir", "eml", "ics", "vcf", "csv"; or "ignored".',
            'note': 'For tables: which preset was recognized; for ignored or broken files: why.',
            'mapping': 'For tables: column -> field.',
        },
    ),
    'PlanSample': (
        "A line of the preview's sample.",
        {
            'outcome': 'What would become of it: "import", "known", or the rule that skips it.',
        },
    ),
    'PlanSummary': (
        'What the preview found.',
        {
            'known_items': 'imported before; nothing will happen to them',
            'per_day': 'newest 366 days that have items',
            'per_label': 'labels, folders, calendars; the 100 largest',
            'skipped_items': 'by reason',
            'skipped_people': 'addresses that do not become contacts, by rule',
            'contacts': 'the 100 with most messages',
        },
    ),
    'PolicyDryRun': (
        'A people rule applied to history, without changing anything.',
        {
            'contacts': 'the 100 with most messages',
        },
    ),
    'PreviewProgress': (
        'How far a preview is.',
        {},
    ),
    'RawEvent': (
        'One item of a source as received. Unique per user, connection, service and source id.',
        {
            'service': '"mail", "calendar", "contacts" or "table".',
            'source_id': "The source's own name for it: Message-ID, UID (+ RECURRENCE-ID), or a content hash.",
            'reason': 'Why it was skipped or is poison: a stable word (too_large), then ": " and detail for people.',
            'content_type': 'Lower case media type: message/rfc822, text/calendar, text/vcard, text/csv.',
            'size': 'Size of the payload before compression, in bytes.',
            'content_hash': 'SHA-256 of the payload, lower-case hex.',
            'origin': 'A JSON object: where it was read: {"path","position", ...source facts such as labels}.',
        },
    ),
    'RawEventState': (
        'Where a raw event stands. All but pending are terminal.',
        {
            'pending': 'fetched, not normalized yet',
            'normalized': 'its interaction, contact or organization exists',
            'skipped': 'left out, reason says by which rule',
            'gone': 'the source named it and then had it no more',
            'poison': 'cannot be read, reason says why',
        },
    ),
    'Reconciliation': (
        "Whether everything a batch's source names is here.",
        {
            'missing_ids': 'The first 100 source ids that are missing.',
            'statement': '"nothing missing as of <time>", or what is wrong, as a sentence.',
        },
    ),
    'RunSummary': (
        '',
        {
            'failed': 'attempts that failed, retried or not',
        },
    ),
    'Schedule': (
        'Enqueues a job of a kind again and again, at the times that a cron expression gives.',
        {
            'version': 'Grows with each change that a caller makes; that it fired does not count.',
            'name': 'Unique per user. 1 to 200 bytes.',
            'kind': 'Of the jobs. 1 to 100 bytes.',
            'payload': 'Of the jobs, as it is: nothing is added. A JSON object.',
            'cron': 'Five fields (minute, hour, day of month, month, day of week), six with seconds in front, or an alias like @daily. docs/schedules.md has the grammar.',
            'zone': 'IANA name of the time zone whose wall clock cron means.',
            'unique': 'A fire time gives no job while the one before still waits or runs.',
            'priority': 'Of the jobs; smaller runs first.',
            'next_at': 'When it fires next; absent while it is paused.',
            'last_at': 'The latest fire time that gave a job (not: when that was enqueued).',
            'error': 'Why it was paused by itself, as JSON of Error; or null.',
        },
    ),
    'SchedulePreview': (
        'Which fire times to tell.',
        {
            'zone': 'IANA name.',
            'after': 'Those later than this; now when absent.',
            'count': '1 to 1,000.',
        },
    ),
    'SearchHit': (
        '',
        {
            'people': "Who it was with, for showing: the sender, or the recipients of one's own mail.",
            'snippet': 'Text around the first match, with matches between U+27E6 and U+27E7 (white square brackets).',
            'matched': 'Where it matched: "subject", "people", "body", "files"; empty when only filters were given.',
        },
    ),
    'SearchOrder': (
        '',
        {
            'relevance': 'matches in the subject or the people first, then newest',
        },
    ),
    'SearchQuery': (
        '',
        {
            'text': 'Words (all must occur), "phrases", prefix*, -without, and filters: from:ada@example.org, with:ada, type:meeting, after:2002-08-01, before:2002-09-01, tag:customer, subject:word.',
        },
    ),
    'Segment': (
        "A saved filter over contacts, evaluated in SQL whenever it is read. docs/segments.md has the filter's grammar.",
        {
            'filter': '{"all":[...]}, {"any":[...]}, {"not":{...}} or {"field","op","value"}.',
        },
    ),
    'Suppression': (
        'What the user deleted or rejected, so that sync does not bring it back.',
        {
            'kind': '"email", "phone", "handle" or "item".',
            'value': 'The normalized identity, or service:source_id.',
        },
    ),
    'SyncBatch': (
        'Everything one approval (or one merge) wrote, undone as a whole.',
        {
            'total': 'Items the plan expects, and items that have reached a terminal state.',
            'reasons': 'Skipped and poison items by reason.',
            'message': 'Why it failed, or what it waits for.',
        },
    ),
    'SyncCursor': (
        'How far a source has been read: committed together with what was read.',
        {
            'scope': 'The calendar, label or file.',
            'position': 'Opaque to all but the source.',
        },
    ),
    'SyncPlan': (
        'A preview that waits for approval.',
        {},
    ),
    'SyncSource': (
        'What to read and by which rules.',
        {
            'provider': '"files" (later: "google"), or the name of a source that the host gave in Options::sources.',
            'paths': 'Files and folders, or an extracted Takeout archive. Absolute once planned.',
            'owner_addresses': "The user's own addresses; found in the data when empty (settings user.addresses come first).",
            'max_item_bytes': 'Larger items are skipped(too_large). Bytes.',
            'past_days': 'Instances of recurring events are made from this many days back (the default: all of them) to future_days ahead of the approval.',
            'default_zone': 'IANA zone of events and dates without one.',
            'column_mapping': 'A JSON object for .csv: column name -> field, over what was recognized.',
            'options': "A JSON object for a source of the host's own.",
        },
    ),
    'Tag': (
        'A label on contacts. Names are unique per user, ignoring case and accents.',
        {
            'color': '#rrggbb or empty.',
        },
    ),
    'Task': (
        'A follow-up. Open until done_at is set; hidden from the due list until snoozed_until.',
        {},
    ),
    'TaskStatus': (
        '',
        {
            'open': 'not done',
            'due': 'open, due by now, not snoozed',
            'snoozed': 'open, hidden until later',
        },
    ),
    'TimelineFilter': (
        '',
        {
            'contact_id': 'Absent: the whole timeline of the user.',
            'kinds': 'Empty: every kind.',
            'after': 'Half-open: after <= occurred_at < before.',
            'include_bulk': 'Mail of lists and machines.',
        },
    ),
    'UniqueConflict': (
        'What enqueueing a job does whose unique key is taken.',
        {
            'keep': 'nothing: the id of the one that has the key is returned',
            'replace': 'that one gets the new payload, priority and time if it still waits; its id is returned',
        },
    ),
    'UniqueScope': (
        'How long a unique key keeps others out.',
        {
            'waiting': 'until the job starts',
            'unfinished': 'until it has ended',
            'period': 'until it has ended, and for unique_for after its enqueue at least',
        },
    ),
}
