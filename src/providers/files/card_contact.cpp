#include "providers/files/card_contact.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/address.hpp"
#include "core/text.hpp"
#include "model/json.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t most_custom = 50;
constexpr std::size_t longest_custom = 4096;

std::string label_of(const CardValue& value) {
  if (!value.label.empty()) return text::squeeze(value.label);
  for (const std::string& type : value.types) {
    if (type == "cell") return "mobile";
    if (type != "internet" && type != "pref" && type != "voice") return type;
  }
  return {};
}

/// The best one is primary: the lowest PREF (RFC 6350 section 5.3), else the first.
std::vector<ContactPoint> points_of(const std::vector<CardValue>& values, bool are_emails) {
  std::vector<ContactPoint> points;
  std::size_t best = 0;
  int best_preference = 0;
  for (const CardValue& value : values) {
    ContactPoint point{.value = text::squeeze(value.value), .label = label_of(value)};
    if (are_emails) {
      if (auto address = parse_address(point.value)) point.value = std::move(address->normalized);
    }
    const bool known = std::any_of(points.begin(), points.end(),
                                   [&](const ContactPoint& other) { return other.value == point.value; });
    if (point.value.empty() || known) continue;
    if (value.preference > 0 && (best_preference == 0 || value.preference < best_preference)) {
      best = points.size();
      best_preference = value.preference;
    }
    points.push_back(std::move(point));
  }
  if (!points.empty()) points[best].is_primary = true;
  return points;
}

std::vector<ContactPoint> handles_of(const std::vector<CardHandle>& handles) {
  std::vector<ContactPoint> points;
  for (const CardHandle& handle : handles) {
    ContactPoint point{.value = text::squeeze(handle.handle.empty() ? handle.url : handle.handle),
                       .label = handle.service,
                       .is_primary = points.empty()};
    if (!point.value.empty() && std::find(points.begin(), points.end(), point) == points.end()) {
      points.push_back(std::move(point));
    }
  }
  return points;
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

std::string address_text(const CardAddress& address) {
  return join({address.po_box, address.extended, address.street,
               join({address.postal_code, address.locality}, " "), address.region, address.country},
              ", ");
}

/// Fields without a place in a contact, in the order of the card; a name stands once, its values joined.
Json custom_of(const ContactCard& card) {
  std::vector<std::pair<std::string, std::string>> fields;
  const auto add = [&](std::string_view name, std::string_view value) {
    name = text::trim(name);
    value = text::trim(value);
    if (name.empty() || value.empty()) return;
    const auto same =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
    if (same != fields.end()) {
      if (same->second != value) same->second.append("; ").append(value);
    } else if (fields.size() < most_custom) {
      fields.emplace_back(name, value);
    }
  };
  for (const CardAddress& address : card.addresses) add("address", address_text(address));
  for (const CardValue& url : card.urls) add("website", url.value);
  if (card.anniversary) add("anniversary", card.anniversary->to_string());
  for (const CardField& field : card.custom) add(field.name, field.value);

  std::string out = "{";
  for (const auto& [name, value] : fields) {
    if (out.size() > 1) out += ',';
    out.append(json_text(name)).append(":").append(json_text(text::cut(value, longest_custom)));
  }
  return Json{out + '}'};
}

std::string name_of(const ContactCard& card) {
  if (!card.full_name.empty()) return text::squeeze(card.full_name);
  std::string name = text::squeeze(
      join({card.prefix, card.given_name, card.additional_names, card.family_name, card.suffix}, " "));
  if (name.empty()) name = text::squeeze(card.nickname);
  return name.empty() ? text::squeeze(card.organization) : name;
}

Contact contact_of(const ContactCard& card, Origin source) {
  Contact contact;
  contact.display_name = name_of(card);
  contact.emails = points_of(card.emails, true);
  contact.phones = points_of(card.phones, false);
  contact.handles = handles_of(card.handles);
  contact.organization = text::squeeze(card.organization);
  contact.note = card.note;
  contact.custom = custom_of(card);
  contact.source = source;
  if (card.kind == "org") {
    // RFC 6350 section 6.1.4: the card stands for the organization itself, it names no person.
    if (contact.organization.empty()) contact.organization = contact.display_name;
    return contact;
  }
  contact.name_prefix = text::squeeze(card.prefix);
  contact.given_name = text::squeeze(card.given_name);
  contact.middle_name = text::squeeze(card.additional_names);
  contact.family_name = text::squeeze(card.family_name);
  contact.name_suffix = text::squeeze(card.suffix);
  contact.nickname = text::squeeze(card.nickname);
  contact.department = text::squeeze(card.department);
  contact.job_title = text::squeeze(card.job_title.empty() ? card.role : card.job_title);
  if (card.birthday && card.birthday->month && card.birthday->day)
    contact.birthday = card.birthday->to_string();
  return contact;
}

Participant about(const std::string& address, const std::string& name) {
  Participant person;
  person.role = ParticipantRole::about;
  person.address = address;
  person.name = name;
  return person;
}

sync::Normalized skipped(sync::Normalized out, std::string reason) {
  out.state = RawEventState::skipped;
  out.reason = std::move(reason);
  return out;
}

/// Why a card makes no contact; empty when it does.
std::string why_left_out(const ContactCard& card) {
  if (card.kind == "group") return "group_card: it names a group, not a person";
  if (!card.kind.empty() && card.kind != "individual" && card.kind != "org") {
    return "no_person: a card of the kind '" + card.kind + "'";
  }
  const Contact contact = contact_of(card, Origin::unknown);
  const bool nobody = contact.display_name.empty() && contact.emails.empty() && contact.phones.empty() &&
                      contact.handles.empty();
  return nobody ? "no_person: nothing in it names or reaches anybody" : "";
}

}  // namespace

sync::ItemFacts card_facts(const ContactCard& card) {
  sync::ItemFacts facts;
  facts.is_card = true;
  facts.title = name_of(card);
  facts.at = card.revision;
  facts.left_out = why_left_out(card);
  for (const std::string& tag : card.tags) facts.labels.push_back(text::squeeze(tag));
  if (card.kind == "group") return facts;
  for (const ContactPoint& email : points_of(card.emails, true)) {
    facts.participants.push_back(about(email.value, facts.title));
  }
  if (facts.participants.empty() && !facts.title.empty()) {
    facts.participants.push_back(about({}, facts.title));
  }
  return facts;
}

sync::Normalized normalize_card(const ContactCard& card, Origin source) {
  sync::Normalized out;
  out.facts = card_facts(card);
  if (std::string reason = out.facts.left_out; !reason.empty())
    return skipped(std::move(out), std::move(reason));
  sync::NormalizedContact made{
      .contact = contact_of(card, source), .tags = out.facts.labels, .revised_at = card.revision};
  out.contacts.push_back(std::move(made));
  return out;
}

}  // namespace omnicrm::files
