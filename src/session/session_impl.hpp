// What a session is made of. The wiring place (crm.cpp) makes it.
#pragma once

#include <memory>
#include <string_view>

#include <omnicrm/observe/trace.hpp>
#include <omnicrm/session.hpp>

#include "jobs/wakeup.hpp"
#include "repository/sql_audit.hpp"
#include "repository/sql_contacts.hpp"
#include "repository/sql_interactions.hpp"
#include "repository/sql_organizations.hpp"
#include "repository/sql_segments.hpp"
#include "repository/sql_settings.hpp"
#include "repository/sql_tags.hpp"
#include "repository/sql_tasks.hpp"
#include "repository/unit.hpp"
#include "session/session_schedules.hpp"
#include "sync/parts.hpp"

namespace omnicrm {

/// Runs an operation of the registry, which lives a floor above.
using Dispatch = Result<std::string> (*)(Session& session, std::string_view operation, std::string_view json);
/// What a span of a call is called: from a small set, whatever the caller wrote.
using SpanName = std::string_view (*)(std::string_view operation) noexcept;

/// What all sessions of a CRM share. Immutable.
struct SessionParts {
  std::shared_ptr<const repository::Environment> environment;
  std::shared_ptr<const sync::Parts> sync;
  std::shared_ptr<jobs::Wakeup> wakeup;
  Dispatch dispatch = nullptr;
  /// Null: calls make no spans.
  std::shared_ptr<observe::Tracer> tracer = {};
  SpanName span_name = nullptr;
};

/// One unit of work and the rooms over it.
class Session::Impl {
 public:
  Impl(std::shared_ptr<const SessionParts> parts, UserId user, std::string_view actor);
  /// For a transaction that is open on `connection`.
  Impl(const Impl& outside, storage::Connection& connection);

  std::shared_ptr<const SessionParts> parts;
  repository::Unit unit;
  bool in_transaction = false;
  repository::SqlContacts contacts;
  repository::SqlOrganizations organizations;
  repository::SqlInteractions interactions;
  repository::SqlTags tags;
  repository::SqlSegments segments;
  repository::SqlTasks tasks;
  repository::SqlSettings settings;
  repository::SqlAudit audit;
  std::shared_ptr<jobs::Jobs> jobs;
  SessionSchedules schedules;
  std::unique_ptr<sync::SyncService> sync;
  std::unique_ptr<insight::SearchService> search;

 private:
  Impl(std::shared_ptr<const SessionParts> shared, const repository::Unit& a_unit);
  Impl(std::shared_ptr<const SessionParts> shared, repository::Unit a_unit,
       std::shared_ptr<jobs::Jobs> queue);
};

}  // namespace omnicrm
