#include "host_clock.hpp"

#include <chrono>
#include <utility>

namespace omnicrm::capi {
namespace {

class HostClock final : public Clock {
 public:
  HostClock(CrmState& crm, const ocrm_clock& clock, User user)
      : crm_(crm), clock_(clock), user_(std::move(user)) {}

  Timestamp now() override {
    std::int64_t micros = 0;
    if (!call_quietly(crm_, FrameKind::quiet, this, [&] { micros = clock_.now(user_.get()); }))
      return system_clock()->now();
    return from_micros(micros);
  }

  std::chrono::steady_clock::time_point steady_now() override {
    using std::chrono::steady_clock;
    std::int64_t nanos = 0;
    if (clock_.steady_now == nullptr ||
        !call_quietly(crm_, FrameKind::quiet, this, [&] { nanos = clock_.steady_now(user_.get()); }))
      return steady_clock::now();
    return steady_clock::time_point(std::chrono::nanoseconds(nanos));
  }

 private:
  CrmState& crm_;
  const ocrm_clock clock_;
  User user_;
};

}  // namespace

std::shared_ptr<Clock> make_host_clock(CrmState& crm, const ocrm_clock& clock, User user) {
  return std::make_shared<HostClock>(crm, clock, std::move(user));
}

}  // namespace omnicrm::capi
