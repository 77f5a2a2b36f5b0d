// Tables and their mapping to contacts, on any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/text.hpp"
#include "providers/files/csv.hpp"
#include "providers/files/csv_mapping.hpp"

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
  files::CsvOptions options;
  options.max_field_bytes = 500;
  options.max_row_bytes = 2000;
  auto reader = files::CsvReader::from_memory({reinterpret_cast<const char*>(data), size}, options);
  require(reader.has_value());
  const files::TableMapping mapping = files::detect_preset(reader->header());
  require(mapping.columns.size() == reader->header().size());
  files::CsvRow row;
  std::uint64_t last = 0;
  std::uint64_t line = 0;
  while (reader->next(row).value()) {
    require(row.position >= last && row.next > row.position && row.next <= size);
    require(row.line > line);
    last = row.next;
    line = row.line;
    if (!row.fields) continue;
    for (const auto& field : *row.fields) require(is_clean(field));
    const files::ContactCard card = files::apply_mapping(mapping, *row.fields);
    require(is_clean(card.full_name) && is_clean(card.note));
  }
  return 0;
}
