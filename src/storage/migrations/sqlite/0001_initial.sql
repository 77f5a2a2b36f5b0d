-- The whole schema of OmniCRM 0.1 on SQLite.
--
-- Every user table is keyed by (user_id, id). Ids are 16-byte UUIDv7 blobs, times are microseconds since
-- 1970 UTC, free-form fields are JSON text, enumerations are their names. Skinny tables are WITHOUT ROWID
-- (one tree less to write); wide ones keep a rowid, `seq`, because large rows make WITHOUT ROWID trees slow.

-- Provider accounts ------------------------------------------------------------------------------------
CREATE TABLE connections (
  user_id BLOB NOT NULL, id BLOB NOT NULL,
  provider TEXT NOT NULL, account TEXT NOT NULL, scopes TEXT NOT NULL DEFAULT '[]',
  status TEXT NOT NULL DEFAULT 'active', sealed_tokens BLOB, key_id TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX connections_account ON connections (user_id, provider, account);

-- People and organizations -----------------------------------------------------------------------------
CREATE TABLE contacts (
  seq INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL,
  display_name TEXT NOT NULL, name_prefix TEXT NOT NULL, given_name TEXT NOT NULL, middle_name TEXT NOT NULL,
  family_name TEXT NOT NULL, name_suffix TEXT NOT NULL, nickname TEXT NOT NULL,
  emails TEXT NOT NULL, phones TEXT NOT NULL, handles TEXT NOT NULL,
  organization_id BLOB, organization TEXT NOT NULL, department TEXT NOT NULL, job_title TEXT NOT NULL,
  birthday TEXT NOT NULL, note TEXT NOT NULL, custom TEXT NOT NULL, source TEXT NOT NULL,
  provenance TEXT NOT NULL, pinned INTEGER NOT NULL, archived INTEGER NOT NULL,
  merged_into BLOB, deleted_at INTEGER, batch_id BLOB,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  -- Derived for sorting and for suggesting duplicates: the folded display name.
  sort_name TEXT NOT NULL
);
CREATE UNIQUE INDEX contacts_id ON contacts (user_id, id);
CREATE INDEX contacts_created ON contacts (user_id, created_at DESC, id DESC);
CREATE INDEX contacts_updated ON contacts (user_id, updated_at DESC, id DESC);
CREATE INDEX contacts_name ON contacts (user_id, sort_name, id);
CREATE INDEX contacts_organization ON contacts (user_id, organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX contacts_batch ON contacts (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Which contact an address, number or handle means. Derived from the contacts' own lists, kept by the
-- repository; only live contacts (not deleted, not merged away) have rows.
CREATE TABLE contact_identities (
  user_id BLOB NOT NULL, kind TEXT NOT NULL, match_key TEXT NOT NULL, contact_id BLOB NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (user_id, kind, match_key)
) WITHOUT ROWID;
CREATE INDEX contact_identities_contact ON contact_identities (user_id, contact_id);

CREATE TABLE organizations (
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL,
  name TEXT NOT NULL, domain TEXT NOT NULL, website TEXT NOT NULL, industry TEXT NOT NULL, note TEXT NOT NULL,
  custom TEXT NOT NULL, source TEXT NOT NULL, provenance TEXT NOT NULL, deleted_at INTEGER, batch_id BLOB,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  sort_name TEXT NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX organizations_domain ON organizations (user_id, domain)
  WHERE domain <> '' AND deleted_at IS NULL;
CREATE INDEX organizations_name ON organizations (user_id, sort_name, id);
CREATE INDEX organizations_batch ON organizations (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Timeline ---------------------------------------------------------------------------------------------
-- `seq` is the row's place in the full-text index: minutes since 1970, then 10 bits that count within the minute,
-- so that the newest matches come first without sorting (docs/adr/0004).
CREATE TABLE interactions (
  seq INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL,
  kind TEXT NOT NULL, direction TEXT NOT NULL, status TEXT NOT NULL,
  subject TEXT NOT NULL, body TEXT NOT NULL, quoted TEXT NOT NULL, signature TEXT NOT NULL,
  occurred_at INTEGER NOT NULL, ended_at INTEGER, all_day INTEGER NOT NULL, zone TEXT NOT NULL,
  location TEXT NOT NULL, conference_url TEXT NOT NULL,
  thread_id TEXT NOT NULL, message_id TEXT NOT NULL, in_reply_to TEXT NOT NULL, original_start INTEGER,
  labels TEXT NOT NULL, is_bulk INTEGER NOT NULL, contact_id BLOB, source TEXT NOT NULL,
  raw_event_id BLOB, normalizer_version INTEGER NOT NULL, batch_id BLOB,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX interactions_id ON interactions (user_id, id);
CREATE INDEX interactions_occurred ON interactions (user_id, occurred_at DESC, id DESC);
CREATE INDEX interactions_contact ON interactions (user_id, contact_id, occurred_at DESC)
  WHERE contact_id IS NOT NULL;
CREATE INDEX interactions_thread ON interactions (user_id, thread_id) WHERE thread_id <> '';
CREATE INDEX interactions_raw_event ON interactions (user_id, raw_event_id) WHERE raw_event_id IS NOT NULL;
CREATE INDEX interactions_batch ON interactions (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE interaction_participants (
  user_id BLOB NOT NULL, interaction_id BLOB NOT NULL, ordinal INTEGER NOT NULL,
  role TEXT NOT NULL, address TEXT NOT NULL, match_key TEXT NOT NULL, name TEXT NOT NULL,
  response TEXT NOT NULL, contact_id BLOB, is_self INTEGER NOT NULL, occurred_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, interaction_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX interaction_participants_contact
  ON interaction_participants (user_id, contact_id, occurred_at DESC, interaction_id DESC)
  WHERE contact_id IS NOT NULL;
CREATE INDEX interaction_participants_address ON interaction_participants (user_id, match_key)
  WHERE match_key <> '';

CREATE TABLE raw_events (
  seq INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL, id BLOB NOT NULL, connection_id BLOB NOT NULL,
  service TEXT NOT NULL, source_id TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  content_type TEXT NOT NULL, size INTEGER NOT NULL, content_hash TEXT NOT NULL, origin TEXT NOT NULL,
  normalizer_version INTEGER NOT NULL, batch_id BLOB, created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX raw_events_id ON raw_events (user_id, id);
CREATE UNIQUE INDEX raw_events_source ON raw_events (user_id, connection_id, service, source_id);
CREATE INDEX raw_events_batch ON raw_events (user_id, batch_id, id) WHERE batch_id IS NOT NULL;
-- The bytes (zstd) apart from the event: its state changes once or twice, the bytes never, and a change of a row writes
-- all of it. No row for an item without bytes (too large, gone).
CREATE TABLE raw_payloads (
  seq INTEGER PRIMARY KEY REFERENCES raw_events (seq) ON DELETE CASCADE,
  user_id BLOB NOT NULL, payload BLOB NOT NULL
);

CREATE TABLE documents (
  seq INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL, id BLOB NOT NULL, interaction_id BLOB, raw_event_id BLOB, part INTEGER NOT NULL,
  filename TEXT NOT NULL, content_type TEXT NOT NULL, size INTEGER NOT NULL, text TEXT NOT NULL,
  batch_id BLOB, created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX documents_id ON documents (user_id, id);
CREATE INDEX documents_interaction ON documents (user_id, interaction_id, part)
  WHERE interaction_id IS NOT NULL;
CREATE INDEX documents_batch ON documents (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Labels, filters, follow-ups --------------------------------------------------------------------------
CREATE TABLE tags (
  user_id BLOB NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, color TEXT NOT NULL, batch_id BLOB,
  created_at INTEGER NOT NULL, sort_name TEXT NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX tags_name ON tags (user_id, sort_name);
CREATE INDEX tags_batch ON tags (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE contact_tags (
  user_id BLOB NOT NULL, contact_id BLOB NOT NULL, tag_id BLOB NOT NULL, batch_id BLOB,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, contact_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX contact_tags_tag ON contact_tags (user_id, tag_id, contact_id);
CREATE INDEX contact_tags_batch ON contact_tags (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE segments (
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL,
  filter TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX segments_name ON segments (user_id, name);

CREATE TABLE tasks (
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL,
  contact_id BLOB, interaction_id BLOB, due_at INTEGER, snoozed_until INTEGER, done_at INTEGER,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX tasks_due ON tasks (user_id, due_at, id) WHERE done_at IS NULL;
CREATE INDEX tasks_contact ON tasks (user_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX tasks_interaction ON tasks (user_id, interaction_id) WHERE interaction_id IS NOT NULL;

-- Sync -------------------------------------------------------------------------------------------------
CREATE TABLE sync_plans (
  user_id BLOB NOT NULL, id BLOB NOT NULL, state TEXT NOT NULL, source TEXT NOT NULL, summary TEXT NOT NULL,
  batch_id BLOB, created_at INTEGER NOT NULL, approved_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE sync_batches (
  user_id BLOB NOT NULL, id BLOB NOT NULL, plan_id BLOB, kind TEXT NOT NULL, state TEXT NOT NULL,
  total INTEGER NOT NULL, done INTEGER NOT NULL, counts TEXT NOT NULL, reasons TEXT NOT NULL,
  message TEXT NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER, undone_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;

CREATE TABLE sync_cursors (
  user_id BLOB NOT NULL, connection_id BLOB NOT NULL, service TEXT NOT NULL, scope TEXT NOT NULL,
  position TEXT NOT NULL, batch_id BLOB, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, connection_id, service, scope)
) WITHOUT ROWID;
CREATE INDEX sync_cursors_batch ON sync_cursors (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Before- and after-images of rows that a batch changed (not: created). Undo walks them backwards.
CREATE TABLE batch_changes (
  user_id BLOB NOT NULL, batch_id BLOB NOT NULL, seq INTEGER NOT NULL,
  table_name TEXT NOT NULL, row_id BLOB NOT NULL, before TEXT, after TEXT,
  PRIMARY KEY (user_id, batch_id, seq)
) WITHOUT ROWID;
CREATE INDEX batch_changes_row ON batch_changes (user_id, table_name, row_id);

CREATE TABLE suppressions (
  user_id BLOB NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL,
  contact_id BLOB, created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX suppressions_value ON suppressions (user_id, kind, value);
CREATE INDEX suppressions_contact ON suppressions (user_id, contact_id) WHERE contact_id IS NOT NULL;

-- Why an address did or did not become a contact: the last decision of each rule, kept for dry runs of
-- another policy. `messages` counts the mails that asked.
CREATE TABLE contact_decisions (
  user_id BLOB NOT NULL, batch_id BLOB NOT NULL, match_key TEXT NOT NULL, rule TEXT NOT NULL,
  decision TEXT NOT NULL, messages INTEGER NOT NULL,
  PRIMARY KEY (user_id, batch_id, match_key, rule)
) WITHOUT ROWID;

-- Audit ------------------------------------------------------------------------------------------------
CREATE TABLE audit_log (
  user_id BLOB NOT NULL, sequence INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
  operation TEXT NOT NULL, subject TEXT NOT NULL, subject_id TEXT NOT NULL, batch_id BLOB,
  details TEXT NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (user_id, sequence)
) WITHOUT ROWID;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
-- The chain's end, so that entries cut off at the end are missed too.
CREATE TABLE audit_heads (
  user_id BLOB NOT NULL PRIMARY KEY, sequence INTEGER NOT NULL, hash TEXT NOT NULL
) WITHOUT ROWID;

-- Jobs (docs: JOBS.md). On SQLite a job's row carries its state; the hot paths are partial indexes. -----
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY,
  user_id BLOB NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
  priority INTEGER NOT NULL, virtual_time INTEGER NOT NULL, run_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
  unique_key TEXT NOT NULL, unique_scope TEXT NOT NULL DEFAULT '', batch_id BLOB,
  lease_id BLOB, progress_done INTEGER NOT NULL, progress_total INTEGER NOT NULL, progress_note TEXT NOT NULL,
  error TEXT NOT NULL, result TEXT NOT NULL, cancel_requested INTEGER NOT NULL, trace TEXT NOT NULL,
  is_parked INTEGER NOT NULL,
  created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER
);
CREATE UNIQUE INDEX jobs_id ON jobs (user_id, id);
-- A line for each kind: what is paused, full or foreign is not walked through.
CREATE INDEX jobs_ready ON jobs (kind, priority, virtual_time, seq) WHERE state = 'ready' AND is_parked = 0;
CREATE INDEX jobs_parked ON jobs (kind, user_id) WHERE is_parked = 1;
CREATE INDEX jobs_scheduled ON jobs (run_at, seq) WHERE state = 'scheduled';
CREATE INDEX jobs_running ON jobs (lease_id) WHERE state = 'running';
CREATE INDEX jobs_batch ON jobs (user_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_batch_open ON jobs (user_id, batch_id) WHERE batch_id IS NOT NULL AND finished_at IS NULL;
CREATE INDEX jobs_finished ON jobs (kind, state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_listed ON jobs (user_id, created_at DESC, id DESC);

CREATE TABLE job_leases (
  id BLOB NOT NULL PRIMARY KEY, worker_id BLOB NOT NULL, claimed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX job_leases_worker ON job_leases (worker_id);
CREATE TABLE job_receipts (
  seq INTEGER PRIMARY KEY, user_id BLOB NOT NULL, job_id BLOB NOT NULL, lease_id BLOB NOT NULL,
  outcome TEXT NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE job_failures (
  user_id BLOB NOT NULL, job_id BLOB NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (user_id, job_id, attempt)
) WITHOUT ROWID;
-- scope: UniqueScope; until: the end of its period, 0: none.
CREATE TABLE job_unique (
  user_id BLOB NOT NULL, kind TEXT NOT NULL, unique_key TEXT NOT NULL, job_id BLOB NOT NULL,
  scope TEXT NOT NULL, until INTEGER NOT NULL,
  PRIMARY KEY (user_id, kind, unique_key)
) WITHOUT ROWID;
CREATE INDEX job_unique_until ON job_unique (until) WHERE until > 0;
-- What waiting jobs wait for: another job, or the end of a batch.
CREATE TABLE job_waits (
  seq INTEGER PRIMARY KEY, user_id BLOB NOT NULL, job_id BLOB NOT NULL, on_job BLOB, on_batch BLOB
);
CREATE INDEX job_waits_job ON job_waits (user_id, job_id);
CREATE UNIQUE INDEX job_waits_on_job ON job_waits (user_id, on_job, job_id) WHERE on_job IS NOT NULL;
CREATE UNIQUE INDEX job_waits_on_batch ON job_waits (user_id, on_batch, job_id) WHERE on_batch IS NOT NULL;
-- Of a user, or (the nil user) of all.
CREATE TABLE job_pauses (
  user_id BLOB NOT NULL, kind TEXT NOT NULL, paused_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, kind)
) WITHOUT ROWID;
-- What limits that hold for all processes together have let through: the period that began, its starts, until
-- when it is full, and how many may run at once.
CREATE TABLE job_rates (
  kind TEXT NOT NULL PRIMARY KEY, began_at INTEGER NOT NULL, started INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL, max_global INTEGER NOT NULL
) WITHOUT ROWID;
-- The fair clocks: a user's in a line; the nil user's, without a kind, is that of all lines of a priority.
CREATE TABLE job_clocks (
  user_id BLOB NOT NULL, kind TEXT NOT NULL, priority INTEGER NOT NULL, virtual_time INTEGER NOT NULL,
  PRIMARY KEY (user_id, kind, priority)
) WITHOUT ROWID;
-- Jobs as a copy to another storage (src/copy) reads and writes them, whatever tables a storage keeps them in. One that
-- runs arrives as one whose worker ended; a turn is given anew.
CREATE VIEW job_rows AS
  SELECT user_id, id, kind, payload, priority, run_at, attempt, max_attempts, unique_key, unique_scope, batch_id,
         progress_done, progress_total, progress_note, error, result, trace, created_at, started_at,
         CASE WHEN state <> 'running' THEN state WHEN cancel_requested = 1 THEN 'cancelled' ELSE 'ready' END AS state,
         CASE WHEN state IN ('scheduled', 'waiting') THEN virtual_time ELSE 1 END AS cost,
         CASE WHEN state = 'running' AND cancel_requested = 1 THEN started_at ELSE finished_at END AS finished_at
  FROM jobs;
CREATE TRIGGER job_rows_arrive INSTEAD OF INSERT ON job_rows BEGIN
  INSERT INTO job_clocks (user_id, kind, priority, virtual_time)
    SELECT new.user_id, new.kind, new.priority, new.cost WHERE new.state = 'ready'
    ON CONFLICT (user_id, kind, priority) DO UPDATE SET virtual_time = virtual_time + excluded.virtual_time;
  INSERT INTO jobs (user_id, id, kind, payload, state, priority, virtual_time, run_at, attempt, max_attempts, unique_key,
                    unique_scope, batch_id, lease_id, progress_done, progress_total, progress_note, error, result,
                    cancel_requested, trace, is_parked, created_at, started_at, finished_at)
    VALUES (new.user_id, new.id, new.kind, new.payload, new.state, new.priority,
            CASE WHEN new.state = 'ready' THEN
              (SELECT c.virtual_time - new.cost FROM job_clocks AS c
               WHERE c.user_id = new.user_id AND c.kind = new.kind AND c.priority = new.priority)
              WHEN new.state IN ('scheduled', 'waiting') THEN new.cost ELSE 0 END,
            new.run_at, new.attempt, new.max_attempts, new.unique_key, new.unique_scope, new.batch_id, NULL,
            new.progress_done, new.progress_total, new.progress_note, new.error, new.result, 0, new.trace,
            new.state = 'ready' AND EXISTS (SELECT 1 FROM job_pauses AS p
                                            WHERE p.user_id = new.user_id AND p.kind = new.kind),
            new.created_at, new.started_at, new.finished_at);
END;
CREATE TABLE workers (
  id BLOB NOT NULL PRIMARY KEY, name TEXT NOT NULL, started_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE schedules (
  user_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  payload TEXT NOT NULL, cron TEXT NOT NULL, zone TEXT NOT NULL, catch_up TEXT NOT NULL, paused INTEGER NOT NULL,
  is_unique INTEGER NOT NULL, priority INTEGER NOT NULL, next_at INTEGER, last_at INTEGER, error TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX schedules_name ON schedules (user_id, name);
CREATE INDEX schedules_next ON schedules (next_at) WHERE paused = 0;
CREATE INDEX schedules_last ON schedules (last_at) WHERE paused = 0;
-- Who does what only one worker should do, and until when.
CREATE TABLE leaders (
  name TEXT NOT NULL PRIMARY KEY, holder BLOB NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;

-- Events out -------------------------------------------------------------------------------------------
CREATE TABLE outbox (
  seq INTEGER PRIMARY KEY, user_id BLOB NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL,
  payload TEXT NOT NULL, created_at INTEGER NOT NULL, published_at INTEGER
);
CREATE INDEX outbox_waiting ON outbox (seq) WHERE published_at IS NULL;
CREATE TABLE webhook_endpoints (
  user_id BLOB NOT NULL, id BLOB NOT NULL, url TEXT NOT NULL, kinds TEXT NOT NULL, sealed_secret BLOB,
  key_id TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE TABLE webhook_deliveries (
  user_id BLOB NOT NULL, id BLOB NOT NULL, endpoint_id BLOB NOT NULL, event_id BLOB NOT NULL,
  state TEXT NOT NULL, attempt INTEGER NOT NULL, response_status INTEGER, error TEXT NOT NULL,
  created_at INTEGER NOT NULL, delivered_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (user_id, endpoint_id, event_id);

-- Insight ----------------------------------------------------------------------------------------------
CREATE TABLE models (
  user_id BLOB NOT NULL, id BLOB NOT NULL, task TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  weight INTEGER NOT NULL, position INTEGER NOT NULL, options TEXT NOT NULL, state TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE TABLE model_outcomes (
  user_id BLOB NOT NULL, id BLOB NOT NULL, model_id BLOB NOT NULL, experiment TEXT NOT NULL,
  outcome TEXT NOT NULL, latency_us INTEGER, first_token_us INTEGER, micro_credits INTEGER,
  is_fallback INTEGER NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE TABLE embeddings (
  seq INTEGER PRIMARY KEY, user_id BLOB NOT NULL, model TEXT NOT NULL, chunk INTEGER NOT NULL,
  dimensions INTEGER NOT NULL, vectors BLOB NOT NULL, members BLOB NOT NULL, tombstones BLOB NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX embeddings_chunk ON embeddings (user_id, model, chunk);
CREATE TABLE insights (
  user_id BLOB NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, subject_id BLOB,
  text TEXT NOT NULL, content TEXT NOT NULL, citations TEXT NOT NULL, components TEXT NOT NULL,
  model TEXT NOT NULL, usage TEXT NOT NULL, micro_credits INTEGER, state TEXT NOT NULL, batch_id BLOB,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX insights_subject ON insights (user_id, subject, subject_id, kind);
CREATE INDEX insights_batch ON insights (user_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE TABLE ai_quotas (
  user_id BLOB NOT NULL, period TEXT NOT NULL, limit_micro INTEGER NOT NULL, spent_micro INTEGER NOT NULL,
  held_micro INTEGER NOT NULL,
  PRIMARY KEY (user_id, period)
) WITHOUT ROWID;
CREATE TABLE ai_usage (
  user_id BLOB NOT NULL, id BLOB NOT NULL, period TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL,
  usage TEXT NOT NULL, estimate_micro INTEGER NOT NULL, micro_credits INTEGER, lease_until INTEGER,
  created_at INTEGER NOT NULL, settled_at INTEGER,
  PRIMARY KEY (user_id, id)
) WITHOUT ROWID;
CREATE INDEX ai_usage_held ON ai_usage (lease_until) WHERE state = 'held';

-- The rest ---------------------------------------------------------------------------------------------
CREATE TABLE rate_limits (
  user_id BLOB NOT NULL, name TEXT NOT NULL, tokens_micro INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
CREATE TABLE settings (
  user_id BLOB NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, name)
) WITHOUT ROWID;

-- Full text (docs/adr/0004). `u` holds one token per user, so that the user's scope is inside the index.
-- Contentless: the text stands in `interactions` and `documents` alone.
CREATE VIRTUAL TABLE interaction_text USING fts5 (
  u, subject, people, body, files, content = '', tokenize = "unicode61 remove_diacritics 2"
);
-- Measured in docs/adr/0004: larger hash and pages, fewer merges.
INSERT INTO interaction_text (interaction_text, rank) VALUES ('hashsize', 4194304);
INSERT INTO interaction_text (interaction_text, rank) VALUES ('automerge', 16);
INSERT INTO interaction_text (interaction_text, rank) VALUES ('pgsz', 8000);
-- Trigrams of the folded names, addresses and organization; `u` is one trigram per user.
CREATE VIRTUAL TABLE contact_text USING fts5 (
  u, words, content = '', tokenize = "trigram case_sensitive 1"
);
