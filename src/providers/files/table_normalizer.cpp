// A row of a table as a contact.
#include <utility>

#include "core/errors.hpp"
#include "providers/files/card_contact.hpp"
#include "providers/files/normalizers.hpp"
#include "providers/files/table_rows.hpp"

namespace omnicrm::files {
namespace {

Result<ContactCard> read_row(const sync::RawItem& item) {
  OMNICRM_ASSIGN(const TableRow row, read_row_json(item.payload));
  return apply_mapping(row.mapping, row.cells);
}

class TableNormalizer final : public sync::Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return "text/csv"; }

  Result<sync::ItemFacts> facts(const sync::RawItem& item) const override {
    return read_row(item).map([](const ContactCard& card) { return card_facts(card); });
  }

  Result<sync::Normalized> normalize(std::span<const sync::RawItem> series,
                                     const sync::NormalizeOptions&) const override {
    if (series.size() != 1) return invalid("series", "a row stands alone");
    return read_row(series.front()).map([](const ContactCard& card) {
      return normalize_card(card, Origin::csv);
    });
  }
};

}  // namespace

std::shared_ptr<const sync::Normalizer> table_normalizer() {
  return std::make_shared<TableNormalizer>();
}

}  // namespace omnicrm::files
