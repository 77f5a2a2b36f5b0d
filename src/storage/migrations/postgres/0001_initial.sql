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

-- Jobs: for now in the shape of SQLite, whose SQL they share: a job's row carries its state. -----------
CREATE SEQUENCE jobs_seq;
CREATE TABLE jobs (
  seq BIGINT NOT NULL DEFAULT nextval('jobs_seq'),
  user_id UUID NOT NULL, id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, payload TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  priority BIGINT NOT NULL, virtual_time BIGINT NOT NULL, run_at BIGINT NOT NULL,
  attempt BIGINT NOT NULL, max_attempts BIGINT NOT NULL, unique_key TEXT COLLATE "C" NOT NULL, batch_id UUID,
  lease_id UUID, progress_done BIGINT NOT NULL, progress_total BIGINT NOT NULL,
  progress_note TEXT COLLATE "C" NOT NULL,
  error TEXT COLLATE "C" NOT NULL, result TEXT COLLATE "C" NOT NULL, cancel_requested SMALLINT NOT NULL,
  created_at BIGINT NOT NULL, started_at BIGINT, finished_at BIGINT
);
ALTER TABLE jobs ADD PRIMARY KEY (user_id, id);
CREATE UNIQUE INDEX jobs_seq_key ON jobs (user_id, seq);
CREATE INDEX jobs_ready ON jobs (priority, virtual_time, seq, kind) WHERE state = 'ready';
CREATE INDEX jobs_scheduled ON jobs (run_at, seq) WHERE state = 'scheduled';
CREATE INDEX jobs_running ON jobs (lease_id) WHERE state = 'running';
CREATE INDEX jobs_batch ON jobs (user_id, batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_listed ON jobs (user_id, created_at DESC, id DESC);

CREATE TABLE job_leases (
  id UUID NOT NULL PRIMARY KEY, worker_id UUID NOT NULL, claimed_at BIGINT NOT NULL
);
CREATE INDEX job_leases_worker ON job_leases (worker_id);
CREATE SEQUENCE job_receipts_seq;
CREATE TABLE job_receipts (
  seq BIGINT NOT NULL DEFAULT nextval('job_receipts_seq'),
  user_id UUID NOT NULL, job_id UUID NOT NULL, lease_id UUID NOT NULL,
  outcome TEXT COLLATE "C" NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (user_id, seq)
);
CREATE TABLE job_failures (
  user_id UUID NOT NULL, job_id UUID NOT NULL, attempt BIGINT NOT NULL, at BIGINT NOT NULL,
  error TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, job_id, attempt)
);
CREATE TABLE job_unique (
  user_id UUID NOT NULL, kind TEXT COLLATE "C" NOT NULL, unique_key TEXT COLLATE "C" NOT NULL, job_id UUID NOT NULL,
  PRIMARY KEY (user_id, kind, unique_key)
);
CREATE TABLE job_clocks (
  user_id UUID NOT NULL PRIMARY KEY, virtual_time BIGINT NOT NULL
);
CREATE TABLE workers (
  id UUID NOT NULL PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, started_at BIGINT NOT NULL,
  heartbeat_at BIGINT NOT NULL
);
CREATE TABLE schedules (
  user_id UUID NOT NULL, id UUID NOT NULL, name TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL,
  payload TEXT COLLATE "C" NOT NULL,
  cron TEXT COLLATE "C" NOT NULL, zone TEXT COLLATE "C" NOT NULL, catch_up TEXT COLLATE "C" NOT NULL,
  paused SMALLINT NOT NULL,
  next_at BIGINT, last_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX schedules_name ON schedules (user_id, name);
CREATE INDEX schedules_next ON schedules (next_at) WHERE paused = 0;

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
-- The system's virtual time (jobs/fair.cpp) is the row of the nil user: everybody's jobs start from it.
CREATE POLICY system_clock ON job_clocks FOR SELECT TO omnicrm_app
  USING (user_id = '00000000-0000-0000-0000-000000000000');

-- What a user must learn of all users' rows, and nothing else of them. They run as the tables' owner.
--
-- The least virtual time that is ready at a priority: where a new job of anybody starts (jobs/fair.cpp).
CREATE FUNCTION omnicrm_next_start(wanted_priority BIGINT) RETURNS BIGINT
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $next$
BEGIN
  RETURN (SELECT virtual_time FROM jobs WHERE state = 'ready' AND priority = wanted_priority
          ORDER BY virtual_time, seq LIMIT 1);
END
$next$;
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
