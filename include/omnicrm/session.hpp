// A user's handle: the only way to user data.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <omnicrm/core/function_ref.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/insight/search.hpp>
#include <omnicrm/jobs/queue.hpp>
#include <omnicrm/jobs/schedule.hpp>
#include <omnicrm/repository/audit.hpp>
#include <omnicrm/repository/contacts.hpp>
#include <omnicrm/repository/interactions.hpp>
#include <omnicrm/repository/organizations.hpp>
#include <omnicrm/repository/settings.hpp>
#include <omnicrm/repository/tags.hpp>
#include <omnicrm/repository/tasks.hpp>
#include <omnicrm/sync/sync_service.hpp>

namespace omnicrm {

/// A session is a user: everything reached through it is that user's and nobody else's. Thread-safe; cheap to
/// make and to move; must not outlive its `Crm`. @since 0.1
class Session {
 public:
  class Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  [[nodiscard]] UserId user() const noexcept;

  [[nodiscard]] repository::Contacts& contacts() noexcept;
  [[nodiscard]] repository::Organizations& organizations() noexcept;
  [[nodiscard]] repository::Interactions& interactions() noexcept;
  [[nodiscard]] repository::Tags& tags() noexcept;
  [[nodiscard]] repository::Segments& segments() noexcept;
  [[nodiscard]] repository::Tasks& tasks() noexcept;
  [[nodiscard]] repository::Settings& settings() noexcept;
  [[nodiscard]] repository::Audit& audit() noexcept;
  [[nodiscard]] sync::SyncService& sync() noexcept;
  [[nodiscard]] jobs::Jobs& jobs() noexcept;
  [[nodiscard]] jobs::Schedules& schedules() noexcept;
  [[nodiscard]] insight::SearchService& search() noexcept;

  /// Runs `work` in one transaction: all of its changes or none. The session it gets is bound to that
  /// transaction, for repositories and `jobs().enqueue` (not: `sync()`), and to the thread that `work` runs
  /// on, which may be another caller's; on other threads it is `failed_precondition`. `work` may run more
  /// than once.
  Result<void> transaction(FunctionRef<Result<void>(Session&)> work);

  /// In a handler, on the session of a transaction: the job is marked done in it, by
  /// `jobs::Context::complete_in`. The handler's changes and the end of its job are one, so they happen
  /// exactly once. After it, return `Outcome::done`, or the transaction's error. Errors:
  /// `failed_precondition` (no transaction), `invalid_argument` (another user's job, a result that is no
  /// JSON), `conflict` (the lease was lost: roll back and return).
  Result<void> complete(jobs::Context& job, Json result = {});

  /// Calls an operation of the registry by its name (`contacts.create`, `sync.preview`): JSON object in, JSON
  /// out. `operations_schema()` has them all. Errors: `not_found` (no such operation), `invalid_argument`
  /// (names the field), and the operation's own.
  [[nodiscard]] Result<std::string> call(std::string_view operation, std::string_view json);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace omnicrm
