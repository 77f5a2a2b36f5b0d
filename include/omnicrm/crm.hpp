// The library's front door.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/jobs/runner.hpp>
#include <omnicrm/options.hpp>
#include <omnicrm/session.hpp>

namespace omnicrm {

/// Work across users: none of it is reachable through a session. Thread-safe. @since 0.1
class Admin {
 public:
  virtual ~Admin() = default;
  /// Copies the database to a new file while it is in use. Errors: `already_exists`, file errors.
  virtual Result<void> backup(const std::string& path) = 0;
  /// Problems in the file's structure; empty when sound.
  virtual Result<std::vector<std::string>> check() = 0;
  virtual Result<std::int64_t> schema_version() = 0;
  /// The queue of all users.
  [[nodiscard]] virtual jobs::JobsAdmin& jobs() noexcept = 0;
};

/// How far a batch is. @since 0.1
struct BatchProgress {
  BatchState state = BatchState::running;
  /// Items that have reached their end; rows, while it is being undone.
  std::int64_t done = 0;
  /// Items in all; 0 when it is not known, as for an undo.
  std::int64_t total = 0;
};

/// One open CRM. Thread-safe. Starts no thread; jobs run when the host calls the runner. After `fork`, the
/// child must not use an instance that its parent opened: every call is `failed_precondition` there, and
/// destroying it leaves the parent's files and threads alone. @since 0.1
class Crm {
 public:
  /// Opens (or makes) the database and brings its schema up to date. Errors: `data_loss` (not a database,
  /// damaged), `failed_precondition` (another program's, or newer than this library), `permission_denied`,
  /// `unavailable`.
  [[nodiscard]] static Result<std::unique_ptr<Crm>> open(Options options = {});
  virtual ~Crm() = default;

  /// The user's handle. `actor` is who acts, for the audit log ("user", "agent:42").
  [[nodiscard]] virtual Session session(UserId user, std::string_view actor = "user") = 0;
  /// The same by any name the host has for the user; see `user_id`.
  [[nodiscard]] virtual Result<Session> session(std::string_view user_name,
                                                std::string_view actor = "user") = 0;
  /// Runs jobs until the batch has come to an end (done, failed, cancelled, undone) or nothing that is due is
  /// left, and gives the batch as it is then. Where the runner is started, it only waits. `progress` is
  /// called on the caller's thread a few times a second, and at the end. Blocks. Other jobs that run when the
  /// batch has ended go back to the queue. Errors: `not_found`, `cancelled` (`stop` was requested; nothing is
  /// lost, call it again), `failed_precondition`
  /// (within a job).
  [[nodiscard]] virtual Result<SyncBatch> run_batch(
      Session& session, BatchId batch, const std::function<void(const BatchProgress&)>& progress = {},
      std::stop_token stop = {}) = 0;
  [[nodiscard]] virtual jobs::Runner& jobs() noexcept = 0;
  [[nodiscard]] virtual Admin& admin() noexcept = 0;

  /// Brings the gauges up to date that a reader of metrics wants of now (the storage's connections; on
  /// PostgreSQL one short query), then gives `Options::metrics`' text: the answer to a scraper. Empty without
  /// metrics. Errors: those of a read of the storage change nothing but that its gauges stay as they were.
  [[nodiscard]] virtual std::string metrics_text() = 0;
};

/// Every operation with its version, scope, and JSON Schemas of request and response, as one JSON document
/// (JSON Schema 2020-12). @since 0.1
[[nodiscard]] std::string operations_schema();

/// "0.1.0". @since 0.1
[[nodiscard]] std::string_view version() noexcept;

}  // namespace omnicrm
