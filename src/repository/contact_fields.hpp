// A contact's text fields, and where each field's value came from.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/organization.hpp>

namespace omnicrm::repository {

/// A text that a source may fill.
struct ContactField {
  std::string_view name;
  std::string Contact::*member;
};
[[nodiscard]] std::span<const ContactField> contact_text_fields();

/// Who said a field's value.
struct Claim {
  Origin origin = Origin::unknown;
  Timestamp at{};
  /// The raw event, as text; empty when a person said it.
  std::string from;

  friend bool operator==(const Claim&, const Claim&) = default;
};

/// The claims of a record, by field name. A field without a claim is empty or derived.
class Provenance {
 public:
  /// Text that is no such object counts as empty.
  [[nodiscard]] static Provenance parse(const Json& json);
  [[nodiscard]] const Claim* find(std::string_view field) const;
  void set(std::string_view field, Claim claim);
  void erase(std::string_view field);
  [[nodiscard]] bool has_user_edits() const;
  [[nodiscard]] const std::map<std::string, Claim, std::less<>>& claims() const noexcept { return claims_; }
  /// {"display_name":{"origin":"email","at":"...","from":"..."}}, names sorted.
  [[nodiscard]] Json to_json() const;

 private:
  std::map<std::string, Claim, std::less<>> claims_;
};

/// Said by a person or the host: never replaced by sync.
[[nodiscard]] constexpr bool is_edited(Origin origin) noexcept {
  return origin == Origin::user || origin == Origin::api;
}

/// Names of the editable fields in which two contacts differ.
[[nodiscard]] std::vector<std::string> changed_fields(const Contact& before, const Contact& after);

/// Given, middle and family name; else nickname, the first address's local part, organization, number or
/// handle.
[[nodiscard]] std::string derived_display_name(const Contact& contact);

}  // namespace omnicrm::repository
