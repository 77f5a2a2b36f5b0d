#include "host_handler.hpp"

#include <chrono>
#include <utility>

#include "job.hpp"

namespace omnicrm::capi {
namespace {

class HostHandler final : public jobs::Handler {
 public:
  HostHandler(CrmState& crm, const ocrm_job_handler& handler, User user)
      : crm_(crm), handler_(handler), user_(std::move(user)) {}

  [[nodiscard]] jobs::KindOptions options() const override {
    using std::chrono::milliseconds;
    jobs::KindOptions options;
    options.max_concurrent = handler_.max_concurrent;
    if (handler_.timeout_ms != 0) options.timeout = milliseconds(handler_.timeout_ms);
    if (handler_.backoff_base_ms != 0) options.backoff_base = milliseconds(handler_.backoff_base_ms);
    if (handler_.backoff_cap_ms != 0) options.backoff_cap = milliseconds(handler_.backoff_cap_ms);
    options.max_global = handler_.max_global;
    options.max_per_user = handler_.max_per_user;
    options.rate_limit = handler_.rate_limit;
    if (handler_.rate_period_ms != 0) options.rate_period = milliseconds(handler_.rate_period_ms);
    if (handler_.keep_done_ms != 0) options.keep_done = milliseconds(handler_.keep_done_ms);
    if (handler_.keep_dead_ms != 0) options.keep_dead = milliseconds(handler_.keep_dead_ms);
    return options;
  }

  Result<jobs::Outcome> run(jobs::Context& context) override {
    ocrm_job job(crm_, context);
    auto ran = call_host(crm_, FrameKind::job, this,
                         [&](ocrm_error** err) { return handler_.run(user_.get(), &job, err); });
    if (!ran) return fail(std::move(ran).error());
    return std::move(job.outcome);
  }

 private:
  CrmState& crm_;
  const ocrm_job_handler handler_;
  const User user_;
};

Result<void> in_range(std::string_view field, std::int64_t value) {
  if (value < 0 || value > longest_ms) return invalid(field, "must be 0 to " + std::to_string(longest_ms));
  return {};
}

}  // namespace

Result<void> check_handler(const ocrm_job_handler& handler) {
  if (handler.run == nullptr) return invalid("run", "must not be NULL");
  OCRM_TRY(in_range("timeout_ms", handler.timeout_ms));
  OCRM_TRY(in_range("max_concurrent", handler.max_concurrent));
  OCRM_TRY(in_range("backoff_base_ms", handler.backoff_base_ms));
  OCRM_TRY(in_range("backoff_cap_ms", handler.backoff_cap_ms));
  OCRM_TRY(in_range("max_global", handler.max_global));
  OCRM_TRY(in_range("max_per_user", handler.max_per_user));
  OCRM_TRY(in_range("rate_limit", handler.rate_limit));
  OCRM_TRY(in_range("rate_period_ms", handler.rate_period_ms));
  OCRM_TRY(in_range("keep_done_ms", handler.keep_done_ms));
  return in_range("keep_dead_ms", handler.keep_dead_ms);
}

std::shared_ptr<jobs::Handler> make_host_handler(CrmState& crm, const ocrm_job_handler& handler, User user) {
  return std::make_shared<HostHandler>(crm, handler, std::move(user));
}

}  // namespace omnicrm::capi
