#include "repository/contact_fields.hpp"

#include <array>
#include <boost/json.hpp>

#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/reflect.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::array<ContactField, 12> text_fields{{{"display_name", &Contact::display_name},
                                                    {"name_prefix", &Contact::name_prefix},
                                                    {"given_name", &Contact::given_name},
                                                    {"middle_name", &Contact::middle_name},
                                                    {"family_name", &Contact::family_name},
                                                    {"name_suffix", &Contact::name_suffix},
                                                    {"nickname", &Contact::nickname},
                                                    {"organization", &Contact::organization},
                                                    {"department", &Contact::department},
                                                    {"job_title", &Contact::job_title},
                                                    {"birthday", &Contact::birthday},
                                                    {"note", &Contact::note}}};

std::string text_of(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string joined(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (word.empty()) continue;
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace

std::span<const ContactField> contact_text_fields() {
  return text_fields;
}

Provenance Provenance::parse(const Json& json) {
  Provenance provenance;
  if (json.text.size() <= 2) return provenance;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(json.text, error);
  if (error || !value.is_object()) return provenance;
  for (const auto& [name, entry] : value.get_object()) {
    if (!entry.is_object()) continue;
    const boost::json::object& object = entry.get_object();
    const auto origin = enum_from_name<Origin>(text_of(object, "origin"));
    const auto at = parse_timestamp(text_of(object, "at"));
    if (!origin) continue;
    provenance.claims_.emplace(std::string(name),
                               Claim{*origin, at ? *at : Timestamp{}, text_of(object, "from")});
  }
  return provenance;
}

const Claim* Provenance::find(std::string_view field) const {
  const auto found = claims_.find(field);
  return found == claims_.end() ? nullptr : &found->second;
}

void Provenance::set(std::string_view field, Claim claim) {
  claims_.insert_or_assign(std::string(field), std::move(claim));
}

void Provenance::erase(std::string_view field) {
  if (const auto found = claims_.find(field); found != claims_.end()) claims_.erase(found);
}

bool Provenance::has_user_edits() const {
  for (const auto& [name, claim] : claims_) {
    if (is_edited(claim.origin)) return true;
  }
  return false;
}

Json Provenance::to_json() const {
  std::string text = "{";
  for (const auto& [name, claim] : claims_) {
    if (text.size() > 1) text += ',';
    text += json_text(name) + ":{\"origin\":\"" + std::string(enum_name(claim.origin)) + "\",\"at\":\"" +
            to_string(claim.at) + '"';
    if (!claim.from.empty()) text += ",\"from\":" + json_text(claim.from);
    text += '}';
  }
  return Json{text + '}'};
}

std::vector<std::string> changed_fields(const Contact& before, const Contact& after) {
  std::vector<std::string> names;
  for (const ContactField& field : text_fields) {
    if (before.*field.member != after.*field.member) names.emplace_back(field.name);
  }
  if (before.emails != after.emails) names.emplace_back("emails");
  if (before.phones != after.phones) names.emplace_back("phones");
  if (before.handles != after.handles) names.emplace_back("handles");
  if (before.organization_id != after.organization_id) names.emplace_back("organization_id");
  if (before.custom != after.custom) names.emplace_back("custom");
  if (before.pinned != after.pinned) names.emplace_back("pinned");
  if (before.archived != after.archived) names.emplace_back("archived");
  return names;
}

std::string derived_display_name(const Contact& contact) {
  if (std::string name = joined({contact.given_name, contact.middle_name, contact.family_name});
      !name.empty()) {
    return name;
  }
  if (!contact.nickname.empty()) return contact.nickname;
  if (!contact.emails.empty()) {
    const std::string& address = contact.emails.front().value;
    return address.substr(0, address.rfind('@'));
  }
  if (!contact.organization.empty()) return contact.organization;
  if (!contact.phones.empty()) return contact.phones.front().value;
  return contact.handles.empty() ? std::string() : contact.handles.front().value;
}

}  // namespace omnicrm::repository
