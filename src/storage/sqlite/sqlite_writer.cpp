#include "storage/sqlite/sqlite_writer.hpp"

#include <utility>

#include "core/errors.hpp"
#include "storage/transaction_frame.hpp"

namespace omnicrm::storage {

Result<void> SqliteWriter::write(Work work) {
  Request request(work, Clock::now() + busy_timeout_);
  {
    std::unique_lock lock(mutex_);
    if (has_leader_) {
      (last_ == nullptr ? first_ : last_->next) = &request;
      last_ = &request;
      request.wake.wait(lock, [&] { return request.state != State::waiting; });
      if (request.state == State::done) return std::move(request.result);
    }
    has_leader_ = true;
  }
  lead(request);
  return std::move(request.result);
}

void SqliteWriter::lead(Request& own) {
  std::unique_lock<MemoryGate> no_readers;
  if (gate_ != nullptr) no_readers = std::unique_lock(*gate_);
  const auto end = Clock::now() + limits_.duration;
  run_first(own);
  Request* last = &own;
  for (std::size_t count = 1; count < limits_.works && Clock::now() < end; ++count) {
    {
      const std::scoped_lock lock(mutex_);
      last->next = pop_locked();
    }
    if (last->next == nullptr) break;
    last = last->next;
    if (connection_->in_transaction()) {
      run_in_savepoint(*last, own);
    } else {
      run_first(*last);
    }
  }
  commit(own);
  no_readers = {};
  hand_over(own);
}

/// Begins a transaction and runs a work in it: if that fails, all of it is rolled back.
void SqliteWriter::run_first(Request& request) {
  connection_->wait_until(request.deadline);
  request.result = connection_->control(Control::begin_write);
  if (!request.result) return;
  const TransactionFrame frame(storage_, TransactionFrame::Kind::write);
  const observe::ContextScope as_caller(request.context);
  request.result = connection_->run(request.work);
  if (request.result && !connection_->in_transaction()) {
    request.result =
        failure(ErrorCode::unavailable, connection_->path() + ": the transaction was rolled back");
  }
  request.is_uncommitted = request.result.has_value();
  if (!request.result && connection_->in_transaction()) (void)connection_->control(Control::rollback);
}

/// Runs a work beside others that wait for the same commit.
void SqliteWriter::run_in_savepoint(Request& request, Request& group) {
  request.result = connection_->control(Control::savepoint);
  if (!request.result) return;
  const TransactionFrame frame(storage_, TransactionFrame::Kind::write);
  const observe::ContextScope as_caller(request.context);
  request.result = connection_->run(request.work);
  Result<void> kept;
  if (!connection_->in_transaction()) {
    // SQLite itself rolled all of it back (disk full, I/O error): the others share its fate and its reason.
    kept = request.result
               ? failure(ErrorCode::unavailable, connection_->path() + ": the transaction was rolled back")
               : fail(request.result.error());
  } else {
    if (!request.result) kept = connection_->control(Control::rollback_to);
    if (kept) kept = connection_->control(Control::release);
  }
  request.is_uncommitted = request.result.has_value();
  if (!kept) abandon(group, kept.error());
}

void SqliteWriter::commit(Request& group) {
  if (connection_->in_transaction()) {
    if (auto done = connection_->control(Control::commit); !done) abandon(group, done.error());
  }
  for (Request* request = &group; request != nullptr; request = request->next)
    request->is_uncommitted = false;
}

/// Nothing of the open transaction will be durable.
void SqliteWriter::abandon(Request& group, const Error& error) {
  for (Request* request = &group; request != nullptr; request = request->next) {
    if (std::exchange(request->is_uncommitted, false)) request->result = fail(error);
  }
  if (connection_->in_transaction()) (void)connection_->control(Control::rollback);
}

std::size_t SqliteWriter::waiting() {
  const std::scoped_lock lock(mutex_);
  std::size_t count = 0;
  for (const Request* request = first_; request != nullptr; request = request->next) ++count;
  return count;
}

SqliteWriter::Request* SqliteWriter::pop_locked() noexcept {
  Request* const popped = first_;
  if (popped == nullptr) return nullptr;
  first_ = std::exchange(popped->next, nullptr);
  if (first_ == nullptr) last_ = nullptr;
  return popped;
}

void SqliteWriter::hand_over(Request& own) {
  const std::scoped_lock lock(mutex_);
  // Woken under the lock: a request ends with its caller's stack as soon as that sees its state.
  for (Request* request = own.next; request != nullptr;) {
    Request* const next = request->next;
    request->state = State::done;
    request->wake.notify_one();
    request = next;
  }
  Request* const heir = pop_locked();
  has_leader_ = heir != nullptr;
  if (heir == nullptr) return;
  heir->state = State::leads;
  heir->wake.notify_one();
}

}  // namespace omnicrm::storage
