#include "people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "text.hpp"

namespace cli {
namespace {

using omnicrm::Contact;
using omnicrm::ErrorCode;

// A guess is worth a moment, not minutes.
constexpr std::size_t compared_contacts = 20'000;

std::size_t distance_to_name(std::string_view typed, std::string_view name) {
  std::size_t best = distance(typed, name);
  while (!name.empty()) {
    const std::string_view word = name.substr(0, name.find(' '));
    if (word.size() > 1) best = std::min(best, distance(typed, word));
    name.remove_prefix(std::min(name.size(), word.size() + 1));
  }
  return best;
}

/// The name that is nearest to what was typed; empty when none is near.
std::string nearest_name(omnicrm::Session& session, std::string_view text) {
  const std::string typed = lower(text);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, typed.size() / 3) + 1;
  omnicrm::PageRequest page{.limit = 1'000, .cursor = {}};
  for (std::size_t seen = 0; seen < compared_contacts; seen += 1'000) {
    const auto contacts = must(session.contacts().list({}, page));
    for (const Contact& contact : contacts.items) {
      const std::size_t far = distance_to_name(typed, lower(contact.display_name));
      if (far >= least) continue;
      least = far;
      best = contact.display_name;
    }
    if (!contacts.next) break;
    page.cursor = *contacts.next;
  }
  return best;
}

Failure none(Context& context, std::string_view command, std::string_view text) {
  std::string message = fmt::format("{}: no contact '{}'", command, plain(text));
  const std::string meant = nearest_name(context.session(), text);
  if (!meant.empty()) message += fmt::format("; did you mean '{}'?", plain(meant));
  return failure(not_found, ErrorCode::not_found, std::move(message),
                 meant.empty() ? "who is there: omnicrm contacts" : "");
}

Failure several(std::string_view command, std::string_view text, const std::vector<Contact>& candidates) {
  std::string list;
  for (const Contact& contact : candidates) {
    list += fmt::format("  {}  {}  {}\n", contact.id.to_string(), plain(contact.display_name),
                        plain(first_value(contact.emails)));
  }
  return failure(
      refused, ErrorCode::failed_precondition,
      fmt::format("{}: '{}' may be several people; name one by address or id", command, plain(text)),
      list.substr(0, list.size() - 1));
}

}  // namespace

std::string first_value(const std::vector<omnicrm::ContactPoint>& points) {
  const auto primary =
      std::find_if(points.begin(), points.end(), [](const auto& point) { return point.is_primary; });
  if (primary != points.end()) return primary->value;
  return points.empty() ? std::string() : points.front().value;
}

Contact resolve(Context& context, std::string_view command, std::string_view text) {
  auto& contacts = context.session().contacts();
  if (const auto id = omnicrm::ContactId::parse(text)) return must(contacts.get(*id));
  if (text.find('@') != std::string_view::npos) {
    const auto owner = contacts.find(omnicrm::IdentityKind::email, text);
    if (owner && *owner) return **owner;
  }
  const auto hits = must(contacts.search(text, {.limit = 10, .cursor = {}}));
  std::vector<Contact> candidates;
  std::vector<Contact> exact;
  for (const auto& hit : hits.items) {
    candidates.push_back(hit.contact);
    if (lower(hit.contact.display_name) == lower(text)) exact.push_back(hit.contact);
  }
  if (exact.size() == 1) return exact.front();
  if (candidates.size() == 1) return candidates.front();
  if (candidates.empty()) throw none(context, command, text);
  throw several(command, text, candidates);
}

}  // namespace cli
