// A vCard as a contact.
#include <utility>

#include "core/errors.hpp"
#include "providers/files/card_contact.hpp"
#include "providers/files/normalizers.hpp"
#include "providers/files/vcard.hpp"

namespace omnicrm::files {
namespace {

Result<ContactCard> read_card(const sync::RawItem& item) {
  VCardReader reader = VCardReader::from_memory(item.payload, "the card");
  VCardItem found{.card = {}};
  OMNICRM_ASSIGN(const bool any, reader.next(found));
  if (!any) return invalid("card", "there is no VCARD in it");
  return std::move(found.card);
}

class CardNormalizer final : public sync::Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return "text/vcard"; }

  Result<sync::ItemFacts> facts(const sync::RawItem& item) const override {
    return read_card(item).map([](const ContactCard& card) { return card_facts(card); });
  }

  Result<sync::Normalized> normalize(std::span<const sync::RawItem> series,
                                     const sync::NormalizeOptions&) const override {
    if (series.size() != 1) return invalid("series", "a card stands alone");
    return read_card(series.front()).map([](const ContactCard& card) {
      return normalize_card(card, Origin::vcard);
    });
  }
};

}  // namespace

std::shared_ptr<const sync::Normalizer> card_normalizer() {
  return std::make_shared<CardNormalizer>();
}

}  // namespace omnicrm::files
