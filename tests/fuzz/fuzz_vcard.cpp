// Contact cards, on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "providers/files/vcard.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return omnicrm::text::is_utf8(text) && text.find('\0') == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnicrm;
  auto reader = files::VCardReader::from_memory({reinterpret_cast<const char*>(data), size});
  files::VCardItem item;
  std::uint64_t last = 0;
  while (reader.next(item).value()) {
    require(item.position >= last && item.next >= item.position && item.next <= size);
    last = item.position;
    if (!item.card) continue;
    const files::ContactCard& card = *item.card;
    require(!card.is_empty());
    require(is_clean(card.full_name) && is_clean(card.family_name) && is_clean(card.note) &&
            is_clean(card.uid));
    for (const auto& email : card.emails) {
      require(is_clean(email.value) && is_clean(email.label));
      for (const auto& type : email.types) require(is_clean(type));
    }
    for (const auto& handle : card.handles) require(is_clean(handle.service) && is_clean(handle.handle));
    for (const auto& field : card.custom) require(is_clean(field.name) && is_clean(field.value));
    if (card.birthday) require(files::parse_partial_date(card.birthday->to_string()) == card.birthday);
  }
  return 0;
}
