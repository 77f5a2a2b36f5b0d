-- The whole schema of OmniCRM 0.1 on PostgreSQL (13 or later): the twin of sqlite/0001_initial.sql.
--
-- The same tables and columns. Ids are UUIDs, bytes BYTEA, counts and times (microseconds since 1970 UTC) BIGINT, flags
-- SMALLINT 0 and 1, so that the SQL is one. Texts compare by their bytes (COLLATE "C"), as SQLite's do. JSON stays
-- text: it is hashed, signed and handed back byte for byte.
--
-- Every key, unique index and reference of a user's table starts with user_id: the tables can be partitioned or
-- distributed by it. What SQLite numbers per table (`seq`) comes from a sequence here and is unique per user.
-- At the end: row-level security. The driver runs this with the target schema first in the search path.

-- The extensions may be there already, in a schema of the host's choice: their operator classes are found there.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
SELECT set_config('search_path', quote_ident(current_schema()) || ', ' ||
                  string_agg(extnamespace::regnamespace::text, ', '), true)
FROM pg_extension WHERE extname IN ('pg_trgm', 'btree_gin');

-- Roles are of the whole server: other databases may have made them already, or make them at this moment.
DO $roles$
DECLARE
  wanted TEXT;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['omnicrm_app', 'omnicrm_admin'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', wanted);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
      END;
    END IF;
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted AND (rolsuper OR rolbypassrls)) THEN
      RAISE EXCEPTION 'role % may pass row-level security: ALTER ROLE % NOSUPERUSER NOBYPASSRLS', wanted, wanted;
    END IF;
    IF NOT pg_has_role(current_user, wanted, 'USAGE') THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
  END LOOP;
END
$roles$;

