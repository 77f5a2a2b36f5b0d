// Which column of a table means what, and a row as a contact.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "providers/files/contact_card.hpp"

namespace omnicrm::files {

/// Where one column goes.
struct ColumnMapping {
  std::size_t column = 0;
  std::string header;
  /// "given_name", "family_name", "additional_name", "prefix", "suffix", "display_name", "nickname", "email",
  /// "phone", "organization", "department", "job_title", "url", "handle", "note", "birthday", "anniversary",
  /// "tag", "uid", "street", "locality", "region", "postal_code", "country", "address", "custom:<name>", or
  /// empty: left out.
  std::string field;
  std::string type;  ///< "work", "home", "cell", ... or the service of a handle
  int group = 0;     ///< columns of one address have the same number
  std::string
      reason;  ///< why: "HubSpot contacts export", "named like a field", "no such field: kept as custom"

  friend bool operator==(const ColumnMapping&, const ColumnMapping&) = default;
};

struct TableMapping {
  std::string
      preset;  ///< "linkedin", "hubspot", "google", "google_old", "outlook", "outlook_de", or "generic"
  std::vector<ColumnMapping> columns;  ///< one for each, in the order of the file

  /// Whether some column names or reaches somebody: else the table is no list of contacts.
  [[nodiscard]] bool has_people() const noexcept;
};

/// Finds the preset by the header, and by synonyms (English, German, French, Spanish) what no preset knows.
/// Pure.
[[nodiscard]] TableMapping detect_preset(const std::vector<std::string>& header);

/// For a table without a header: looks at values instead of names.
[[nodiscard]] TableMapping detect_by_values(const std::vector<std::vector<std::string>>& rows);

/// A row as a contact. Short rows are fine; what is beyond the mapped columns is left out. Pure.
[[nodiscard]] ContactCard apply_mapping(const TableMapping& mapping, const std::vector<std::string>& row);

}  // namespace omnicrm::files
