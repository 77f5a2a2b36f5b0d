// What the Python classes of the module hold.
#pragma once

#include <memory>
#include <stop_token>

#include "failure.hpp"
#include "gil.hpp"
#include "state.hpp"

namespace omnicrm::python {

/// `omnicrm.Stop`: asks a long call to end early, from any thread.
struct StopHandle {
  std::stop_source source;
};

/// A user's handle. Inside a transaction it borrows the transaction's session for as long as that lasts.
class SessionHandle {
 public:
  SessionHandle(std::shared_ptr<State> state, std::shared_ptr<SessionSlot> slot)
      : state_(std::move(state)), slot_(std::move(slot)) {}
  /// In a transaction.
  SessionHandle(std::shared_ptr<State> state, Session* borrowed)
      : state_(std::move(state)), borrowed_(borrowed), bound_(true) {}
  ~SessionHandle() {
    if (slot_) state_->forget(slot_);
  }
  SessionHandle(const SessionHandle&) = delete;
  SessionHandle& operator=(const SessionHandle&) = delete;

  [[nodiscard]] State::Use use() const {
    State::Use use = state_->use();
    if (bound_ && borrowed_ == nullptr) {
      raise({.code = ErrorCode::failed_precondition, .message = "the transaction of this session has ended"});
    }
    if (bound_ && thread_ != std::this_thread::get_id()) {
      raise({.code = ErrorCode::failed_precondition,
             .message = "the session of a transaction belongs to the thread that runs the transaction"});
    }
    return use;
  }
  /// Within a use.
  [[nodiscard]] Session& session() const { return bound_ ? *borrowed_ : *slot_->session; }
  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }
  void end_transaction() noexcept { borrowed_ = nullptr; }

  /// Runs `work(Session&)` without the interpreter's lock and gives what it gave, or throws its error.
  template <class Work>
  auto call(Work&& work) const {
    const State::Use used = use();
    return unwrap(without_gil([&] { return work(session()); }));
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<SessionSlot> slot_;
  Session* borrowed_ = nullptr;
  bool bound_ = false;
  const std::thread::id thread_ = std::this_thread::get_id();
};

class CrmHandle {
 public:
  explicit CrmHandle(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~CrmHandle() { abandon(std::move(state_)); }
  CrmHandle(const CrmHandle&) = delete;
  CrmHandle& operator=(const CrmHandle&) = delete;

  [[nodiscard]] const std::shared_ptr<State>& state() const { return state_; }
  template <class Work>
  auto call(Work&& work) const {
    const State::Use used = state_->use();
    return unwrap(without_gil([&] { return work(used.crm()); }));
  }

 private:
  std::shared_ptr<State> state_;
};

using SessionClass = py::class_<SessionHandle, std::shared_ptr<SessionHandle>>;
using CrmClass = py::class_<CrmHandle, std::shared_ptr<CrmHandle>>;

}  // namespace omnicrm::python
