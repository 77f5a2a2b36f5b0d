#include "fence.hpp"
#include "stop.hpp"

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_cancel_new(ocrm_cancel** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_TRY(check_out(out, "out"));
    *out = new ocrm_cancel();
    return {};
  });
}

void ocrm_cancel_request(ocrm_cancel* cancel) {
  guard(0, [&] {
    auto* found = handle_or_null(cancel);
    if (found == nullptr || !found->source) return 0;
    // A copy: what is asked to stop may free the handle.
    std::stop_source source = *found->source;
    source.request_stop();
    return 0;
  });
}

int32_t ocrm_cancel_requested(const ocrm_cancel* cancel) {
  return guard(0, [&] {
    const auto* found = handle_or_null(cancel);
    return found != nullptr && found->token.stop_requested() ? 1 : 0;
  });
}

void ocrm_cancel_free(ocrm_cancel* cancel) {
  guard(0, [&] {
    auto* found = handle_or_null(cancel);
    if (found != nullptr && found->source) delete found;
    return 0;
  });
}
