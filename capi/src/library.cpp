// What belongs to no CRM: versions, the operations' description, the count of handles.
#include <omnicrm/crm.hpp>

#include "buffer.hpp"
#include "fence.hpp"

using namespace omnicrm;
using namespace omnicrm::capi;

const char* ocrm_version(void) {
  return guard("", [] {
    static const std::string text(version());
    return text.c_str();
  });
}

int32_t ocrm_abi_version(void) {
  return guard(int32_t{-1}, [] { return int32_t{OCRM_ABI_VERSION}; });
}

int32_t ocrm_operations_schema(ocrm_buffer** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_TRY(check_out(out, "out"));
    return give(out, operations_schema());
  });
}

int64_t ocrm_live_handles(void) {
  return guard(int64_t{-1}, [] { return int64_t{live_handles()}; });
}
