#include "copy/begin.hpp"

#include <optional>
#include <utility>

#include "core/errors.hpp"
#include "open_storage.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

tl::unexpected<Error> refuse(std::string message) {
  return failure(ErrorCode::failed_precondition, std::move(message));
}

/// Row-level security hides rows without an error: a role under it would copy nothing, and compare nothing.
Result<void> check_role(storage::Connection& connection, const std::string& side) {
  if (connection.dialect() == storage::Dialect::sqlite) return {};
  OMNICRM_ASSIGN(
      const auto sees_all,
      storage::query_one<bool>(connection, "SELECT pg_has_role(current_user, 'omnicrm_admin', 'USAGE')"));
  if (sees_all.value_or(false)) return {};
  return failure(ErrorCode::permission_denied,
                 side + ": copying needs a role that is a member of omnicrm_admin (admin_url)");
}

Result<bool> has_rows(storage::Connection& connection, const std::string& table) {
  OMNICRM_ASSIGN(const auto found,
                 storage::query_one<std::int64_t>(connection, "SELECT 1 FROM " + table + " LIMIT 1"));
  return found.has_value();
}

/// The table that holds something; empty when the database is empty.
Result<std::string> first_with_rows(storage::Connection& connection, const Catalogue& catalogue) {
  for (const CopiedTable& table : copied_tables()) {
    if (!catalogue.contains(table.name)) continue;
    OMNICRM_ASSIGN(const bool any, has_rows(connection, std::string(table.name)));
    if (any) return std::string(table.name);
  }
  return std::string();
}

/// The state of an earlier run of this copy, or nothing when the target is empty.
Result<std::optional<std::string>> earlier_state(storage::Connection& connection, const Catalogue& catalogue,
                                                 const Source& source) {
  std::optional<std::string> stored;
  if (catalogue.contains("settings")) {
    OMNICRM_ASSIGN(stored, find_state(connection));
  }
  if (!stored) {
    OMNICRM_ASSIGN(const std::string table, first_with_rows(connection, catalogue));
    if (!table.empty())
      return refuse("to: holds data of its own (in " + table + "); a copy needs an empty database");
    return stored;
  }
  OMNICRM_ASSIGN(const CopyState state, state_from_text(*stored));
  if (state.source != source.identity) return refuse("to: holds the unfinished copy of another database");
  return stored;
}

/// Before the schema is touched.
Result<void> check_target(storage::Connection& connection, const Source& source) {
  OMNICRM_TRY(check_role(connection, "to"));
  OMNICRM_ASSIGN(const std::string identity, identity_of(connection));
  const bool is_server = connection.dialect() == storage::Dialect::postgres;  // of files their paths tell
  if (is_server && identity == source.identity) return invalid("to", "is the same database as from");
  OMNICRM_ASSIGN(const Catalogue catalogue, read_catalogue(connection));
  return earlier_state(connection, catalogue, source).map([](const auto&) {});
}

Result<void> read_source(storage::Connection& connection, Source& source) {
  source = {};
  OMNICRM_TRY(check_role(connection, "from"));
  OMNICRM_ASSIGN(source.identity, identity_of(connection));
  OMNICRM_ASSIGN(source.catalogue, read_catalogue(connection));
  OMNICRM_ASSIGN(const auto state, find_state(connection));
  if (state) return refuse("from: is itself an unfinished copy");
  for (const CopiedTable& table : copied_tables()) {
    const std::string name(table.name);
    if (!source.catalogue.contains(name)) continue;  // said when the catalogues are compared
    OMNICRM_ASSIGN(const auto rows,
                   storage::query_one<std::int64_t>(connection, "SELECT COUNT(*) FROM " + name));
    source.rows[name] = rows.value_or(0);
  }
  return {};
}

Result<void> start(storage::Connection& connection, const Source& source, Target& target) {
  target = {};
  OMNICRM_TRY(check_role(connection, "to"));
  OMNICRM_ASSIGN(const Catalogue catalogue, read_catalogue(connection));
  OMNICRM_TRY(compare(source.catalogue, catalogue));
  OMNICRM_ASSIGN(const auto stored, earlier_state(connection, catalogue, source));
  if (stored) {
    OMNICRM_ASSIGN(target.state, state_from_text(*stored));
    target.stored = *stored;
    target.is_resumed = true;
    return {};
  }
  target.state.source = source.identity;
  target.stored = to_text(target.state);
  return insert_state(connection, target.stored);
}

}  // namespace

Result<Source> examine_source(storage::Storage& from, const storage::Scope& scope) {
  OMNICRM_ASSIGN(const std::int64_t version, from.schema_version());
  const std::int64_t latest = latest_schema(from.dialect());
  if (version != latest) {
    return refuse(
        "from: has schema version " + std::to_string(version) + ", a copy needs " + std::to_string(latest) +
        (version < latest ? ": open it once with this library" : ": use the library that it belongs to"));
  }
  Source source;
  OMNICRM_TRY(
      from.read(scope, [&](storage::Connection& connection) { return read_source(connection, source); }));
  return source;
}

Result<Target> begin_target(storage::Storage& to, const storage::Scope& scope, const Source& source) {
  OMNICRM_ASSIGN(const std::int64_t version, to.schema_version());
  if (version > 0) {
    OMNICRM_TRY(
        to.read(scope, [&](storage::Connection& connection) { return check_target(connection, source); }));
  }
  OMNICRM_TRY(to.migrate());
  Target target;
  OMNICRM_TRY(
      to.write(scope, [&](storage::Connection& connection) { return start(connection, source, target); }));
  return target;
}

Result<void> check_finished(storage::Storage& storage) {
  std::optional<std::string> state;
  OMNICRM_TRY(storage.read({}, [&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(state, find_state(connection));
    return {};
  }));
  if (!state) return {};
  return refuse("the database is an unfinished copy: run the copy again, it goes on where it ended");
}

}  // namespace omnicrm::copy
