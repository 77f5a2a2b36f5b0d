// The public records that are no part of the model (filters, hits, summaries, what sources and normalizers
// give), described once: operations, the C functions and the Python classes follow from this and from
// model/describe.hpp.
#pragma once

#include <array>
#include <string_view>

#include <omnicrm/crm.hpp>
#include <omnicrm/insight/search.hpp>
#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/jobs/schedule.hpp>
#include <omnicrm/repository/audit.hpp>
#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/repository/interactions.hpp>
#include <omnicrm/repository/settings.hpp>
#include <omnicrm/repository/tasks.hpp>
#include <omnicrm/sync/normalizer.hpp>
#include <omnicrm/sync/sync_service.hpp>

#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm {

BOOST_DESCRIBE_STRUCT(Error, (), (code, message, details, retryable, needs_user))
BOOST_DESCRIBE_STRUCT(BatchProgress, (), (state, done, total))

namespace repository {

BOOST_DESCRIBE_STRUCT(AuditFilter, (), (operation, subject_id, batch_id))
BOOST_DESCRIBE_ENUM(ContactOrder, name, created, updated)
BOOST_DESCRIBE_STRUCT(ContactFilter, (),
                      (order, tag_id, organization_id, segment_id, pinned, include_archived))
BOOST_DESCRIBE_STRUCT(ContactHit, (), (contact, matched))
BOOST_DESCRIBE_STRUCT(DuplicateSuggestion, (), (first, second, first_name, second_name, reason, score))
BOOST_DESCRIBE_STRUCT(MergeResult, (), (contact, batch_id))
BOOST_DESCRIBE_STRUCT(ContactActivity, (),
                      (contact_id, display_name, interactions, outbound, inbound, last_at))
BOOST_DESCRIBE_STRUCT(TimelineFilter, (),
                      (contact_id, kinds, direction, thread_id, after, before, include_bulk))
BOOST_DESCRIBE_STRUCT(Setting, (), (name, value))
BOOST_DESCRIBE_ENUM(TaskStatus, open, due, snoozed, done)
BOOST_DESCRIBE_STRUCT(TaskFilter, (), (status, contact_id))

}  // namespace repository

namespace jobs {

BOOST_DESCRIBE_ENUM(UniqueScope, waiting, unfinished, period)
BOOST_DESCRIBE_ENUM(UniqueConflict, keep, replace)
BOOST_DESCRIBE_STRUCT(NewJob, (),
                      (kind, payload, priority, run_at, max_attempts, unique_key, batch_id, cost,
                       unique_scope, unique_for_ms, unique_conflict, after_jobs, after_batch, trace))
BOOST_DESCRIBE_STRUCT(JobFilter, (), (state, kind, batch_id))
BOOST_DESCRIBE_STRUCT(KindStats, (),
                      (kind, scheduled, waiting, ready, running, done, cancelled, dead, oldest_ready_at,
                       paused))
BOOST_DESCRIBE_STRUCT(JobFailure, (), (attempt, at, error))
BOOST_DESCRIBE_STRUCT(RunSummary, (), (started, done, failed, dead, snoozed, given_back))
BOOST_DESCRIBE_STRUCT(JobProgress, (), (id, user, kind, batch_id, done, total, note))
BOOST_DESCRIBE_STRUCT(SchedulePreview, (), (cron, zone, after, count))

}  // namespace jobs

namespace sync {

BOOST_DESCRIBE_STRUCT(PreviewProgress, (), (path, items, bytes, total_bytes))
BOOST_DESCRIBE_STRUCT(Reconciliation, (),
                      (batch_id, source_items, normalized, skipped, poison, gone, pending, missing,
                       missing_ids, statement))
BOOST_DESCRIBE_STRUCT(PolicyDryRun, (), (policy, contacts_to_create, contacts_already_there, contacts))
BOOST_DESCRIBE_STRUCT(ItemFacts, (),
                      (title, at, labels, participants, delivered_to, from_list, auto_submitted, marked_sent,
                       left_out, is_card))
BOOST_DESCRIBE_STRUCT(NormalizeOptions, (), (owner_keys, default_zone, window_start, window_end))
BOOST_DESCRIBE_STRUCT(NormalizedInteraction, (), (interaction, documents, item))
BOOST_DESCRIBE_STRUCT(NormalizedContact, (), (contact, tags, revised_at, item))
BOOST_DESCRIBE_STRUCT(Normalized, (), (interactions, contacts, facts, state, reason))

}  // namespace sync

namespace insight {

BOOST_DESCRIBE_ENUM(SearchOrder, relevance, newest)
BOOST_DESCRIBE_STRUCT(SearchQuery, (), (text, order))
BOOST_DESCRIBE_STRUCT(SearchHit, (),
                      (id, kind, direction, subject, people, contact_id, occurred_at, snippet, matched))

}  // namespace insight

template <>
inline constexpr auto required_fields<jobs::NewJob> = std::to_array<std::string_view>({"kind"});
template <>
inline constexpr auto required_fields<jobs::SchedulePreview> = std::to_array<std::string_view>({"cron"});

}  // namespace omnicrm

/// Calls OMNICRM_RECORD(Type) for every record described here.
#define OMNICRM_FOR_EACH_CALL_RECORD(OMNICRM_RECORD) \
  OMNICRM_RECORD(Error)                              \
  OMNICRM_RECORD(BatchProgress)                      \
  OMNICRM_RECORD(repository::AuditFilter)            \
  OMNICRM_RECORD(repository::ContactFilter)          \
  OMNICRM_RECORD(repository::ContactHit)             \
  OMNICRM_RECORD(repository::DuplicateSuggestion)    \
  OMNICRM_RECORD(repository::MergeResult)            \
  OMNICRM_RECORD(repository::ContactActivity)        \
  OMNICRM_RECORD(repository::TimelineFilter)         \
  OMNICRM_RECORD(repository::Setting)                \
  OMNICRM_RECORD(repository::TaskFilter)             \
  OMNICRM_RECORD(jobs::NewJob)                       \
  OMNICRM_RECORD(jobs::JobFilter)                    \
  OMNICRM_RECORD(jobs::KindStats)                    \
  OMNICRM_RECORD(jobs::JobFailure)                   \
  OMNICRM_RECORD(jobs::RunSummary)                   \
  OMNICRM_RECORD(jobs::JobProgress)                  \
  OMNICRM_RECORD(jobs::SchedulePreview)              \
  OMNICRM_RECORD(sync::PreviewProgress)              \
  OMNICRM_RECORD(sync::Reconciliation)               \
  OMNICRM_RECORD(sync::PolicyDryRun)                 \
  OMNICRM_RECORD(sync::ItemFacts)                    \
  OMNICRM_RECORD(sync::NormalizeOptions)             \
  OMNICRM_RECORD(sync::NormalizedInteraction)        \
  OMNICRM_RECORD(sync::NormalizedContact)            \
  OMNICRM_RECORD(sync::Normalized)                   \
  OMNICRM_RECORD(insight::SearchQuery)               \
  OMNICRM_RECORD(insight::SearchHit)
