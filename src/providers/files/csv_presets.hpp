// What the columns of well-known exports mean: data, for `csv_mapping.cpp`.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace omnicrm::files {

/// One column name and where it goes. Names are as `csv_column_name` makes them; "#" stands for any number.
struct CsvRule {
  std::string_view name;
  std::string_view
      field;  ///< as `ColumnMapping::field`; "label:<field>" says of what kind a numbered column is
  std::string_view type;
};

struct CsvPreset {
  std::string_view name;
  std::string_view title;
  std::span<const std::string_view> marks;  ///< columns that only this program's export has together
  std::span<const CsvRule> rules;
};

/// Lower case, without accents, words apart by one space: "E-mail 1 - Value" -> "e mail 1 value".
[[nodiscard]] std::string csv_column_name(std::string_view header);

[[nodiscard]] std::span<const CsvPreset> csv_presets() noexcept;
/// What people call their columns, in English, German, French and Spanish.
[[nodiscard]] std::span<const CsvRule> csv_synonyms() noexcept;

}  // namespace omnicrm::files
