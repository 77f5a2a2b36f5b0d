// Sessions, operations, transactions.
#include <omnicrm/crm.hpp>
#include <omnicrm/observe/trace.hpp>

#include "buffer.hpp"
#include "callback.hpp"
#include "fence.hpp"
#include "session_state.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// Runs the host's work in the transaction that `inside` is bound to.
Result<void> work_inside(CrmState& crm, Session& inside, ocrm_transaction_fn work, void* user) {
  ocrm_session handle(std::make_shared<SessionState>(crm.shared_from_this(), &inside), /*owned=*/false);
  auto done = call_host(crm, FrameKind::transaction, &handle,
                        [&](ocrm_error** err) { return work(user, &handle, err); });
  // An iterator over the transaction may outlive it.
  handle.state->end();
  return done;
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_session_open(ocrm* crm, const char* user, size_t user_size, const char* actor, size_t actor_size,
                          ocrm_session** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const auto name, text_of(user, user_size, "user"));
    OCRM_ASSIGN(const auto who, text_of(actor, actor_size, "actor"));
    OCRM_ASSIGN(Session session, call->crm().session(name, who.empty() ? "user" : who));
    *out = new ocrm_session(share(*call, std::move(session)), /*owned=*/true);
    return {};
  });
}

const char* ocrm_session_user(const ocrm_session* session) {
  return guard("", [&] {
    const auto* found = handle_or_null(session);
    return found == nullptr ? "" : found->state->user().c_str();
  });
}

void ocrm_session_free(ocrm_session* session) {
  guard(0, [&] {
    auto* found = handle_or_null(session);
    if (found == nullptr || !found->is_owned) return 0;
    // What a fork or a longjmp left behind is not touched.
    const CrmState& crm = found->state->crm();
    if (crm.is_forked() || crm.is_abandoned()) keep_for_ever(found->state);
    delete found;
    return 0;
  });
}

int32_t ocrm_call(ocrm_session* session, const char* operation, size_t operation_size, const char* json,
                  size_t json_size, ocrm_buffer** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const auto name, text_of(operation, operation_size, "operation"));
    OCRM_ASSIGN(const auto request, bytes_of(json, json_size, "json"));
    OCRM_ASSIGN(std::string answer, call->call(name, request));
    return give(out, std::move(answer));
  });
}

int32_t ocrm_call_traced(ocrm_session* session, const char* operation, size_t operation_size,
                         const char* json, size_t json_size, const char* request_id, size_t request_id_size,
                         const char* traceparent, size_t traceparent_size, ocrm_buffer** out,
                         ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const auto name, text_of(operation, operation_size, "operation"));
    OCRM_ASSIGN(const auto request, bytes_of(json, json_size, "json"));
    OCRM_ASSIGN(const auto id, text_of(request_id, request_id_size, "request_id"));
    OCRM_ASSIGN(const auto header, text_of(traceparent, traceparent_size, "traceparent"));
    observe::TraceContext trace;
    if (!header.empty()) {
      OCRM_ASSIGN(trace, observe::TraceContext::parse(header));
    }
    const observe::RequestScope scope({.request = id, .trace = trace});
    OCRM_ASSIGN(std::string answer, call->call(name, request));
    return give(out, std::move(answer));
  });
}

int32_t ocrm_session_transaction(ocrm_session* session, ocrm_transaction_fn work, void* user,
                                 ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    if (work == nullptr) return invalid("work", "must not be NULL");
    return call->transaction([&](Session& inside) { return work_inside(call.crm(), inside, work, user); });
  });
}
