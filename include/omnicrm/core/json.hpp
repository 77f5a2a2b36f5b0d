// Free-form JSON in a record, without a JSON library in the public headers.
#pragma once

#include <string>

namespace omnicrm {

/// A JSON value as text. Records use it for free-form fields (custom fields, provenance, settings).
/// What the library hands out is valid and compact; what a caller passes in is checked at the door
/// (`invalid_argument` names the field and the position). @since 0.1
struct Json {
  std::string text = "null";

  [[nodiscard]] static Json object() { return Json{"{}"}; }
  [[nodiscard]] static Json array() { return Json{"[]"}; }
  [[nodiscard]] bool is_null() const noexcept { return text.empty() || text == "null"; }

  friend bool operator==(const Json&, const Json&) = default;
};

}  // namespace omnicrm
