// Work on the whole CRM.
#include <omnicrm/crm.hpp>

#include "buffer.hpp"
#include "crm_state.hpp"
#include "fence.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// A JSON array of texts that are UTF-8 or made so.
std::string json_array(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    out += json_text(text);
  }
  return out + ']';
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_backup(ocrm* crm, const char* path, size_t path_size, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_ASSIGN(const auto target, text_of(path, path_size, "path"));
    if (target.empty()) return invalid("path", "must not be empty");
    if (target.find('\0') != std::string_view::npos) return invalid("path", "must not hold a NUL");
    return call->crm().admin().backup(std::string(target));
  });
}

int32_t ocrm_check(ocrm* crm, ocrm_buffer** problems, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(check_out(problems, "problems"));
    OCRM_ASSIGN(const auto found, call->crm().admin().check());
    return give(problems, json_array(found));
  });
}

int32_t ocrm_metrics_text(ocrm* crm, ocrm_buffer** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const Use call, use(crm));
    OCRM_TRY(check_out(out, "out"));
    return give(out, call->crm().metrics_text());
  });
}
