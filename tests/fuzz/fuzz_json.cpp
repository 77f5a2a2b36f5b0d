// Records and free JSON from any bytes: what is accepted comes back the same, and nothing is accepted that is not JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "model/describe.hpp"
#include "model/json_generate.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <class T>
void round_trip(std::string_view text) {
  const auto record = omnicrm::from_json<T>(text);
  if (!record) return;
  const std::string written = omnicrm::to_json(*record);
  const auto again = omnicrm::from_json<T>(written);
  require(again && omnicrm::to_json(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip<omnicrm::SyncPlan>(text);
  round_trip<omnicrm::Contact>(text);
  if (const auto free = omnicrm::checked_json(text, "f")) {
    boost::json::error_code code;
    boost::json::parse(boost::json::string_view(text.data(), text.size()), code);
    require(!code);
    const auto again = omnicrm::checked_json(free->text, "f");
    require(again && again->text == free->text);
    const std::string canonical = omnicrm::canonical_json(text);
    require(omnicrm::canonical_json(canonical) == canonical);
  }
  require(!omnicrm::json_text(text).empty());
  return 0;
}
