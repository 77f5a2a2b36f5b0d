#include "repository/contact_identities.hpp"

#include <algorithm>

#include "core/address.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/reflect.hpp"
#include "repository/participant_links.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view owner_sql =
    "SELECT contact_id FROM contact_identities WHERE user_id = ? AND kind = ? AND match_key = ?";
constexpr std::string_view insert_sql_text =
    "INSERT INTO contact_identities (user_id, kind, match_key, contact_id, value) VALUES (?, ?, ?, ?, ?)";
constexpr std::string_view delete_sql_text =
    "DELETE FROM contact_identities WHERE user_id = ? AND kind = ? AND match_key = ? AND contact_id = ?";
constexpr std::string_view value_sql =
    "UPDATE contact_identities SET value = ? WHERE user_id = ? AND kind = ? AND match_key = ? AND contact_id "
    "= ?";
constexpr std::string_view suppress_sql =
    "INSERT INTO suppressions (user_id, id, kind, value, reason, contact_id, created_at) "
    "VALUES (?, ?, ?, ?, 'deleted', ?, ?) ON CONFLICT (user_id, kind, value) DO NOTHING";

void collect(IdentityKind kind, std::string_view list, const std::vector<ContactPoint>& points,
             std::vector<Identity>& identities) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto key = identity_key(kind, points[i]);
    if (!key) continue;
    identities.push_back(
        {kind, std::move(*key), points[i].value, std::string(list) + '[' + std::to_string(i) + ']'});
  }
}

const Identity* find_identity(const std::vector<Identity>& identities, const Identity& wanted) {
  const auto found = std::find_if(identities.begin(), identities.end(), [&](const Identity& each) {
    return each.kind == wanted.kind && each.key == wanted.key;
  });
  return found == identities.end() ? nullptr : &*found;
}

tl::unexpected<Error> taken(const Identity& identity, ContactId owner) {
  return fail(Error{
      .code = ErrorCode::already_exists,
      .message = identity.place + ": belongs to contact " + owner.to_string(),
      .details = "{\"field\":" + json_text(identity.place) + ",\"contact_id\":\"" + owner.to_string() + "\"}",
      .retryable = false,
      .needs_user = false});
}

Result<void> add_identity(storage::Connection& connection, const Unit& unit, const Identity& identity,
                          ContactId contact) {
  OMNICRM_ASSIGN(const auto owner, identity_owner(connection, unit, identity.kind, identity.key));
  if (owner == contact) return {};
  if (owner) return taken(identity, *owner);
  OMNICRM_TRY(storage::run(connection, insert_sql_text, unit.user(), enum_name(identity.kind), identity.key,
                           contact, identity.value));
  if (identity.kind == IdentityKind::email) {
    OMNICRM_TRY(link_participants(connection, unit, identity.key, contact));
  }
  return {};
}

Result<void> drop_identity(storage::Connection& connection, const Unit& unit, const Identity& identity,
                           ContactId contact) {
  OMNICRM_ASSIGN(const std::int64_t dropped,
                 storage::execute(connection, delete_sql_text, unit.user(), enum_name(identity.kind),
                                  identity.key, contact));
  if (dropped > 0 && identity.kind == IdentityKind::email) {
    OMNICRM_TRY(link_participants(connection, unit, identity.key, std::nullopt));
  }
  return {};
}

}  // namespace

Result<std::string> identity_key(IdentityKind kind, const ContactPoint& point) {
  switch (kind) {
    case IdentityKind::email: {
      OMNICRM_ASSIGN(Address address, parse_address(point.value));
      return std::move(address.match_key);
    }
    case IdentityKind::phone:
      return normalize_phone(point.value);
    case IdentityKind::handle:
      break;
  }
  std::string_view handle = text::trim(point.value);
  if (handle.starts_with('@')) handle.remove_prefix(1);
  if (handle.empty()) return invalid("handle", "is empty");
  return text::fold(point.label) + ':' + text::fold(handle);
}

std::vector<Identity> identities_of(const Contact& contact) {
  std::vector<Identity> identities;
  identities.reserve(contact.emails.size() + contact.phones.size() + contact.handles.size());
  collect(IdentityKind::email, "emails", contact.emails, identities);
  collect(IdentityKind::phone, "phones", contact.phones, identities);
  collect(IdentityKind::handle, "handles", contact.handles, identities);
  return identities;
}

Result<std::optional<ContactId>> identity_owner(storage::Connection& connection, const Unit& unit,
                                                IdentityKind kind, std::string_view key) {
  return storage::query_one<ContactId>(connection, owner_sql, unit.user(), enum_name(kind), key);
}

Result<void> sync_identities(storage::Connection& connection, const Unit& unit, const Contact* before,
                             const Contact* after) {
  const std::vector<Identity> old_ones =
      before != nullptr && is_live(*before) ? identities_of(*before) : std::vector<Identity>{};
  const std::vector<Identity> new_ones =
      after != nullptr && is_live(*after) ? identities_of(*after) : std::vector<Identity>{};
  for (const Identity& identity : old_ones) {
    if (find_identity(new_ones, identity) != nullptr) continue;
    OMNICRM_TRY(drop_identity(connection, unit, identity, before->id));
  }
  for (const Identity& identity : new_ones) {
    const Identity* old_one = find_identity(old_ones, identity);
    if (old_one == nullptr) {
      if (find_identity(new_ones, identity) != &identity) continue;  // said twice
      OMNICRM_TRY(add_identity(connection, unit, identity, after->id));
    } else if (old_one->value != identity.value) {
      OMNICRM_TRY(storage::run(connection, value_sql, identity.value, unit.user(), enum_name(identity.kind),
                               identity.key, after->id));
    }
  }
  return {};
}

Result<void> suppress_identities(storage::Connection& connection, const Unit& unit, const Contact& contact) {
  for (const Identity& identity : identities_of(contact)) {
    OMNICRM_TRY(storage::run(connection, suppress_sql, unit.user(), unit.make_id<SuppressionId>(),
                             enum_name(identity.kind), identity.key, contact.id, unit.now()));
  }
  return {};
}

Result<void> lift_deletion(storage::Connection& connection, const Unit& unit, ContactId contact) {
  OMNICRM_TRY(storage::run(
      connection, "DELETE FROM suppressions WHERE user_id = ? AND contact_id = ? AND reason = 'deleted'",
      unit.user(), contact));
  return {};
}

Result<void> lift_suppressions(storage::Connection& connection, const Unit& unit, const Contact& contact) {
  for (const Identity& identity : identities_of(contact)) {
    OMNICRM_TRY(storage::run(connection,
                             "DELETE FROM suppressions WHERE user_id = ? AND kind = ? AND value = ?",
                             unit.user(), enum_name(identity.kind), identity.key));
  }
  return {};
}

Result<bool> is_suppressed(storage::Connection& connection, const Unit& unit, const Identity& identity) {
  OMNICRM_ASSIGN(const std::optional<std::int64_t> found,
                 storage::query_one<std::int64_t>(connection,
                                                  "SELECT 1 FROM suppressions WHERE user_id = ? AND kind = ? "
                                                  "AND value = ?",
                                                  unit.user(), enum_name(identity.kind), identity.key));
  return found.has_value();
}

}  // namespace omnicrm::repository
