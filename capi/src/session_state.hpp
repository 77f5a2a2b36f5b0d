// One user's view of a CRM, shared by its handle, its iterators and the calls in progress.
#pragma once

#include <memory>
#include <omnicrm/session.hpp>
#include <optional>
#include <string>
#include <thread>

#include "crm_state.hpp"
#include "handle.hpp"
#include "omnicrm.h"

namespace omnicrm::capi {

class SessionState {
 public:
  SessionState(std::shared_ptr<CrmState> crm, Session session);
  /// Within a transaction: for the thread that makes it, until `end`.
  SessionState(std::shared_ptr<CrmState> crm, Session* inside);
  ~SessionState();
  SessionState(const SessionState&) = delete;
  SessionState& operator=(const SessionState&) = delete;

  [[nodiscard]] const std::string& user() const noexcept { return user_; }
  [[nodiscard]] CrmState& crm() const noexcept { return *crm_; }
  [[nodiscard]] bool is_inside() const noexcept { return inside_; }

  /// The session, during a call. Errors: `failed_precondition` (its transaction is over, or another
  /// thread's).
  Result<Session*> session();
  /// The transaction is over.
  void end() noexcept { session_ = nullptr; }
  /// The CRM is being closed; nobody calls.
  void close() noexcept;

 private:
  std::shared_ptr<CrmState> crm_;
  std::optional<Session> own_;
  Session* session_;
  const bool inside_;
  const std::thread::id thread_ = std::this_thread::get_id();
  const std::string user_;
};

/// A call on a session in progress.
struct SessionUse {
  Use use;
  std::shared_ptr<SessionState> state;
  Session* session;

  [[nodiscard]] Session& operator*() const noexcept { return *session; }
  [[nodiscard]] Session* operator->() const noexcept { return session; }
  [[nodiscard]] CrmState& crm() const noexcept { return *use; }
};

[[nodiscard]] Result<SessionUse> use(std::shared_ptr<SessionState> state);
[[nodiscard]] Result<SessionUse> use(ocrm_session* session);
/// A session of a user that the state makes; for handles. Errors: those of `Crm::session`.
[[nodiscard]] std::shared_ptr<SessionState> share(CrmState& crm, Session session);
/// Errors: `failed_precondition` in a transaction.
[[nodiscard]] Result<void> check_no_transaction(const SessionUse& session, const char* function);

}  // namespace omnicrm::capi

struct ocrm_session final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::session;
  ocrm_session(std::shared_ptr<omnicrm::capi::SessionState> session, bool owned)
      : Handle(type, owned), state(std::move(session)), is_owned(owned) {}
  std::shared_ptr<omnicrm::capi::SessionState> state;
  const bool is_owned;
};
