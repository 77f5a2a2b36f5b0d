// A unit of work: for whom, in which transaction, as part of which batch.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/ids.hpp>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/storage/storage.hpp>

#include "core/errors.hpp"
#include "core/id_generator.hpp"

namespace omnicrm::repository {

/// What the whole library shares. Thread-safe parts only.
struct Environment {
  std::shared_ptr<storage::Storage> storage;
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Random> random;
  std::shared_ptr<IdGenerator> ids;
  std::shared_ptr<observe::Logger> logger;
};

/// Repositories get one of these. Either every call is a transaction of its own, or all share the one that a
/// caller opened (`bound`). Copyable; a bound copy must not outlive its transaction and belongs to its
/// thread.
///
/// With a `batch`, created rows carry it and changed rows leave before- and after-images in `batch_changes`.
class Unit {
 public:
  Unit(std::shared_ptr<const Environment> environment, UserId user, std::string actor = "user")
      : environment_(std::move(environment)), user_(user), actor_(std::move(actor)) {}

  [[nodiscard]] Unit bound(storage::Connection& connection, std::optional<BatchId> batch = {}) const {
    Unit unit = *this;
    unit.connection_ = &connection;
    unit.thread_ = std::this_thread::get_id();
    if (batch) unit.batch_ = batch;
    return unit;
  }

  /// A copy whose transactions end when asked to (`Scope::stop`).
  [[nodiscard]] Unit with_stop(std::stop_token stop) const {
    Unit unit = *this;
    unit.stop_ = std::move(stop);
    return unit;
  }
  /// A copy whose writes move a session's position, and whose reads wait for nothing older.
  [[nodiscard]] Unit with_position(std::shared_ptr<storage::WritePosition> written) const {
    Unit unit = *this;
    unit.written_ = std::move(written);
    return unit;
  }

  [[nodiscard]] const Environment& environment() const noexcept { return *environment_; }
  [[nodiscard]] const std::shared_ptr<const Environment>& shared_environment() const noexcept {
    return environment_;
  }
  [[nodiscard]] const UserId& user() const noexcept { return user_; }
  [[nodiscard]] const std::string& actor() const noexcept { return actor_; }
  [[nodiscard]] const std::shared_ptr<storage::WritePosition>& position() const noexcept { return written_; }
  [[nodiscard]] const std::optional<BatchId>& batch() const noexcept { return batch_; }
  [[nodiscard]] Timestamp now() const { return environment_->clock->now(); }
  /// Of the storage and of the bound transaction.
  [[nodiscard]] storage::Dialect dialect() const { return environment_->storage->dialect(); }
  template <class I>
  [[nodiscard]] I make_id() const {
    return environment_->ids->template make<I>();
  }

  /// Runs `work(Connection&)`, which returns a Result<T>, on a snapshot (or in the bound transaction).
  template <class F>
  auto read(F&& work) const -> std::invoke_result_t<F&, storage::Connection&> {
    return run<false>(work);
  }
  /// The same, able to write, atomic.
  template <class F>
  auto write(F&& work) const -> std::invoke_result_t<F&, storage::Connection&> {
    return run<true>(work);
  }

 private:
  template <bool writing, class F>
  auto run(F& work) const -> std::invoke_result_t<F&, storage::Connection&> {
    using Answer = std::invoke_result_t<F&, storage::Connection&>;
    if (connection_ != nullptr) {
      if (thread_ == std::this_thread::get_id()) return work(*connection_);
      return failure(ErrorCode::failed_precondition,
                     "a transaction belongs to the thread that its work runs on");
    }
    std::optional<Answer> answer;
    auto body = [&](storage::Connection& connection) -> Result<void> {
      answer.emplace(work(connection));
      if (!*answer) return fail(answer->error());
      return {};
    };
    storage::Storage& storage = *environment_->storage;
    const storage::Scope scope{.user = user_, .stop = stop_, .written = written_.get()};
    auto outcome = writing ? storage.write(scope, body) : storage.read(scope, body);
    if (!outcome) return fail(std::move(outcome).error());
    return std::move(*answer);
  }

  std::shared_ptr<const Environment> environment_;
  UserId user_;
  std::string actor_;
  std::optional<BatchId> batch_;
  std::stop_token stop_;
  std::shared_ptr<storage::WritePosition> written_;  // the session's; null: none
  storage::Connection* connection_ = nullptr;
  std::thread::id thread_;  // the transaction's
};

}  // namespace omnicrm::repository
