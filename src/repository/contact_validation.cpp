#include "repository/contact_validation.hpp"

#include <algorithm>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "repository/contact_fields.hpp"
#include "repository/contact_identities.hpp"

namespace omnicrm::repository {
namespace {

Result<void> check_encoding(std::string_view text, std::string_view field, std::size_t longest) {
  if (text.size() > longest) return invalid(field, "is over " + std::to_string(longest) + " bytes");
  if (!text::is_utf8(text)) return invalid(field, "is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return invalid(field, "has a NUL character");
  return {};
}

/// `YYYY-MM-DD`, or `--MM-DD` (RFC 6350 section 6.2.5). A leap year stands in for the unknown one.
bool is_birthday(std::string_view text) {
  if (text.size() == 7 && text.starts_with("--"))
    return parse_date("2000-" + std::string(text.substr(2))).has_value();
  return text.size() == 10 && parse_date(text).has_value();
}

std::string_view reason_of(const Error& error) {
  const std::string_view message = error.message;
  const auto colon = message.find(": ");
  return colon == std::string_view::npos ? message : message.substr(colon + 2);
}

/// Without later entries of the same identity.
void drop_repeats(IdentityKind kind, std::vector<ContactPoint>& points) {
  std::vector<std::string> keys;
  std::erase_if(points, [&](const ContactPoint& point) {
    const auto key = identity_key(kind, point);
    if (!key) return false;
    if (std::find(keys.begin(), keys.end(), *key) != keys.end()) return true;
    keys.push_back(*key);
    return false;
  });
}

Result<void> normalize_point(IdentityKind kind, ContactPoint& point, const std::string& place) {
  OMNICRM_ASSIGN(point.label, checked_text(point.label, place + ".label", 100));
  OMNICRM_ASSIGN(point.value, checked_text(point.value, place + ".value"));
  const auto key = identity_key(kind, point);
  if (!key) return invalid(place + ".value", reason_of(key.error()));
  if (kind == IdentityKind::email) point.value = parse_address(point.value)->normalized;
  return {};
}

Result<void> normalize_points(IdentityKind kind, std::string_view field, std::vector<ContactPoint>& points) {
  if (points.size() > most_points) return invalid(field, "has more than 200 entries");
  for (std::size_t i = 0; i < points.size(); ++i) {
    OMNICRM_TRY(normalize_point(kind, points[i], std::string(field) + '[' + std::to_string(i) + ']'));
  }
  drop_repeats(kind, points);
  settle_primary(points);
  return {};
}

void tidy_points(IdentityKind kind, std::vector<ContactPoint>& points) {
  std::erase_if(points, [&](ContactPoint& point) {
    point.value = text::to_utf8(point.value);
    point.label = std::string(text::cut(text::to_utf8(point.label), 100));
    return !normalize_point(kind, point, "point");
  });
  drop_repeats(kind, points);
  if (points.size() > most_points) points.resize(most_points);
}

bool names_an_address(const Contact& contact) {
  const std::string name = text::fold(contact.display_name);
  if (name.find('@') != std::string::npos) return true;
  return std::any_of(contact.emails.begin(), contact.emails.end(), [&](const ContactPoint& email) {
    return name == text::fold(email.value.substr(0, email.value.rfind('@')));
  });
}

}  // namespace

Result<std::string> checked_text(std::string_view text, std::string_view field, std::size_t longest) {
  OMNICRM_TRY(check_encoding(text, field, longest));
  std::string checked = text::squeeze(text::normalize(text));
  if (checked.size() > longest) return invalid(field, "is over " + std::to_string(longest) + " bytes");
  return checked;
}

Result<std::string> checked_note(std::string_view text, std::string_view field) {
  OMNICRM_TRY(check_encoding(text, field, longest_note));
  return std::string(text::trim(text::normalize(text)));
}

void settle_primary(std::vector<ContactPoint>& points) {
  bool found = false;
  for (ContactPoint& point : points) {
    point.is_primary = point.is_primary && !found;
    found = found || point.is_primary;
  }
  if (!found && !points.empty()) points.front().is_primary = true;
}

Result<void> normalize_contact(Contact& contact, const std::optional<CustomFields>& custom_fields) {
  for (const ContactField& field : contact_text_fields()) {
    std::string& value = contact.*field.member;
    if (field.member == &Contact::note) {
      OMNICRM_ASSIGN(value, checked_note(value, field.name));
    } else {
      OMNICRM_ASSIGN(value, checked_text(value, field.name));
    }
  }
  OMNICRM_TRY(normalize_points(IdentityKind::email, "emails", contact.emails));
  OMNICRM_TRY(normalize_points(IdentityKind::phone, "phones", contact.phones));
  OMNICRM_TRY(normalize_points(IdentityKind::handle, "handles", contact.handles));
  if (!contact.birthday.empty() && !is_birthday(contact.birthday)) {
    return invalid("birthday", "must be YYYY-MM-DD, or --MM-DD without the year");
  }
  OMNICRM_ASSIGN(contact.custom, check_custom(custom_fields, contact.custom));
  if (contact.display_name.empty()) contact.display_name = derived_display_name(contact);
  if (contact.display_name.empty()) {
    return invalid("display_name", "give a name, an address, a number, a handle or an organization");
  }
  return {};
}

bool tidy_draft(Contact& draft, const std::optional<CustomFields>& custom_fields) {
  for (const ContactField& field : contact_text_fields()) {
    std::string& value = draft.*field.member;
    if (value.empty()) continue;
    const bool is_note = field.member == &Contact::note;
    value = text::normalize(text::to_utf8(text::cut(value, is_note ? longest_note : longest_text)));
    value = is_note ? std::string(text::trim(value)) : text::squeeze(value);
    value = std::string(text::cut(value, is_note ? longest_note : longest_text));
  }
  tidy_points(IdentityKind::email, draft.emails);
  tidy_points(IdentityKind::phone, draft.phones);
  tidy_points(IdentityKind::handle, draft.handles);
  if (!is_birthday(draft.birthday)) draft.birthday.clear();
  draft.custom = fitting_custom(custom_fields, draft.custom);
  if (names_an_address(draft)) draft.display_name.clear();
  return !draft.display_name.empty() || !derived_display_name(draft).empty();
}

}  // namespace omnicrm::repository