-- SQLite's name for what the standard calls position(); inlined where it is used.
CREATE FUNCTION instr(text TEXT, part TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $instr$ SELECT strpos(text, part) $instr$;

-- Provider accounts ------------------------------------------------------------------------------------
CREATE TABLE connections (
  user_id UUID NOT NULL, id UUID NOT NULL,
  provider TEXT COLLATE "C" NOT NULL, account TEXT COLLATE "C" NOT NULL,
  scopes TEXT COLLATE "C" NOT NULL DEFAULT '[]',
  status TEXT COLLATE "C" NOT NULL DEFAULT 'active', sealed_tokens BYTEA, key_id TEXT COLLATE "C" NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX connections_account ON connections (user_id, provider, account);

-- People and organizations -----------------------------------------------------------------------------
CREATE SEQUENCE contacts_seq;
CREATE TABLE contacts (
  seq BIGINT NOT NULL DEFAULT nextval('contacts_seq'),
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL,
  display_name TEXT COLLATE "C" NOT NULL, name_prefix TEXT COLLATE "C" NOT NULL, given_name TEXT COLLATE "C" NOT NULL,
  middle_name TEXT COLLATE "C" NOT NULL,
  family_name TEXT COLLATE "C" NOT NULL, name_suffix TEXT COLLATE "C" NOT NULL, nickname TEXT COLLATE "C" NOT NULL,
  emails TEXT COLLATE "C" NOT NULL, phones TEXT COLLATE "C" NOT NULL, handles TEXT COLLATE "C" NOT NULL,
  organization_id UUID, organization TEXT COLLATE "C" NOT NULL, department TEXT COLLATE "C" NOT NULL,
  job_title TEXT COLLATE "C" NOT NULL,
  birthday TEXT COLLATE "C" NOT NULL, note TEXT COLLATE "C" NOT NULL, custom TEXT COLLATE "C" NOT NULL,
  source TEXT COLLATE "C" NOT NULL,
  provenance TEXT COLLATE "C" NOT NULL, pinned SMALLINT NOT NULL, archived SMALLINT NOT NULL,
  merged_into UUID, deleted_at BIGINT, batch_id UUID,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  -- Derived for sorting and for suggesting duplicates: the folded display name.
  sort_name TEXT COLLATE "C" NOT NULL
);
ALTER TABLE contacts ADD PRIMARY KEY (user_id, id);
CREATE UNIQUE INDEX contacts_seq_key ON contacts (user_id, seq);
CREATE INDEX contacts_created ON contacts (user_id, created_at DESC, id DESC);
CREATE INDEX contacts_updated ON contacts (user_id, updated_at DESC, id DESC);
CREATE INDEX contacts_name ON contacts (user_id, sort_name, id);
CREATE INDEX contacts_organization ON contacts (user_id, organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX contacts_batch ON contacts (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Which contact an address, number or handle means. Derived from the contacts' own lists, kept by the
-- repository; only live contacts (not deleted, not merged away) have rows.
CREATE TABLE contact_identities (
  user_id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, match_key TEXT COLLATE "C" NOT NULL,
  contact_id UUID NOT NULL,
  value TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, kind, match_key)
);
CREATE INDEX contact_identities_contact ON contact_identities (user_id, contact_id);

CREATE TABLE organizations (
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL,
  name TEXT COLLATE "C" NOT NULL, domain TEXT COLLATE "C" NOT NULL, website TEXT COLLATE "C" NOT NULL,
  industry TEXT COLLATE "C" NOT NULL, note TEXT COLLATE "C" NOT NULL,
  custom TEXT COLLATE "C" NOT NULL, source TEXT COLLATE "C" NOT NULL, provenance TEXT COLLATE "C" NOT NULL,
  deleted_at BIGINT, batch_id UUID,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  sort_name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX organizations_domain ON organizations (user_id, domain)
  WHERE domain <> '' AND deleted_at IS NULL;
CREATE INDEX organizations_name ON organizations (user_id, sort_name, id);
CREATE INDEX organizations_batch ON organizations (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Timeline ---------------------------------------------------------------------------------------------
-- `seq` is the row's place in the full-text index: minutes since 1970, then 10 bits that count within the minute,
-- so that the newest matches come first without sorting (docs/adr/0004).
CREATE TABLE interactions (
  seq BIGINT NOT NULL,
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL, direction TEXT COLLATE "C" NOT NULL, status TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, quoted TEXT COLLATE "C" NOT NULL,
  signature TEXT COLLATE "C" NOT NULL,
  occurred_at BIGINT NOT NULL, ended_at BIGINT, all_day SMALLINT NOT NULL, zone TEXT COLLATE "C" NOT NULL,
  location TEXT COLLATE "C" NOT NULL, conference_url TEXT COLLATE "C" NOT NULL,
  thread_id TEXT COLLATE "C" NOT NULL, message_id TEXT COLLATE "C" NOT NULL, in_reply_to TEXT COLLATE "C" NOT NULL,
  original_start BIGINT,
  labels TEXT COLLATE "C" NOT NULL, is_bulk SMALLINT NOT NULL, contact_id UUID, source TEXT COLLATE "C" NOT NULL,
  raw_event_id UUID, normalizer_version BIGINT NOT NULL, batch_id UUID,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
ALTER TABLE interactions ADD PRIMARY KEY (user_id, id);
CREATE UNIQUE INDEX interactions_seq_key ON interactions (user_id, seq);
CREATE INDEX interactions_occurred ON interactions (user_id, occurred_at DESC, id DESC);
CREATE INDEX interactions_contact ON interactions (user_id, contact_id, occurred_at DESC)
  WHERE contact_id IS NOT NULL;
CREATE INDEX interactions_thread ON interactions (user_id, thread_id) WHERE thread_id <> '';
CREATE INDEX interactions_raw_event ON interactions (user_id, raw_event_id) WHERE raw_event_id IS NOT NULL;
CREATE INDEX interactions_batch ON interactions (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE interaction_participants (
  user_id UUID NOT NULL, interaction_id UUID NOT NULL, ordinal BIGINT NOT NULL,
  role TEXT COLLATE "C" NOT NULL, address TEXT COLLATE "C" NOT NULL, match_key TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  response TEXT COLLATE "C" NOT NULL, contact_id UUID, is_self SMALLINT NOT NULL, occurred_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, interaction_id, ordinal)
);
CREATE INDEX interaction_participants_contact
  ON interaction_participants (user_id, contact_id, occurred_at DESC, interaction_id DESC)
  WHERE contact_id IS NOT NULL;
CREATE INDEX interaction_participants_address ON interaction_participants (user_id, match_key)
  WHERE match_key <> '';

CREATE SEQUENCE raw_events_seq;
CREATE TABLE raw_events (
  seq BIGINT NOT NULL DEFAULT nextval('raw_events_seq'),
  user_id UUID NOT NULL, id UUID NOT NULL, connection_id UUID NOT NULL,
  service TEXT COLLATE "C" NOT NULL, source_id TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  content_type TEXT COLLATE "C" NOT NULL, size BIGINT NOT NULL, content_hash TEXT COLLATE "C" NOT NULL,
  origin TEXT COLLATE "C" NOT NULL,
  normalizer_version BIGINT NOT NULL, batch_id UUID, created_at BIGINT NOT NULL
);
ALTER TABLE raw_events ADD PRIMARY KEY (user_id, id);
CREATE UNIQUE INDEX raw_events_seq_key ON raw_events (user_id, seq);
CREATE UNIQUE INDEX raw_events_source ON raw_events (user_id, connection_id, service, source_id);
CREATE INDEX raw_events_batch ON raw_events (user_id, batch_id, id) WHERE batch_id IS NOT NULL;
-- The bytes (zstd) apart from the event: its state changes once or twice, the bytes never, and a change of a row writes
-- all of it. No row for an item without bytes (too large, gone).
CREATE TABLE raw_payloads (
  user_id UUID NOT NULL, seq BIGINT NOT NULL, payload BYTEA NOT NULL,
  PRIMARY KEY (user_id, seq),
  FOREIGN KEY (user_id, seq) REFERENCES raw_events (user_id, seq) ON DELETE CASCADE
);
ALTER TABLE raw_payloads ALTER COLUMN payload SET STORAGE EXTERNAL;  -- compressed already

CREATE SEQUENCE documents_seq;
CREATE TABLE documents (
  seq BIGINT NOT NULL DEFAULT nextval('documents_seq'),
  user_id UUID NOT NULL, id UUID NOT NULL, interaction_id UUID, raw_event_id UUID, part BIGINT NOT NULL,
  filename TEXT COLLATE "C" NOT NULL, content_type TEXT COLLATE "C" NOT NULL, size BIGINT NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  batch_id UUID, created_at BIGINT NOT NULL
);
ALTER TABLE documents ADD PRIMARY KEY (user_id, id);
CREATE UNIQUE INDEX documents_seq_key ON documents (user_id, seq);
CREATE INDEX documents_interaction ON documents (user_id, interaction_id, part)
  WHERE interaction_id IS NOT NULL;
CREATE INDEX documents_batch ON documents (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Labels, filters, follow-ups --------------------------------------------------------------------------
CREATE TABLE tags (
  user_id UUID NOT NULL, id UUID NOT NULL, name TEXT COLLATE "C" NOT NULL, color TEXT COLLATE "C" NOT NULL,
  batch_id UUID,
  created_at BIGINT NOT NULL, sort_name TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX tags_name ON tags (user_id, sort_name);
CREATE INDEX tags_batch ON tags (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE contact_tags (
  user_id UUID NOT NULL, contact_id UUID NOT NULL, tag_id UUID NOT NULL, batch_id UUID,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, contact_id, tag_id)
);
CREATE INDEX contact_tags_tag ON contact_tags (user_id, tag_id, contact_id);
CREATE INDEX contact_tags_batch ON contact_tags (user_id, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE segments (
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL, name TEXT COLLATE "C" NOT NULL,
  filter TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX segments_name ON segments (user_id, name);

CREATE TABLE tasks (
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL, title TEXT COLLATE "C" NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  contact_id UUID, interaction_id UUID, due_at BIGINT, snoozed_until BIGINT, done_at BIGINT,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX tasks_due ON tasks (user_id, due_at, id) WHERE done_at IS NULL;
CREATE INDEX tasks_contact ON tasks (user_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX tasks_interaction ON tasks (user_id, interaction_id) WHERE interaction_id IS NOT NULL;

-- Sync -------------------------------------------------------------------------------------------------
CREATE TABLE sync_plans (
  user_id UUID NOT NULL, id UUID NOT NULL, state TEXT COLLATE "C" NOT NULL, source TEXT COLLATE "C" NOT NULL,
  summary TEXT COLLATE "C" NOT NULL,
  batch_id UUID, created_at BIGINT NOT NULL, approved_at BIGINT,
  PRIMARY KEY (user_id, id)
);

CREATE TABLE sync_batches (
  user_id UUID NOT NULL, id UUID NOT NULL, plan_id UUID, kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  total BIGINT NOT NULL, done BIGINT NOT NULL, counts TEXT COLLATE "C" NOT NULL, reasons TEXT COLLATE "C" NOT NULL,
  message TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, finished_at BIGINT, undone_at BIGINT,
  PRIMARY KEY (user_id, id)
);

CREATE TABLE sync_cursors (
  user_id UUID NOT NULL, connection_id UUID NOT NULL, service TEXT COLLATE "C" NOT NULL,
  scope TEXT COLLATE "C" NOT NULL,
  position TEXT COLLATE "C" NOT NULL, batch_id UUID, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, connection_id, service, scope)
);
CREATE INDEX sync_cursors_batch ON sync_cursors (user_id, batch_id) WHERE batch_id IS NOT NULL;

-- Before- and after-images of rows that a batch changed (not: created). Undo walks them backwards.
CREATE TABLE batch_changes (
  user_id UUID NOT NULL, batch_id UUID NOT NULL, seq BIGINT NOT NULL,
  table_name TEXT COLLATE "C" NOT NULL, row_id UUID NOT NULL, before TEXT COLLATE "C", after TEXT COLLATE "C",
  PRIMARY KEY (user_id, batch_id, seq)
);
CREATE INDEX batch_changes_row ON batch_changes (user_id, table_name, row_id);

CREATE TABLE suppressions (
  user_id UUID NOT NULL, id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  contact_id UUID, created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX suppressions_value ON suppressions (user_id, kind, value);
CREATE INDEX suppressions_contact ON suppressions (user_id, contact_id) WHERE contact_id IS NOT NULL;

-- Why an address did or did not become a contact: the last decision of each rule, kept for dry runs of
-- another policy. `messages` counts the mails that asked.
CREATE TABLE contact_decisions (
  user_id UUID NOT NULL, batch_id UUID NOT NULL, match_key TEXT COLLATE "C" NOT NULL, rule TEXT COLLATE "C" NOT NULL,
  decision TEXT COLLATE "C" NOT NULL, messages BIGINT NOT NULL,
  PRIMARY KEY (user_id, batch_id, match_key, rule)
);

-- Audit ------------------------------------------------------------------------------------------------
CREATE TABLE audit_log (
  user_id UUID NOT NULL, sequence BIGINT NOT NULL, at BIGINT NOT NULL, actor TEXT COLLATE "C" NOT NULL,
  operation TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, subject_id TEXT COLLATE "C" NOT NULL,
  batch_id UUID,
  details TEXT COLLATE "C" NOT NULL, previous_hash TEXT COLLATE "C" NOT NULL, hash TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, sequence)
);
CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
  RAISE EXCEPTION 'audit_log is append-only';
END
$refuse$;
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION audit_log_refuse();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();
-- The chain's end, so that entries cut off at the end are missed too.
CREATE TABLE audit_heads (
  user_id UUID NOT NULL PRIMARY KEY, sequence BIGINT NOT NULL, hash TEXT COLLATE "C" NOT NULL
);

-- Jobs: docs/adr/0015-skinny-ready-table.md ------------------------------------------------------------
-- A job's row is written once. Its state is where it stands: `ended` here for what ended otherwise than by the usual
-- success, else in job_scheduled, in a lease, in job_ready; a job that stands nowhere is done. Ids of a bulk call's jobs
-- are consecutive, so a chunk of them is (first, last).
CREATE TABLE jobs (
  user_id UUID NOT NULL, id UUID NOT NULL, priority BIGINT NOT NULL, run_at BIGINT NOT NULL, cost BIGINT NOT NULL,
  max_attempts BIGINT NOT NULL, created_at BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL, payload TEXT COLLATE "C" NOT NULL, unique_key TEXT COLLATE "C" NOT NULL,
  trace TEXT COLLATE "C" NOT NULL, batch_id UUID,
  -- Off the fast path: null for a job that was just done.
  ended TEXT COLLATE "C", ended_at BIGINT, attempt BIGINT, started_at BIGINT,
  error TEXT COLLATE "C", result TEXT COLLATE "C", cancel_requested SMALLINT, unique_scope TEXT COLLATE "C",
  progress_done BIGINT, progress_total BIGINT, progress_note TEXT COLLATE "C"
);
ALTER TABLE jobs ADD PRIMARY KEY (user_id, id);
CREATE INDEX jobs_batch ON jobs (user_id, batch_id, id) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;

-- Chunks of jobs that may start: inserted and deleted, never updated. `attempt` counts their starts so far.
CREATE TABLE job_ready (
  user_id UUID NOT NULL, first UUID NOT NULL, last UUID NOT NULL, vt BIGINT NOT NULL, priority BIGINT NOT NULL,
  cost BIGINT NOT NULL, n INTEGER NOT NULL, attempt INTEGER NOT NULL, kind TEXT COLLATE "C" NOT NULL
);
CREATE INDEX job_ready_line ON job_ready (kind, priority, vt, first) WHERE attempt = 0;
CREATE INDEX job_ready_restarts ON job_ready (kind, priority, vt, first) WHERE attempt > 0;
CREATE INDEX job_ready_place ON job_ready (user_id, first);
-- Every line that ever was.
CREATE TABLE job_lines (kind TEXT COLLATE "C" NOT NULL, priority BIGINT NOT NULL, PRIMARY KEY (kind, priority));
-- The last virtual start that was claimed: moved without a transaction, so that no row is hot.
CREATE SEQUENCE job_passed AS BIGINT MINVALUE 0 START 0;
CREATE TABLE job_clocks (
  user_id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, priority BIGINT NOT NULL, virtual_time BIGINT NOT NULL,
  PRIMARY KEY (user_id, kind, priority)
);
-- Jobs that are not to start yet. `due` null: they wait for other jobs, or their user has paused the kind.
CREATE TABLE job_scheduled (
  user_id UUID NOT NULL, id UUID NOT NULL, due BIGINT, priority BIGINT NOT NULL, cost BIGINT NOT NULL,
  attempt INTEGER NOT NULL, kind TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL, vt BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX job_scheduled_due ON job_scheduled (due) WHERE due IS NOT NULL;
-- A claimed group: what of it has not ended. `kind` when the claim counted against a limit of all machines.
CREATE TABLE job_leases (
  id UUID NOT NULL PRIMARY KEY, worker_id UUID NOT NULL, claimed_at BIGINT NOT NULL, revision INTEGER NOT NULL,
  n INTEGER NOT NULL, kind TEXT COLLATE "C",
  users UUID[] NOT NULL, firsts UUID[] NOT NULL, lasts UUID[] NOT NULL, attempts INTEGER[] NOT NULL,
  vts BIGINT[] NOT NULL
);
CREATE INDEX job_leases_worker ON job_leases (worker_id);
-- What was done, a row a flush and kind: retention goes by it.
CREATE SEQUENCE job_receipts_seq;
CREATE TABLE job_receipts (
  seq BIGINT NOT NULL DEFAULT nextval('job_receipts_seq') PRIMARY KEY,
  kind TEXT COLLATE "C" NOT NULL, at BIGINT NOT NULL,
  users UUID[] NOT NULL, firsts UUID[] NOT NULL, lasts UUID[] NOT NULL, started BIGINT[] NOT NULL
);
CREATE INDEX job_receipts_at ON job_receipts (at);
-- Running jobs that somebody wants cancelled.
CREATE TABLE job_cancels (
  user_id UUID NOT NULL, job_id UUID NOT NULL, lease_id UUID NOT NULL, worker_id UUID NOT NULL,
  PRIMARY KEY (user_id, job_id)
);
CREATE INDEX job_cancels_worker ON job_cancels (worker_id);
CREATE SEQUENCE job_waits_seq;
CREATE TABLE job_waits (
  seq BIGINT NOT NULL DEFAULT nextval('job_waits_seq'),
  user_id UUID NOT NULL, job_id UUID NOT NULL, on_job UUID, on_batch UUID,
  PRIMARY KEY (user_id, seq)
);
CREATE INDEX job_waits_job ON job_waits (user_id, job_id);
CREATE INDEX job_waits_on_job ON job_waits (user_id, on_job) WHERE on_job IS NOT NULL;
CREATE INDEX job_waits_on_batch ON job_waits (user_id, on_batch) WHERE on_batch IS NOT NULL;
-- Of the nil user: for all.
CREATE TABLE job_pauses (
  user_id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, paused_at BIGINT NOT NULL, PRIMARY KEY (user_id, kind)
);
-- What the limits of all machines say of a kind: the period that runs, and until when it is full.
CREATE TABLE job_rates (
  kind TEXT COLLATE "C" NOT NULL PRIMARY KEY, began_at BIGINT NOT NULL, started BIGINT NOT NULL,
  blocked_until BIGINT NOT NULL, max_global BIGINT NOT NULL
);
CREATE TABLE job_failures (
  user_id UUID NOT NULL, job_id UUID NOT NULL, attempt BIGINT NOT NULL, at BIGINT NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, job_id, attempt)
);
CREATE TABLE job_unique (
  user_id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, unique_key TEXT COLLATE "C" NOT NULL, job_id UUID NOT NULL,
  scope TEXT COLLATE "C" NOT NULL, until BIGINT NOT NULL,
  PRIMARY KEY (user_id, kind, unique_key)
);
CREATE INDEX job_unique_job ON job_unique (user_id, job_id);
CREATE TABLE workers (
  id UUID NOT NULL PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL
);
CREATE TABLE schedules (
  user_id UUID NOT NULL, id UUID NOT NULL, version BIGINT NOT NULL, name TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL, payload TEXT COLLATE "C" NOT NULL,
  cron TEXT COLLATE "C" NOT NULL, zone TEXT COLLATE "C" NOT NULL, catch_up TEXT COLLATE "C" NOT NULL,
  paused SMALLINT NOT NULL, is_unique SMALLINT NOT NULL, priority BIGINT NOT NULL,
  next_at BIGINT, last_at BIGINT, error TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX schedules_name ON schedules (user_id, name);
CREATE INDEX schedules_next ON schedules (next_at) WHERE paused = 0;
CREATE INDEX schedules_last ON schedules (last_at) WHERE paused = 0;
-- Who does what only one worker should do, and until when.
CREATE TABLE leaders (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY, holder UUID NOT NULL, until BIGINT NOT NULL
);

-- Events out -------------------------------------------------------------------------------------------
CREATE SEQUENCE outbox_seq;
CREATE TABLE outbox (
  seq BIGINT NOT NULL DEFAULT nextval('outbox_seq'), user_id UUID NOT NULL, id UUID NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, published_at BIGINT,
  PRIMARY KEY (user_id, seq)
);
CREATE INDEX outbox_waiting ON outbox (seq) WHERE published_at IS NULL;
CREATE TABLE webhook_endpoints (
  user_id UUID NOT NULL, id UUID NOT NULL, url TEXT COLLATE "C" NOT NULL, kinds TEXT COLLATE "C" NOT NULL,
  sealed_secret BYTEA,
  key_id TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE TABLE webhook_deliveries (
  user_id UUID NOT NULL, id UUID NOT NULL, endpoint_id UUID NOT NULL, event_id UUID NOT NULL,
  state TEXT COLLATE "C" NOT NULL, attempt BIGINT NOT NULL, response_status BIGINT, error TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, delivered_at BIGINT,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX webhook_deliveries_event ON webhook_deliveries (user_id, endpoint_id, event_id);

-- Insight ----------------------------------------------------------------------------------------------
CREATE TABLE models (
  user_id UUID NOT NULL, id UUID NOT NULL, task TEXT COLLATE "C" NOT NULL, provider TEXT COLLATE "C" NOT NULL,
  model TEXT COLLATE "C" NOT NULL,
  weight BIGINT NOT NULL, position BIGINT NOT NULL, options TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE TABLE model_outcomes (
  user_id UUID NOT NULL, id UUID NOT NULL, model_id UUID NOT NULL, experiment TEXT COLLATE "C" NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL, latency_us BIGINT, first_token_us BIGINT, micro_credits BIGINT,
  is_fallback SMALLINT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE TABLE embeddings (
  user_id UUID NOT NULL, model TEXT COLLATE "C" NOT NULL, chunk BIGINT NOT NULL,
  dimensions BIGINT NOT NULL, vectors BYTEA NOT NULL, members BYTEA NOT NULL, tombstones BYTEA NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, model, chunk)
);
CREATE TABLE insights (
  user_id UUID NOT NULL, id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL,
  subject_id UUID,
  text TEXT COLLATE "C" NOT NULL, content TEXT COLLATE "C" NOT NULL, citations TEXT COLLATE "C" NOT NULL,
  components TEXT COLLATE "C" NOT NULL,
  model TEXT COLLATE "C" NOT NULL, usage TEXT COLLATE "C" NOT NULL, micro_credits BIGINT,
  state TEXT COLLATE "C" NOT NULL, batch_id UUID,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX insights_subject ON insights (user_id, subject, subject_id, kind);
CREATE INDEX insights_batch ON insights (user_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE TABLE ai_quotas (
  user_id UUID NOT NULL, period TEXT COLLATE "C" NOT NULL, limit_micro BIGINT NOT NULL, spent_micro BIGINT NOT NULL,
  held_micro BIGINT NOT NULL,
  PRIMARY KEY (user_id, period)
);
CREATE TABLE ai_usage (
  user_id UUID NOT NULL, id UUID NOT NULL, period TEXT COLLATE "C" NOT NULL, model TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  usage TEXT COLLATE "C" NOT NULL, estimate_micro BIGINT NOT NULL, micro_credits BIGINT, lease_until BIGINT,
  created_at BIGINT NOT NULL, settled_at BIGINT,
  PRIMARY KEY (user_id, id)
);
CREATE INDEX ai_usage_held ON ai_usage (lease_until) WHERE state = 'held';

-- The rest ---------------------------------------------------------------------------------------------
CREATE TABLE rate_limits (
  user_id UUID NOT NULL, name TEXT COLLATE "C" NOT NULL, tokens_micro BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);
CREATE TABLE settings (
  user_id UUID NOT NULL, name TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);

-- Full text. One row for each interaction: its words as the library folds and splits them (not the server's parser),
-- weighted by where they stand: A subject, B people, C body, D files. The first lexeme is the user's own token, so that
-- the user's scope is inside the index, as it is on SQLite.
CREATE TABLE interaction_text (
  user_id UUID NOT NULL, seq BIGINT NOT NULL, words TSVECTOR NOT NULL,
  PRIMARY KEY (user_id, seq)
);
CREATE INDEX interaction_text_words ON interaction_text USING gin (words);
-- The folded names, addresses and organization of a contact, searched by parts of words (trigrams).
CREATE TABLE contact_text (
  user_id UUID NOT NULL, seq BIGINT NOT NULL, words TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, seq)
);
CREATE INDEX contact_text_words ON contact_text USING gin (user_id, words gin_trgm_ops);

-- Long values: lz4 where the server has it (a build option, PostgreSQL 14), its own compression costs an import several
-- times as much processor time. https://www.postgresql.org/docs/15/storage-toast.html
DO $long$
DECLARE
  col RECORD;
BEGIN
  FOR col IN
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
      AND a.attstorage = 'x'
  LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET COMPRESSION lz4', col.relname, col.attname);
  END LOOP;
EXCEPTION WHEN feature_not_supported OR syntax_error THEN
  NULL;
END
$long$;

-- Row-level security -----------------------------------------------------------------------------------
-- A user's rows are those of `omnicrm.user_id`, which the driver sets for each transaction; without it there are none.
-- FORCE: the tables' owner is held to it too. omnicrm_app is the user's side, omnicrm_admin the library's own
-- (claiming, retention, migration); neither can pass the policies (NOBYPASSRLS), they have different ones.
DO $security$
DECLARE
  own CONSTANT TEXT := 'user_id = NULLIF(current_setting(''omnicrm.user_id'', true), '''')::uuid';
  tab TEXT;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO omnicrm_app, omnicrm_admin', current_schema());
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO omnicrm_admin', current_schema());
  EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO omnicrm_app', current_schema());
  EXECUTE format('GRANT USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA %I TO omnicrm_admin', current_schema());
  FOR tab IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'user_id'
    ORDER BY c.relname
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY own_rows ON %I TO omnicrm_app USING (%s) WITH CHECK (%s)', tab, own, own);
    EXECUTE format('CREATE POLICY all_rows ON %I TO omnicrm_admin USING (true) WITH CHECK (true)', tab);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO omnicrm_app', tab);
  END LOOP;
END
$security$;
REVOKE UPDATE, DELETE ON audit_log FROM omnicrm_app, omnicrm_admin;
REVOKE ALL ON schema_migrations FROM omnicrm_admin;
GRANT SELECT ON schema_migrations TO omnicrm_app, omnicrm_admin;
-- Whether all users' jobs of a kind are paused is no secret.
CREATE POLICY everyones_pauses ON job_pauses FOR SELECT TO omnicrm_app
  USING (user_id = '00000000-0000-0000-0000-000000000000');

-- What a user must learn of all users' rows, and nothing else of them. They run as the tables' owner.
--
-- The id `k` places after: consecutive ids differ in their last 48 bits, of which the highest is 0 at the first.
CREATE FUNCTION omnicrm_job_after(id UUID, k BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $after$
  SELECT (left(t, 20) || lpad(to_hex(('x' || right(t, 12))::bit(48)::bigint + k), 12, '0'))::uuid
  FROM (SELECT replace(id::text, '-', '') AS t) AS texts
$after$;
-- Where new jobs of anybody start in a line (jobs/postgres/pg_enqueue.cpp): the least virtual start that is ready, not
-- looked for below `from_vt`; in an empty line the last one that was claimed. The line is known from now on.
CREATE FUNCTION omnicrm_next_start(wanted_kind TEXT, wanted_priority BIGINT, from_vt BIGINT) RETURNS BIGINT
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $next$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM job_lines WHERE kind = wanted_kind AND priority = wanted_priority) THEN
    INSERT INTO job_lines (kind, priority) VALUES (wanted_kind, wanted_priority) ON CONFLICT DO NOTHING;
  END IF;
  RETURN coalesce(
    (SELECT vt FROM job_ready WHERE kind = wanted_kind AND priority = wanted_priority AND vt >= from_vt AND attempt = 0
     ORDER BY vt LIMIT 1),
    (SELECT last_value FROM job_passed));
END
$next$;
-- Starts for `units` of cost of the user's in a line; the user's clock moves on.
CREATE FUNCTION omnicrm_job_start(owner UUID, line_kind TEXT, line_priority BIGINT, from_vt BIGINT, units BIGINT,
                                  OUT system BIGINT, OUT start BIGINT, OUT paused BOOLEAN)
LANGUAGE plpgsql VOLATILE AS $start$
BEGIN
  system := omnicrm_next_start(line_kind, line_priority, from_vt);
  INSERT INTO job_clocks AS c (user_id, kind, priority, virtual_time)
  VALUES (owner, line_kind, line_priority, system + units)
  ON CONFLICT (user_id, kind, priority) DO UPDATE SET virtual_time = greatest(c.virtual_time, system) + units
  RETURNING virtual_time - units INTO start;
  paused := EXISTS (SELECT 1 FROM job_pauses p WHERE p.user_id = owner AND p.kind = line_kind);
END
$start$;
-- Whether the lease still holds the user's job: it stays so until the caller's transaction ends.
CREATE FUNCTION omnicrm_job_held(lease UUID, owner UUID, job UUID) RETURNS BOOLEAN
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $held$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
  held RECORD;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN false; END IF;
  SELECT users, firsts, lasts INTO held FROM job_leases WHERE id = lease FOR KEY SHARE;
  RETURN FOUND AND EXISTS (
    SELECT 1 FROM unnest(held.users, held.firsts, held.lasts) AS u (user_id, first, last)
    WHERE u.user_id = owner AND job BETWEEN u.first AND u.last);
END
$held$;
-- Asks the worker that runs the user's job to cancel it. False: nobody runs it.
CREATE FUNCTION omnicrm_job_ask_cancel(owner UUID, job UUID) RETURNS BOOLEAN
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $ask$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN false; END IF;
  INSERT INTO job_cancels (user_id, job_id, lease_id, worker_id)
  SELECT owner, job, l.id, l.worker_id FROM job_leases l
  WHERE EXISTS (SELECT 1 FROM unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last)
                WHERE u.user_id = owner AND job BETWEEN u.first AND u.last)
  ON CONFLICT (user_id, job_id) DO UPDATE SET lease_id = excluded.lease_id, worker_id = excluded.worker_id;
  RETURN FOUND;
END
$ask$;

-- Jobs with where they stand.
CREATE VIEW job_places AS
SELECT j.*,
       CASE WHEN j.ended IS NOT NULL THEN j.ended WHEN s.state IS NOT NULL THEN s.state
            WHEN l.id IS NOT NULL THEN 'running' WHEN r.vt IS NOT NULL THEN 'ready' ELSE 'done' END AS state,
       coalesce(s.vt, l.vt, r.vt, 0) AS virtual_time, coalesce(s.due, j.run_at) AS due,
       coalesce(j.attempt, s.attempt, l.attempt, r.attempt, 1) AS starts, l.id AS lease_id, l.claimed_at
FROM jobs j
LEFT JOIN LATERAL (SELECT s.state, s.due, s.attempt, s.vt FROM job_scheduled s
                   WHERE j.ended IS NULL AND s.user_id = j.user_id AND s.id = j.id) s ON true
LEFT JOIN LATERAL (SELECT p.vt, p.attempt
                   FROM (SELECT r.vt, r.attempt, r.last FROM job_ready r WHERE r.user_id = j.user_id AND r.first <= j.id
                         ORDER BY r.first DESC LIMIT 1) p
                   WHERE j.ended IS NULL AND s.state IS NULL AND p.last >= j.id) r ON true
LEFT JOIN LATERAL (SELECT l.id, l.claimed_at, u.attempt, u.vt
                   FROM job_leases l, unnest(l.users, l.firsts, l.lasts, l.attempts, l.vts) AS u (user_id, first, last, attempt, vt)
                   WHERE j.ended IS NULL AND s.state IS NULL AND r.vt IS NULL AND u.user_id = j.user_id AND j.id BETWEEN u.first AND u.last
                   LIMIT 1) l ON true;
-- Jobs as users see them. The library's own; a user reads it through omnicrm_jobs_of.
CREATE VIEW job_states AS
SELECT j.user_id, j.id, j.kind, j.payload, j.state, j.priority, j.virtual_time, j.due AS run_at, j.starts AS attempt,
       j.max_attempts, j.unique_key, j.batch_id, j.lease_id,
       coalesce(j.progress_done, 0) AS progress_done, coalesce(j.progress_total, 0) AS progress_total,
       coalesce(j.progress_note, '') AS progress_note,
       coalesce(j.error, f.error, 'null') AS error, coalesce(j.result, 'null') AS result,
       coalesce(j.cancel_requested, 0) AS cancel_requested, j.created_at,
       coalesce(j.started_at, j.claimed_at, d.started) AS started_at, coalesce(j.ended_at, d.at) AS finished_at, j.trace
FROM job_places j
LEFT JOIN LATERAL (SELECT p.at, u.started
                   FROM (SELECT * FROM job_receipts c WHERE c.at >= j.created_at ORDER BY c.at LIMIT 2000) p,
                        unnest(p.users, p.firsts, p.lasts, p.started) AS u (user_id, first, last, started)
                   WHERE j.ended IS NULL AND j.state = 'done' AND p.kind = j.kind
                     AND u.user_id = j.user_id AND j.id BETWEEN u.first AND u.last LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT f.error FROM job_failures f WHERE f.user_id = j.user_id AND f.job_id = j.id
                   ORDER BY f.at DESC, f.attempt DESC LIMIT 1) f ON true;
-- Jobs as a copy to another storage (src/copy) reads and writes them, whatever tables a storage keeps them in. One that
-- runs arrives as one whose worker ended; a turn is given anew; when a job was just done is not in its row, so that such a
-- one ended when it was due.
CREATE VIEW job_rows AS
SELECT j.user_id, j.id, j.kind, j.payload, j.priority, j.due AS run_at, j.starts AS attempt, j.max_attempts, j.unique_key,
       coalesce(j.unique_scope, '') AS unique_scope, j.batch_id,
       coalesce(j.progress_done, 0) AS progress_done, coalesce(j.progress_total, 0) AS progress_total,
       coalesce(j.progress_note, '') AS progress_note,
       coalesce(j.error, (SELECT f.error FROM job_failures f WHERE f.user_id = j.user_id AND f.job_id = j.id
                          ORDER BY f.at DESC, f.attempt DESC LIMIT 1), 'null') AS error,
       coalesce(j.result, 'null') AS result, j.trace, j.created_at, coalesce(j.started_at, j.claimed_at) AS started_at,
       CASE WHEN j.state <> 'running' THEN j.state WHEN j.cancel_requested = 1 THEN 'cancelled' ELSE 'ready' END AS state,
       CASE WHEN j.state IN ('scheduled', 'waiting') THEN j.cost ELSE 1 END AS cost,
       CASE WHEN j.state = 'running' AND j.cancel_requested = 1 THEN j.claimed_at
            WHEN j.state = 'done' THEN coalesce(j.ended_at, j.run_at) ELSE j.ended_at END AS finished_at
FROM job_places j;
CREATE FUNCTION job_arrive() RETURNS trigger LANGUAGE plpgsql AS $arrive$
DECLARE
  turn RECORD;
  is_over CONSTANT BOOLEAN := new.state IN ('done', 'dead', 'cancelled');
BEGIN
  INSERT INTO jobs (user_id, id, priority, run_at, cost, max_attempts, created_at, kind, payload, unique_key, trace,
                    batch_id, ended, ended_at, attempt, started_at, error, result, unique_scope, progress_done,
                    progress_total, progress_note)
  VALUES (new.user_id, new.id, new.priority, new.run_at, new.cost, new.max_attempts, new.created_at, new.kind, new.payload,
          new.unique_key, new.trace, new.batch_id, CASE WHEN is_over THEN new.state END, new.finished_at,
          CASE WHEN is_over THEN new.attempt END, new.started_at, nullif(new.error, 'null'), nullif(new.result, 'null'),
          nullif(new.unique_scope, ''), new.progress_done, new.progress_total, new.progress_note);
  IF is_over THEN RETURN new; END IF;
  IF new.state = 'ready' THEN
    SELECT * INTO turn FROM omnicrm_job_start(new.user_id, new.kind, new.priority, -9223372036854775808, new.cost);
    IF NOT turn.paused THEN
      INSERT INTO job_ready (user_id, first, last, vt, priority, cost, n, attempt, kind)
      VALUES (new.user_id, new.id, new.id, turn.start, new.priority, new.cost, 1, new.attempt, new.kind);
      RETURN new;
    END IF;
  END IF;
  INSERT INTO job_scheduled (user_id, id, due, priority, cost, attempt, kind, state, vt)
  VALUES (new.user_id, new.id, CASE WHEN new.state = 'scheduled' THEN new.run_at END, new.priority, new.cost, new.attempt,
          new.kind, new.state, 0);
  RETURN new;
END
$arrive$;
CREATE TRIGGER job_rows_arrive INSTEAD OF INSERT ON job_rows FOR EACH ROW EXECUTE FUNCTION job_arrive();
-- How far a job is that another one is to wait for, locked so that it cannot end before the caller's transaction does.
-- Null: the user has no such job.
CREATE FUNCTION omnicrm_job_hold(owner UUID, job UUID) RETURNS TEXT
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $hold$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
  seen TEXT;
  again TEXT;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN NULL; END IF;
  LOOP
    SELECT s.state INTO seen FROM job_states s WHERE s.user_id = owner AND s.id = job;
    IF seen IS NULL OR seen IN ('done', 'cancelled', 'dead') THEN RETURN seen; END IF;
    PERFORM 1 FROM job_scheduled WHERE user_id = owner AND id = job FOR SHARE;
    PERFORM 1 FROM job_ready r WHERE r.user_id = owner AND r.first = (
      SELECT p.first FROM job_ready p WHERE p.user_id = owner AND p.first <= job ORDER BY p.first DESC LIMIT 1) FOR SHARE;
    PERFORM 1 FROM job_leases l WHERE EXISTS (
      SELECT 1 FROM unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last)
      WHERE u.user_id = owner AND job BETWEEN u.first AND u.last) FOR SHARE;
    SELECT s.state INTO again FROM job_states s WHERE s.user_id = owner AND s.id = job;
    IF again = seen THEN RETURN seen; END IF;
  END LOOP;
END
$hold$;
-- A job of a batch that has not ended, the last one; null: the batch is over, or there is none.
CREATE FUNCTION omnicrm_job_batch_open(owner UUID, batch UUID) RETURNS UUID
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $open$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN NULL; END IF;
  RETURN (
    SELECT j.id FROM jobs j WHERE j.user_id = owner AND j.batch_id = batch AND j.ended IS NULL AND (
      EXISTS (SELECT 1 FROM job_scheduled s WHERE s.user_id = owner AND s.id = j.id)
      OR (SELECT r.last FROM job_ready r WHERE r.user_id = owner AND r.first <= j.id ORDER BY r.first DESC LIMIT 1) >= j.id
      OR EXISTS (SELECT 1 FROM job_leases l, unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last)
                 WHERE u.user_id = owner AND j.id BETWEEN u.first AND u.last))
    ORDER BY j.id DESC LIMIT 1);
END
$open$;
-- Whether a batch is to be waited for; then one of its jobs cannot end before the caller's transaction does, so that its
-- end sees who waits.
CREATE FUNCTION omnicrm_job_batch_hold(owner UUID, batch UUID) RETURNS BOOLEAN
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $hold$
DECLARE
  one UUID;
BEGIN
  LOOP
    one := omnicrm_job_batch_open(owner, batch);
    IF one IS NULL THEN RETURN false; END IF;
    IF omnicrm_job_hold(owner, one) NOT IN ('done', 'cancelled', 'dead') THEN RETURN true; END IF;
  END LOOP;
END
$hold$;
-- Jobs have ended: those that waited for them go on, or are cancelled (transitively) when they ended badly.
CREATE FUNCTION omnicrm_job_resolve(now_at BIGINT, owners UUID[], from_ids UUID[], to_ids UUID[], bad BOOLEAN)
RETURNS INTEGER LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $resolve$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
  waiting RECORD;
  users UUID[] := '{}';
  ids UUID[] := '{}';
  errors TEXT[];
  depth INTEGER := 0;
BEGIN
  IF own IS NOT NULL AND own <> ALL (owners) THEN RETURN 0; END IF;
  IF NOT EXISTS (SELECT 1 FROM job_waits) THEN RETURN 0; END IF;
  IF bad THEN
    -- Everything that stands behind them, and what it waited for, before anything is changed.
    WITH RECURSIVE behind AS (
      SELECT w.user_id, w.job_id, e.id AS cause, j.ended AS how
      FROM job_waits w JOIN unnest(owners, from_ids) AS e (user_id, id) ON w.user_id = e.user_id AND w.on_job = e.id
      JOIN jobs j ON j.user_id = e.user_id AND j.id = e.id
      UNION
      SELECT w.user_id, w.job_id, b.job_id, 'cancelled' FROM behind b
      JOIN job_waits w ON w.user_id = b.user_id AND w.on_job = b.job_id
    )
    SELECT array_agg(b.user_id), array_agg(b.job_id), array_agg(format(
      '{"code":"failed_precondition","message":"job %1$s, which it waited for, is %2$s","details":{"job":"%1$s"},'
      '"retryable":false,"needs_user":false}', b.cause, b.how))
    INTO users, ids, errors
    FROM (SELECT DISTINCT ON (user_id, job_id) * FROM behind ORDER BY user_id, job_id, cause) b;
    IF ids IS NOT NULL THEN
      DELETE FROM job_scheduled s USING unnest(users, ids) AS e (user_id, id) WHERE s.user_id = e.user_id AND s.id = e.id;
      UPDATE jobs j SET ended = 'cancelled', ended_at = now_at, attempt = 0, error = e.error
      FROM unnest(users, ids, errors) AS e (user_id, id, error)
      WHERE j.user_id = e.user_id AND j.id = e.id AND j.ended IS NULL;
      DELETE FROM job_waits w USING unnest(users, ids) AS e (user_id, id) WHERE w.user_id = e.user_id AND w.job_id = e.id;
      DELETE FROM job_unique k USING unnest(users, ids) AS e (user_id, id)
      WHERE k.user_id = e.user_id AND k.job_id = e.id AND k.until <= now_at;
    END IF;
    users := coalesce(users, '{}') || owners;
    ids := coalesce(ids, '{}') || from_ids;
  END IF;
  -- Waits that are over: for jobs that are done, and for batches of which nothing is left to end.
  FOR waiting IN
    WITH over AS (
      DELETE FROM job_waits w USING unnest(owners, from_ids, to_ids) AS e (user_id, first, last)
      WHERE NOT bad AND w.user_id = e.user_id AND w.on_job BETWEEN e.first AND e.last RETURNING w.user_id, w.job_id
    ), batches AS (
      SELECT DISTINCT w.user_id, w.on_batch FROM job_waits w
      WHERE w.on_batch IS NOT NULL AND w.user_id = ANY (owners)
        AND omnicrm_job_batch_open(w.user_id, w.on_batch) IS NULL
    ), over_batches AS (
      DELETE FROM job_waits w USING batches b WHERE w.user_id = b.user_id AND w.on_batch = b.on_batch
      RETURNING w.user_id, w.job_id
    )
    SELECT user_id, job_id FROM over UNION SELECT user_id, job_id FROM over_batches
  LOOP
    depth := depth + 1;
    UPDATE job_scheduled s SET due = j.run_at, state = 'scheduled' FROM jobs j
    WHERE s.user_id = waiting.user_id AND s.id = waiting.job_id AND s.state = 'waiting'
      AND j.user_id = s.user_id AND j.id = s.id
      AND NOT EXISTS (SELECT 1 FROM job_waits w WHERE w.user_id = s.user_id AND w.job_id = s.id);
  END LOOP;
  RETURN depth + cardinality(users);
END
$resolve$;
-- A user's own jobs, newest first, from `below` down; of one id when that is given.
CREATE FUNCTION omnicrm_jobs_of(owner UUID, only_id UUID, below UUID, only_state TEXT, only_kind TEXT, only_batch UUID,
                                wanted BIGINT)
RETURNS SETOF job_states LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $of$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN; END IF;
  IF only_id IS NOT NULL THEN
    RETURN QUERY SELECT * FROM job_states s WHERE s.user_id = owner AND s.id = only_id;
  ELSIF only_batch IS NOT NULL THEN
    RETURN QUERY SELECT * FROM job_states s WHERE s.user_id = owner AND s.batch_id = only_batch AND s.id < below
      AND (only_kind IS NULL OR s.kind = only_kind) AND (only_state IS NULL OR s.state = only_state)
      ORDER BY s.id DESC LIMIT wanted;
  ELSE
    RETURN QUERY SELECT * FROM job_states s WHERE s.user_id = owner AND s.id < below
      AND (only_kind IS NULL OR s.kind = only_kind) AND (only_state IS NULL OR s.state = only_state)
      ORDER BY s.id DESC LIMIT wanted;
  END IF;
END
$of$;
-- Counts by kind and state, of one user or (for the library itself) of all.
CREATE FUNCTION omnicrm_job_counts(owner UUID)
RETURNS TABLE (kind TEXT, state TEXT, jobs BIGINT, oldest BIGINT) LANGUAGE plpgsql STABLE SECURITY DEFINER AS $counts$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  IF own IS DISTINCT FROM owner AND own IS NOT NULL THEN RETURN; END IF;
  RETURN QUERY
    WITH held AS (
      SELECT j.kind AS k, 'running' AS s, j.run_at AS at
      FROM job_leases l, unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last)
      JOIN jobs j ON j.user_id = u.user_id AND j.id BETWEEN u.first AND u.last AND j.ended IS NULL
      WHERE owner IS NULL OR u.user_id = owner
    ), lined AS (
      SELECT j.kind AS k, 'ready' AS s, j.run_at AS at
      FROM job_ready r JOIN jobs j ON j.user_id = r.user_id AND j.id BETWEEN r.first AND r.last AND j.ended IS NULL
      WHERE owner IS NULL OR r.user_id = owner
    ), later AS (
      SELECT c.kind AS k, c.state AS s, coalesce(c.due, 0) AS at FROM job_scheduled c
      WHERE owner IS NULL OR c.user_id = owner
    ), placed AS (
      SELECT * FROM held UNION ALL SELECT * FROM lined UNION ALL SELECT * FROM later
    ), counted AS (
      SELECT p.k, p.s, count(*) AS n, min(p.at) AS at FROM placed p GROUP BY 1, 2
    ), written AS (
      SELECT j.kind AS k, coalesce(j.ended, 'done') AS s, count(*) AS n FROM jobs j
      WHERE owner IS NULL OR j.user_id = owner GROUP BY 1, 2
    )
    SELECT c.k::TEXT, c.s::TEXT, c.n::BIGINT, c.at::BIGINT FROM counted c
    UNION ALL
    SELECT w.k, w.s::TEXT, (w.n - CASE WHEN w.s = 'done' THEN
             coalesce((SELECT sum(c.n) FROM counted c WHERE c.k = w.k), 0) ELSE 0 END)::BIGINT, 0::BIGINT
    FROM written w;
END
$counts$;
-- The two searches. The operators of text search and of trigrams are not leakproof, so that under a policy they could
-- not use their indexes (PostgreSQL, "Rules and Privileges"): here the user's scope is part of the search itself.
CREATE FUNCTION omnicrm_text_places(query TSQUERY, below BIGINT, from_place BIGINT, wanted BIGINT)
RETURNS SETOF BIGINT LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $text$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  RETURN QUERY
    SELECT t.seq FROM interaction_text t
    WHERE t.words @@ (to_tsquery('simple', 'u' || replace(own::text, '-', '')) && query)
      AND t.user_id = own AND t.seq < below AND t.seq >= from_place
    ORDER BY t.seq DESC LIMIT wanted;
END
$text$;
-- The first pattern is looked up in the index: give the longest.
CREATE FUNCTION omnicrm_contact_places(patterns TEXT[], wanted BIGINT)
RETURNS SETOF BIGINT LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 AS $contact$
DECLARE
  own CONSTANT UUID := NULLIF(current_setting('omnicrm.user_id', true), '')::uuid;
BEGIN
  RETURN QUERY
    SELECT t.seq FROM contact_text t
    WHERE t.user_id = own AND t.words LIKE patterns[1] AND t.words LIKE ALL (patterns)
    ORDER BY t.seq DESC LIMIT wanted;
END
$contact$;
DO $functions$
DECLARE
  fun REGPROCEDURE;
BEGIN
  FOR fun IN
    SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'omnicrm\_%'
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', fun);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO omnicrm_app, omnicrm_admin', fun);
    -- A caller's own search path must not lend them other tables or operators.
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', fun, current_schema());
    -- Whether the index of words or the order of places is the quicker way depends on the words, and on how many are
    -- wanted: a plan made for any of them takes the wrong one.
    EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_custom_plan', fun);
  END LOOP;
END
$functions$;

-- The library's own side of the queue: only omnicrm_admin may call these. -------------------------------
--
-- Due jobs come into the line; their turn counts from now.
CREATE FUNCTION job_promote(now_at BIGINT) RETURNS INTEGER LANGUAGE plpgsql VOLATILE AS $promote$
DECLARE
  moved INTEGER;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM job_scheduled WHERE due <= now_at) THEN RETURN 0; END IF;
  WITH gone AS (
    DELETE FROM job_scheduled WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM job_scheduled WHERE due <= now_at ORDER BY due LIMIT 500 FOR UPDATE SKIP LOCKED))
    RETURNING *
  ), parked AS (
    INSERT INTO job_scheduled (user_id, id, due, priority, cost, attempt, kind, state, vt)
    SELECT g.user_id, g.id, NULL, g.priority, g.cost, g.attempt, g.kind, 'ready', 0
    FROM gone g JOIN job_pauses p ON p.user_id = g.user_id AND p.kind = g.kind
  ), free AS (
    SELECT g.* FROM gone g WHERE NOT EXISTS (SELECT 1 FROM job_pauses p WHERE p.user_id = g.user_id AND p.kind = g.kind)
  ), starts AS (
    SELECT f.user_id, f.kind, f.priority, s.start
    FROM (SELECT user_id, kind, priority, sum(cost)::bigint AS units FROM free GROUP BY 1, 2, 3) f
    CROSS JOIN LATERAL omnicrm_job_start(f.user_id, f.kind, f.priority, -9223372036854775808, f.units) s
  ), put AS (
    INSERT INTO job_ready (kind, priority, vt, first, last, n, cost, user_id, attempt)
    SELECT f.kind, f.priority,
           s.start + sum(f.cost) OVER (PARTITION BY f.user_id, f.kind, f.priority ORDER BY f.due, f.id) - f.cost,
           f.id, f.id, 1, f.cost, f.user_id, f.attempt
    FROM free f JOIN starts s USING (user_id, kind, priority)
  )
  SELECT count(*) INTO moved FROM gone;
  RETURN moved;
END
$promote$;

-- The next jobs of a line, whole chunks as far as that goes: what is too much of one goes back. `last_vt`: where the
-- line's next claim may begin. `passed`: the virtual time at which the last of these jobs ends its turn.
CREATE FUNCTION job_take(line_kind TEXT, line_priority BIGINT, from_vt BIGINT, want INTEGER, chunks INTEGER,
                         restarts INTEGER,
                         OUT users UUID[], OUT firsts UUID[], OUT lasts UUID[], OUT attempts INTEGER[], OUT vts BIGINT[],
                         OUT got INTEGER, OUT restarted INTEGER, OUT restarts_left BOOLEAN, OUT last_vt BIGINT,
                         OUT passed BIGINT)
LANGUAGE plpgsql VOLATILE AS $take$
DECLARE
  -- A claim of few jobs (slow ones) takes turns within its chunks, or a large one would be all of it.
  fine CONSTANT BOOLEAN := want < 256;
  head BIGINT;
  t RECORD;
  step INTEGER := greatest(chunks, 1);
  back BIGINT;
BEGIN
  users := '{}'; firsts := '{}'; lasts := '{}'; attempts := '{}'; vts := '{}';
  got := 0; restarted := 0; restarts_left := false;
  -- Jobs that were started before: only before those that are behind them, and only for free threads.
  IF EXISTS (SELECT 1 FROM job_ready WHERE kind = line_kind AND priority = line_priority AND attempt > 0) THEN
    SELECT vt INTO head FROM job_ready
    WHERE kind = line_kind AND priority = line_priority AND vt >= from_vt AND attempt = 0 ORDER BY vt LIMIT 1;
    IF restarts > 0 AND want > 0 THEN
      WITH gone AS (
        DELETE FROM job_ready WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM job_ready
          WHERE kind = line_kind AND priority = line_priority AND attempt > 0
            AND vt <= coalesce(head, 9223372036854775807)
          ORDER BY vt, first LIMIT least(restarts, want) FOR UPDATE SKIP LOCKED)) RETURNING *
      )
      SELECT array_agg(g.user_id) AS u, array_agg(g.first) AS f, array_agg(g.last) AS l, array_agg(g.attempt) AS a,
             array_agg(g.vt) AS v, count(*)::integer AS n, max(g.vt) AS vt
      INTO t FROM gone g;
      IF t.n > 0 THEN
        users := t.u; firsts := t.f; lasts := t.l; attempts := t.a; vts := t.v; got := t.n; restarted := t.n;
        last_vt := t.vt;
      END IF;
    END IF;
    restarts_left := EXISTS (SELECT 1 FROM job_ready WHERE kind = line_kind AND priority = line_priority AND attempt > 0);
  END IF;
  WHILE got < want LOOP
    WITH gone AS (
      DELETE FROM job_ready WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM job_ready
        WHERE kind = line_kind AND priority = line_priority AND vt >= from_vt AND attempt = 0
        ORDER BY vt, first LIMIT step FOR UPDATE SKIP LOCKED)) RETURNING *
    ), span AS (  -- what was not looked at begins there
      SELECT CASE WHEN count(*) = step THEN greatest(max(g.vt), min(g.vt) + 1) END AS edge FROM gone g
    ), turns AS (
      SELECT o.first, count(*) AS part
      FROM (SELECT g.first FROM gone g CROSS JOIN span s
            CROSS JOIN generate_series(0, least(g.n, want - got, (s.edge - g.vt + g.cost - 1) / g.cost) - 1) AS k
            WHERE fine ORDER BY g.vt + k * g.cost, g.first LIMIT want - got) o GROUP BY o.first
    ), measured AS (
      SELECT g.*, o.part AS turns, sum(g.n) OVER (ORDER BY g.vt, g.first) - g.n AS before
      FROM gone g LEFT JOIN turns o ON o.first = g.first
    ), line AS MATERIALIZED (
      SELECT m.*, CASE WHEN fine THEN coalesce(m.turns, 0) ELSE greatest(0, least(m.n, want - got - m.before)) END::integer
               AS part
      FROM measured m
    ), back AS (
      INSERT INTO job_ready (kind, priority, vt, first, last, n, cost, user_id, attempt)
      SELECT line_kind, line_priority, r.vt + r.part * r.cost, omnicrm_job_after(r.first, r.part), r.last, r.n - r.part,
             r.cost, r.user_id, 0
      FROM line r WHERE r.part < r.n RETURNING vt
    )
    SELECT array_agg(g.user_id) AS u, array_agg(g.first) AS f,
           array_agg(CASE WHEN g.part = g.n THEN g.last ELSE omnicrm_job_after(g.first, g.part - 1) END) AS l,
           array_agg(g.vt) AS v, sum(g.part)::integer AS n, count(*)::integer AS taken, max(g.vt) AS vt,
           max(g.vt + g.part * g.cost) AS ends, (SELECT count(*) FROM gone) AS seen, (SELECT min(b.vt) FROM back b) AS back
    INTO t FROM line g WHERE g.part > 0;
    EXIT WHEN t.taken = 0;
    users := users || t.u; firsts := firsts || t.f; lasts := lasts || t.l; vts := vts || t.v;
    attempts := attempts || array_fill(0, ARRAY[t.taken]);
    got := got + t.n;
    last_vt := greatest(last_vt, t.vt);
    passed := greatest(passed, t.ends);
    back := least(back, t.back);
    EXIT WHEN t.seen < step AND t.back IS NULL;
    step := least(greatest(want - got, 1), step * 4);
  END LOOP;
  last_vt := least(last_vt, back);
END
$take$;

-- A share's claim: its lines in order of priority, those of one priority in turns.
CREATE FUNCTION job_claim(now_at BIGINT, worker UUID, lease UUID, kinds TEXT[], want INTEGER, restarts INTEGER,
                          max_global BIGINT, rate BIGINT, rate_period BIGINT,
                          known_kinds TEXT[], known_priorities BIGINT[], known_from BIGINT[], known_served BIGINT[],
                          known_chunks INTEGER[])
RETURNS TABLE (what SMALLINT, chunk INTEGER, user_id UUID, id UUID, kind TEXT, payload TEXT, priority BIGINT, vt BIGINT,
               run_at BIGINT, attempt INTEGER, max_attempts BIGINT, cost BIGINT, unique_key TEXT, batch_id UUID,
               created_at BIGINT, trace TEXT, is_ended BOOLEAN, cancel_requested SMALLINT)
LANGUAGE plpgsql VOLATILE AS $claim$
#variable_conflict use_column
DECLARE
  line RECORD;
  t RECORD;
  room INTEGER := want;
  free_restarts INTEGER := restarts;
  users UUID[] := '{}'; firsts UUID[] := '{}'; lasts UUID[] := '{}'; attempts INTEGER[] := '{}'; vts BIGINT[] := '{}';
  capped TEXT;
  known_began BIGINT;
  known_started BIGINT;
  known_max BIGINT;
  began BIGINT := now_at;
  used BIGINT := 0;
  blocked BIGINT;
  left_behind BOOLEAN := false;
  passed BIGINT;
  taken INTEGER := 0;
BEGIN
  IF max_global > 0 OR rate > 0 THEN
    capped := kinds[1];
    PERFORM pg_advisory_xact_lock(hashtextextended(capped, 73));  -- claims of the kind take turns
    IF max_global > 0 THEN
      room := least(room, max_global - (SELECT coalesce(sum(l.n), 0) FROM job_leases l WHERE l.kind = capped));
    END IF;
    SELECT r.began_at, r.started, r.max_global INTO known_began, known_started, known_max FROM job_rates r
    WHERE r.kind = capped;
    IF rate > 0 THEN
      -- A period begins with its first start; a clock that was set back begins a new one.
      IF now_at >= known_began AND now_at < known_began + rate_period THEN
        began := known_began;
        used := known_started;
      END IF;
      room := least(room, greatest(0, rate - used));
    END IF;
  END IF;
  IF room > 0 THEN
    FOR line IN
      SELECT l.kind, l.priority, k.from_vt, k.chunks, p.pass, count(*) OVER (PARTITION BY l.priority, p.pass) AS many
      FROM job_lines l
      LEFT JOIN unnest(known_kinds, known_priorities, known_from, known_served, known_chunks)
        AS k (kind, priority, from_vt, served, chunks) ON k.kind = l.kind AND k.priority = l.priority
      CROSS JOIN (VALUES (1), (2)) AS p (pass)
      WHERE l.kind = ANY (kinds) AND NOT EXISTS (
        SELECT 1 FROM job_pauses z WHERE z.user_id = '00000000-0000-0000-0000-000000000000' AND z.kind = l.kind)
      ORDER BY l.priority, p.pass, k.served NULLS FIRST, l.kind
    LOOP
      EXIT WHEN room <= 0;
      CONTINUE WHEN line.pass = 2 AND line.many = 1;
      t := job_take(line.kind, line.priority, coalesce(line.from_vt, -9223372036854775808),
                    CASE WHEN line.pass = 1 THEN least(room, ceil(want::numeric / line.many)::integer) ELSE room END,
                    coalesce(line.chunks, 8), free_restarts);
      left_behind := left_behind OR t.restarts_left;
      CONTINUE WHEN t.got = 0;
      free_restarts := free_restarts - t.restarted;
      room := room - t.got;
      taken := taken + t.got;
      users := users || t.users; firsts := firsts || t.firsts; lasts := lasts || t.lasts;
      attempts := attempts || t.attempts; vts := vts || t.vts;
      passed := greatest(passed, t.passed);
      RETURN QUERY SELECT 1::smallint, cardinality(t.users), NULL::uuid, NULL::uuid, line.kind, NULL::text, line.priority,
        t.last_vt, NULL::bigint, t.got, NULL::bigint, NULL::bigint, NULL::text, NULL::uuid, NULL::bigint, NULL::text,
        NULL::boolean, NULL::smallint;
    END LOOP;
  END IF;
  IF rate > 0 AND used + taken >= rate THEN blocked := began + rate_period; END IF;
  IF (rate > 0 AND taken > 0) OR (capped IS NOT NULL AND coalesce(known_max, 0) <> max_global) THEN
    INSERT INTO job_rates AS r (kind, began_at, started, blocked_until, max_global)
    VALUES (capped, began, used + taken, coalesce(blocked, 0), max_global)
    ON CONFLICT (kind) DO UPDATE SET began_at = excluded.began_at, started = excluded.started,
      blocked_until = excluded.blocked_until, max_global = excluded.max_global;
  END IF;
  -- Where a limit ended the claim, asking again at once would find nothing.
  RETURN QUERY SELECT 2::smallint, CASE WHEN blocked IS NULL THEN want - taken ELSE 1 END, NULL::uuid, NULL::uuid, NULL::text, NULL::text, NULL::bigint, NULL::bigint,
    CASE WHEN taken < want THEN
      least(blocked, (SELECT s.due FROM job_scheduled s WHERE s.due IS NOT NULL ORDER BY s.due LIMIT 1)) END,
    NULL::integer, NULL::bigint, NULL::bigint, NULL::text, NULL::uuid, NULL::bigint, NULL::text, left_behind,
    NULL::smallint;
  IF cardinality(users) = 0 THEN RETURN; END IF;
  IF passed > (SELECT last_value FROM job_passed) THEN PERFORM setval('job_passed', passed); END IF;
  INSERT INTO job_leases (id, worker_id, claimed_at, revision, n, kind, users, firsts, lasts, attempts, vts)
  SELECT lease, worker, now_at, 0, taken, capped, users, firsts, lasts, array_agg(a + 1), vts FROM unnest(attempts) AS a;
  RETURN QUERY
    SELECT 3::smallint, c.place::integer, j.user_id, j.id, j.kind, j.payload, j.priority, c.vt, j.run_at, c.attempt + 1,
           j.max_attempts, j.cost, j.unique_key, j.batch_id, j.created_at, j.trace, j.ended IS NOT NULL, j.cancel_requested
    FROM unnest(users, firsts, lasts, attempts, vts) WITH ORDINALITY AS c (user_id, first, last, attempt, vt, place)
    CROSS JOIN LATERAL (SELECT * FROM jobs j WHERE j.user_id = c.user_id AND j.id BETWEEN c.first AND c.last OFFSET 0) j;
END
$claim$;

-- A worker's leases that it has lost come back: each start that ended this way is a failed attempt with its evidence; or,
-- without `error`, the worker never learned of the claim and nothing was started. A lease whose job is just being
-- completed stays for the next time. Gives the number of jobs, -1 when the worker was heard of since.
CREATE FUNCTION job_recover(now_at BIGINT, worker UUID, heard_at BIGINT, only_lease UUID, reason TEXT)
RETURNS INTEGER LANGUAGE plpgsql VOLATILE AS $recover$
DECLARE
  l RECORD;
  h RECORD;
  taken INTEGER := 0;
  behind UUID[];
  owners UUID[];
BEGIN
  IF only_lease IS NULL THEN
    PERFORM 1 FROM workers WHERE id = worker AND heartbeat_at = heard_at FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN RETURN -1; END IF;
  END IF;
  FOR l IN SELECT * FROM job_leases WHERE worker_id = worker AND (only_lease IS NULL OR id = only_lease)
           FOR UPDATE SKIP LOCKED LOOP
    FOR h IN
      SELECT j.user_id, j.id, j.kind, j.priority, j.cost, j.max_attempts, j.cancel_requested, j.unique_key,
             u.attempt, u.vt
      FROM unnest(l.users, l.firsts, l.lasts, l.attempts, l.vts) AS u (user_id, first, last, attempt, vt)
      CROSS JOIN LATERAL (SELECT * FROM jobs j WHERE j.user_id = u.user_id AND j.id BETWEEN u.first AND u.last OFFSET 0) j
      WHERE j.ended IS NULL AND NOT EXISTS (
        SELECT 1 FROM job_ready r WHERE r.user_id = j.user_id AND r.first = j.id)
    LOOP
      taken := taken + 1;
      IF reason IS NOT NULL THEN
        INSERT INTO job_failures (user_id, job_id, attempt, at, error) VALUES (h.user_id, h.id, h.attempt, now_at, reason)
        ON CONFLICT (user_id, job_id, attempt) DO UPDATE SET at = excluded.at, error = excluded.error;
      END IF;
      IF h.cancel_requested = 1 OR (reason IS NOT NULL AND h.attempt >= h.max_attempts) THEN
        UPDATE jobs j SET ended = CASE WHEN h.cancel_requested = 1 THEN 'cancelled' ELSE 'dead' END, ended_at = now_at,
               attempt = h.attempt, started_at = l.claimed_at, error = coalesce(reason, j.error)
        WHERE j.user_id = h.user_id AND j.id = h.id;
        IF h.unique_key <> '' THEN
          DELETE FROM job_unique k WHERE k.user_id = h.user_id AND k.job_id = h.id AND k.until <= now_at;
        END IF;
        PERFORM omnicrm_job_resolve(now_at, ARRAY[h.user_id], ARRAY[h.id], ARRAY[h.id], true);
      ELSE
        INSERT INTO job_ready (kind, priority, vt, first, last, n, cost, user_id, attempt)
        VALUES (h.kind, h.priority, h.vt, h.id, h.id, 1, h.cost, h.user_id,
                CASE WHEN reason IS NULL THEN h.attempt - 1 ELSE h.attempt END);
      END IF;
    END LOOP;
    -- A handler's own transaction ended some before its worker could tell those who wait.
    IF EXISTS (SELECT 1 FROM job_waits) THEN
      SELECT array_agg(j.user_id), array_agg(j.id) INTO owners, behind
      FROM unnest(l.users, l.firsts, l.lasts) AS u (user_id, first, last)
      JOIN jobs j ON j.user_id = u.user_id AND j.id BETWEEN u.first AND u.last WHERE j.ended = 'done';
      IF behind IS NOT NULL THEN PERFORM omnicrm_job_resolve(now_at, owners, behind, behind, false); END IF;
    END IF;
    DELETE FROM job_leases WHERE id = l.id;
    DELETE FROM job_cancels WHERE lease_id = l.id;
  END LOOP;
  IF only_lease IS NULL AND NOT EXISTS (SELECT 1 FROM job_leases WHERE worker_id = worker) THEN
    DELETE FROM workers WHERE id = worker;
  END IF;
  RETURN taken;
END
$recover$;

-- Removes ended jobs of a kind (or of every kind), about `wanted` at the most.
CREATE FUNCTION job_retain(only_kind TEXT, done_before BIGINT, dead_before BIGINT, wanted BIGINT)
RETURNS BIGINT LANGUAGE plpgsql VOLATILE AS $retain$
DECLARE
  receipt RECORD;
  removed BIGINT := 0;
  counted BIGINT;
BEGIN
  FOR receipt IN
    SELECT * FROM job_receipts r WHERE r.at < done_before AND (only_kind IS NULL OR r.kind = only_kind)
    ORDER BY r.at LIMIT 100 FOR UPDATE SKIP LOCKED
  LOOP
    EXIT WHEN removed >= wanted;
    DELETE FROM jobs j USING unnest(receipt.users, receipt.firsts, receipt.lasts) AS u (user_id, first, last)
    WHERE j.user_id = u.user_id AND j.id BETWEEN u.first AND u.last AND j.ended IS NULL;
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM job_receipts r WHERE r.seq = receipt.seq;
  END LOOP;
  WITH gone AS (
    DELETE FROM jobs WHERE (user_id, id) IN (
      SELECT j.user_id, j.id FROM jobs j
      WHERE j.ended_at IS NOT NULL AND j.ended_at < greatest(done_before, dead_before)
        AND (only_kind IS NULL OR j.kind = only_kind)
        AND j.ended_at < CASE WHEN j.ended = 'dead' THEN dead_before ELSE done_before END
      ORDER BY j.ended_at LIMIT greatest(wanted - removed, 0)) RETURNING user_id, id
  ), evidence AS (
    DELETE FROM job_failures f USING gone g WHERE f.user_id = g.user_id AND f.job_id = g.id
  )
  SELECT count(*) INTO counted FROM gone;
  RETURN removed + counted;
END
$retain$;

-- A worker's beat, and the outcomes that are only "done": leases that have ended altogether, and what is left of others.
-- Gives the leases that the worker does not have any more (their outcomes count for nothing), and the nil id when the
-- worker itself was declared dead: then nothing was written.
CREATE FUNCTION job_close(now_at BIGINT, worker UUID, beat BIGINT, shut UUID[], shut_revisions INTEGER[],
                          parts UUID[], part_revisions INTEGER[], part_of INTEGER[], part_users UUID[],
                          part_firsts UUID[], part_lasts UUID[], part_attempts INTEGER[], part_vts BIGINT[],
                          part_n INTEGER[],
                          done_leases UUID[], done_kinds TEXT[], done_users UUID[], done_firsts UUID[], done_lasts UUID[],
                          done_started BIGINT[])
RETURNS SETOF UUID LANGUAGE plpgsql VOLATILE AS $close$
DECLARE
  gone UUID[];
  kept UUID[] := '{}';
BEGIN
  UPDATE workers SET heartbeat_at = beat WHERE id = worker;
  IF NOT FOUND THEN
    RETURN NEXT '00000000-0000-0000-0000-000000000000'::uuid;
    RETURN;
  END IF;
  IF cardinality(shut) = 0 AND cardinality(parts) = 0 THEN RETURN; END IF;
  IF cardinality(shut) > 0 THEN
    WITH d AS (
      DELETE FROM job_leases l USING unnest(shut, shut_revisions) AS s (id, revision)
      WHERE l.id = s.id AND l.revision = s.revision AND l.worker_id = worker RETURNING l.id)
    SELECT array_agg(id) INTO gone FROM d;
  END IF;
  IF cardinality(parts) > 0 THEN
    WITH lists AS (
      SELECT u.of, array_agg(u.user_id) AS users, array_agg(u.first) AS firsts, array_agg(u.last) AS lasts,
             array_agg(u.attempt) AS attempts, array_agg(u.vt) AS vts
      FROM unnest(part_of, part_users, part_firsts, part_lasts, part_attempts, part_vts)
        AS u (of, user_id, first, last, attempt, vt) GROUP BY u.of
    ), d AS (
      UPDATE job_leases l
      SET revision = l.revision + 1, n = part_n[x.of], users = x.users, firsts = x.firsts, lasts = x.lasts,
          attempts = x.attempts, vts = x.vts
      FROM lists x WHERE l.id = parts[x.of] AND l.revision = part_revisions[x.of] AND l.worker_id = worker RETURNING l.id)
    SELECT array_agg(id) INTO kept FROM d;
  END IF;
  gone := coalesce(gone, '{}') || coalesce(kept, '{}');
  INSERT INTO job_receipts (kind, at, users, firsts, lasts, started)
  SELECT d.kind, now_at, array_agg(d.user_id), array_agg(d.first), array_agg(d.last), array_agg(d.started)
  FROM unnest(done_leases, done_kinds, done_users, done_firsts, done_lasts, done_started)
    AS d (lease, kind, user_id, first, last, started)
  WHERE d.lease = ANY (gone) GROUP BY d.kind;
  IF EXISTS (SELECT 1 FROM job_cancels WHERE worker_id = worker) THEN
    DELETE FROM job_cancels WHERE worker_id = worker AND lease_id = ANY (shut);
  END IF;
  IF EXISTS (SELECT 1 FROM job_waits) THEN
    PERFORM omnicrm_job_resolve(now_at, array_agg(d.user_id), array_agg(d.first), array_agg(d.last), false)
    FROM unnest(done_leases, done_users, done_firsts, done_lasts) AS d (lease, user_id, first, last)
    WHERE d.lease = ANY (gone) HAVING count(*) > 0;
  END IF;
  RETURN QUERY SELECT id FROM unnest(shut || parts) AS id WHERE id <> ALL (gone);
END
$close$;

DO $admin$
DECLARE
  fun REGPROCEDURE;
BEGIN
  GRANT SELECT ON job_places, job_states, job_rows, job_passed TO omnicrm_admin;
  GRANT INSERT ON job_rows TO omnicrm_admin;
  FOR fun IN
    SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'job\_%'
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', fun);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO omnicrm_admin', fun);
    -- Their statements have one good plan each, by the index; small tables change too quickly for statistics.
    EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', fun);
    EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', fun);
    EXECUTE format('ALTER FUNCTION %s SET enable_bitmapscan = off', fun);
  END LOOP;
END
$admin$;
