// Listening to progress and to log lines.
#include "callback.hpp"
#include "fence.hpp"
#include "hub.hpp"

struct ocrm_subscription final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::subscription;
  ocrm_subscription(std::shared_ptr<omnicrm::capi::CrmState> a_crm,
                    std::shared_ptr<omnicrm::capi::Subscription> a_subscription)
      : Handle(type, true), crm(std::move(a_crm)), subscription(std::move(a_subscription)) {}
  std::shared_ptr<omnicrm::capi::CrmState> crm;
  std::shared_ptr<omnicrm::capi::Subscription> subscription;
};

namespace omnicrm::capi {
namespace {

/// What `user` is freed by: this, until `subscribe` has handed it to the subscription.
User taken(ocrm* crm, void* user, void (*user_free)(void*)) {
  const auto* found = handle_or_null(crm);
  return {found == nullptr ? nullptr : found->state.get(), user, user_free};
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_progress_subscribe(ocrm* crm, ocrm_progress_fn progress, void* user, void (*user_free)(void*),
                                ocrm_subscription** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    User owner = taken(crm, user, user_free);
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(check_out(out, "out"));
    if (progress == nullptr) return invalid("progress", "must not be NULL");
    auto subscription = std::make_shared<Subscription>(progress, nullptr, user, user_free);
    auto handle = std::make_unique<ocrm_subscription>(call->shared_from_this(), subscription);
    call->progress_hub().add(std::move(subscription));
    owner.release();
    *out = handle.release();
    return {};
  });
}

int32_t ocrm_log_subscribe(ocrm* crm, int32_t level, ocrm_log_fn log, void* user, void (*user_free)(void*),
                           ocrm_subscription** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    User owner = taken(crm, user, user_free);
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(check_out(out, "out"));
    if (log == nullptr) return invalid("log", "must not be NULL");
    if (level < OCRM_LOG_DEBUG || level > OCRM_LOG_ERROR)
      return invalid("level", "must be one of OCRM_LOG_*");
    auto subscription = std::make_shared<Subscription>(nullptr, log, user, user_free);
    auto handle = std::make_unique<ocrm_subscription>(call->shared_from_this(), subscription);
    call->log_hub().add(std::move(subscription), level);
    owner.release();
    *out = handle.release();
    return {};
  });
}

void ocrm_subscription_free(ocrm_subscription* subscription) {
  guard(0, [&] {
    auto* found = handle_or_null(subscription);
    if (found == nullptr) return 0;
    if (found->crm->is_forked() || found->crm->is_abandoned()) {
      keep_for_ever(found->subscription);
      keep_for_ever(found->crm);
    } else {
      found->crm->progress_hub().remove(*found->subscription);
      found->crm->log_hub().remove(*found->subscription);
      found->subscription->end(*found->crm);
    }
    delete found;
    return 0;
  });
}
