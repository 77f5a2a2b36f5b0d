#include "session_state.hpp"

#include <utility>

namespace omnicrm::capi {

SessionState::SessionState(std::shared_ptr<CrmState> crm, Session session)
    : crm_(std::move(crm)),
      own_(std::move(session)),
      session_(&*own_),
      inside_(false),
      user_(own_->user().to_string()) {
  crm_->add(*this);
}

SessionState::SessionState(std::shared_ptr<CrmState> crm, Session* inside)
    : crm_(std::move(crm)), session_(inside), inside_(true), user_(inside->user().to_string()) {}

SessionState::~SessionState() {
  if (!inside_) crm_->remove(*this);
}

Result<Session*> SessionState::session() {
  if (!inside_) return session_;
  if (thread_ != std::this_thread::get_id())
    return failure(ErrorCode::failed_precondition,
                   "a transaction's session belongs to its callback's thread");
  if (session_ == nullptr) return failure(ErrorCode::failed_precondition, "the transaction is over");
  return session_;
}

void SessionState::close() noexcept {
  session_ = nullptr;
  own_.reset();
}

Result<SessionUse> use(std::shared_ptr<SessionState> state) {
  OCRM_ASSIGN(Use call, state->crm().enter());
  OCRM_ASSIGN(Session * session, state->session());
  return SessionUse{std::move(call), std::move(state), session};
}

Result<SessionUse> use(ocrm_session* session) {
  OCRM_ASSIGN(const auto* handle, handle_of(session, "session"));
  return use(handle->state);
}

std::shared_ptr<SessionState> share(CrmState& crm, Session session) {
  return std::make_shared<SessionState>(crm.shared_from_this(), std::move(session));
}

Result<void> check_no_transaction(const SessionUse& session, const char* function) {
  if (!session.state->is_inside()) return {};
  return failure(ErrorCode::failed_precondition, std::string(function) + ": not within a transaction");
}

}  // namespace omnicrm::capi
