// Every record, nested struct and enumeration of the model, described once. Rows, JSON, JSON Schema and the
// Python classes follow from this. A new field is one line in the record, its name here, and a migration.
#pragma once

#include <boost/describe.hpp>

#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/model.hpp>

namespace omnicrm {

// core
BOOST_DESCRIBE_ENUM(ErrorCode, invalid_argument, not_found, already_exists, conflict, failed_precondition,
                    permission_denied, resource_exhausted, cancelled, deadline_exceeded, unavailable,
                    data_loss, unsupported, internal)
BOOST_DESCRIBE_STRUCT(PageRequest, (), (limit, cursor))

// common
BOOST_DESCRIBE_ENUM(Origin, unknown, email, calendar, host, csv, vcard, api, user)

// contact
BOOST_DESCRIBE_ENUM(IdentityKind, email, phone, handle)
BOOST_DESCRIBE_STRUCT(ContactPoint, (), (value, label, is_primary))
BOOST_DESCRIBE_STRUCT(Contact, (),
                      (id, version, display_name, name_prefix, given_name, middle_name, family_name,
                       name_suffix, nickname, emails, phones, handles, organization_id, organization,
                       department, job_title, birthday, note, custom, source, provenance, pinned, archived,
                       merged_into, deleted_at, batch_id, created_at, updated_at))

// organization
BOOST_DESCRIBE_STRUCT(Organization, (),
                      (id, version, name, domain, website, industry, note, custom, source, provenance,
                       deleted_at, batch_id, created_at, updated_at))

// interaction
BOOST_DESCRIBE_ENUM(InteractionKind, email, meeting, call, note, message)
BOOST_DESCRIBE_ENUM(Direction, none, inbound, outbound, internal)
BOOST_DESCRIBE_ENUM(ParticipantRole, from, sender, to, cc, bcc, organizer, attendee, optional_attendee,
                    resource, about)
BOOST_DESCRIBE_ENUM(ParticipantResponse, none, needs_action, accepted, declined, tentative, delegated)
BOOST_DESCRIBE_ENUM(InteractionStatus, confirmed, tentative, cancelled)
BOOST_DESCRIBE_STRUCT(Participant, (), (role, address, name, response, contact_id, is_self))
BOOST_DESCRIBE_STRUCT(Document, (),
                      (id, interaction_id, raw_event_id, part, filename, content_type, size, text, batch_id,
                       created_at))
BOOST_DESCRIBE_STRUCT(Interaction, (),
                      (id, version, kind, direction, status, subject, body, quoted, signature, occurred_at,
                       ended_at, all_day, zone, location, conference_url, thread_id, message_id, in_reply_to,
                       original_start, labels, is_bulk, contact_id, source, raw_event_id, normalizer_version,
                       batch_id, created_at, updated_at, participants))

// raw event
BOOST_DESCRIBE_ENUM(RawEventState, pending, normalized, skipped, gone, poison)
BOOST_DESCRIBE_STRUCT(RawEvent, (),
                      (id, connection_id, service, source_id, state, reason, content_type, size, content_hash,
                       origin, normalizer_version, batch_id, created_at))

// tags, segments, tasks
BOOST_DESCRIBE_STRUCT(Tag, (), (id, name, color, batch_id, created_at))
BOOST_DESCRIBE_STRUCT(Segment, (), (id, version, name, filter, created_at, updated_at))
BOOST_DESCRIBE_STRUCT(Task, (),
                      (id, version, title, note, contact_id, interaction_id, due_at, snoozed_until, done_at,
                       created_at, updated_at))

// sync
BOOST_DESCRIBE_ENUM(ContactPolicy, sent, sent_and_received, none)
BOOST_DESCRIBE_ENUM(PlanState, ready, approved, rejected)
BOOST_DESCRIBE_ENUM(BatchKind, import, merge)
BOOST_DESCRIBE_ENUM(BatchState, running, done, failed, cancelled, undoing, undone)
BOOST_DESCRIBE_STRUCT(SyncSource, (),
                      (provider, paths, owner_addresses, contact_policy, max_item_bytes, past_days,
                       future_days, default_zone, column_mapping, options))
BOOST_DESCRIBE_STRUCT(CountEntry, (), (name, count))
BOOST_DESCRIBE_STRUCT(PlanSample, (), (service, title, who, at, outcome))
BOOST_DESCRIBE_STRUCT(PlanContact, (), (address, name, decision, rule, messages))
BOOST_DESCRIBE_STRUCT(PlanFile, (), (path, format, bytes, items, note, mapping))
BOOST_DESCRIBE_STRUCT(PlanSummary, (),
                      (items, known_items, messages, events, cards, rows, bytes, estimated_seconds,
                       contacts_to_create, contacts_to_match, contacts_to_skip, first_at, last_at,
                       owner_addresses, per_day, per_label, skipped_items, skipped_people, files, contacts,
                       samples))
BOOST_DESCRIBE_STRUCT(SyncPlan, (), (id, state, source, summary, batch_id, created_at, approved_at))
BOOST_DESCRIBE_STRUCT(BatchCounts, (),
                      (items, normalized, known, skipped, poison, interactions, contacts, contacts_changed,
                       organizations, documents))
BOOST_DESCRIBE_STRUCT(SyncBatch, (),
                      (id, plan_id, kind, state, total, done, counts, reasons, message, created_at,
                       finished_at, undone_at))
BOOST_DESCRIBE_STRUCT(SyncCursor, (), (connection_id, service, scope, position, batch_id, updated_at))
BOOST_DESCRIBE_STRUCT(Suppression, (), (id, kind, value, reason, contact_id, created_at))

// audit
BOOST_DESCRIBE_STRUCT(AuditEntry, (),
                      (sequence, at, actor, operation, subject, subject_id, batch_id, details, previous_hash,
                       hash))
BOOST_DESCRIBE_STRUCT(AuditVerification, (), (intact, entries, first_bad_sequence, reason))

// jobs
BOOST_DESCRIBE_ENUM(JobState, scheduled, ready, running, done, cancelled, dead, waiting)
BOOST_DESCRIBE_STRUCT(Job, (),
                      (id, kind, payload, state, priority, virtual_time, run_at, attempt, max_attempts,
                       unique_key, batch_id, lease_id, progress_done, progress_total, progress_note, error,
                       result, cancel_requested, created_at, started_at, finished_at, trace))

// schedules
BOOST_DESCRIBE_ENUM(CatchUp, skip, once, all)
BOOST_DESCRIBE_STRUCT(Schedule, (),
                      (id, version, name, kind, payload, cron, zone, catch_up, paused, unique, priority,
                       next_at, last_at, error, created_at, updated_at))

}  // namespace omnicrm
