#include "copy/copy_state.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <exception>

#include "core/base64.hpp"
#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "storage/query.hpp"

namespace omnicrm::copy {
namespace {

namespace json = boost::json;

constexpr UserId nobody{};

// Databases that were made of one template have the same history.
constexpr std::string_view place_sql =
    "SELECT CAST(system_identifier AS text) || ' ' || CAST(d.oid AS text) || ' ' || current_schema() "
    "FROM pg_control_system(), pg_database d WHERE d.datname = current_database()";

json::object value_json(const Value& value) {
  const bool is_number = value.kind == Kind::integer || value.kind == Kind::real;
  json::object object{{"kind", static_cast<int>(value.kind)}};
  if (is_number) {
    object["number"] = value.number;
  } else {
    object["bytes"] = base64_encode(value.bytes);
  }
  return object;
}

Result<Value> value_from(const json::object& object) {
  Value value{.kind = static_cast<Kind>(object.at("kind").to_number<int>()), .bytes = {}};
  if (const auto* number = object.if_contains("number")) {
    value.number = number->to_number<std::int64_t>();
  } else {
    OMNICRM_ASSIGN(value.bytes, base64_decode(object.at("bytes").as_string()));
  }
  return value;
}

Result<CopyState> state_from(const json::object& object) {
  CopyState state;
  state.source = object.at("source").as_string();
  state.stage = static_cast<CopyStage>(object.at("stage").to_number<int>());
  state.table = object.at("table").as_string();
  state.texts = object.at("texts").to_number<std::int64_t>();
  for (const json::value& part : object.at("after").as_array()) {
    OMNICRM_ASSIGN(Value value, value_from(part.as_object()));
    state.after.push_back(std::move(value));
  }
  for (const auto& [name, entry] : object.at("arrived").as_object()) {
    OMNICRM_ASSIGN(const std::string bytes, base64_decode(entry.at("sum").as_string()));
    OMNICRM_ASSIGN(const RowSum sum, RowSum::from_bytes(entry.at("rows").to_number<std::int64_t>(), bytes));
    state.arrived.emplace(std::string(name), sum);
  }
  return state;
}

std::int64_t now_micros() {
  return to_micros(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

Result<void> expect_one(std::int64_t changed) {
  if (changed == 1) return {};
  return failure(ErrorCode::conflict, "to: another copy writes to it at this moment");
}

}  // namespace

Result<std::string> identity_of(storage::Connection& connection) {
  Sha256 hash;
  if (connection.dialect() == storage::Dialect::postgres) {
    OMNICRM_ASSIGN(const auto place, storage::query_one<std::string>(connection, place_sql));
    hash.update(place.value_or("") + "\n");
  }
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection,
                                     "SELECT number, name, checksum, applied_at FROM schema_migrations "
                                     "ORDER BY number"));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return to_hex(hash.finish());
    const std::string line = std::to_string(rows.get<std::int64_t>(0)) + "\n" + rows.get<std::string>(1) +
                             "\n" + rows.get<std::string>(2) + "\n" +
                             std::to_string(rows.get<std::int64_t>(3)) + "\n";
    hash.update(line);
  }
}

std::string to_text(const CopyState& state) {
  json::object arrived;
  for (const auto& [name, sum] : state.arrived)
    arrived[name] = json::object{{"rows", sum.rows()}, {"sum", base64_encode(sum.bytes())}};
  json::array after;
  for (const Value& value : state.after) after.push_back(value_json(value));
  return json::serialize(json::object{{"source", state.source},
                                      {"stage", static_cast<int>(state.stage)},
                                      {"table", state.table},
                                      {"after", std::move(after)},
                                      {"arrived", std::move(arrived)},
                                      {"texts", state.texts}});
}

Result<CopyState> state_from_text(const std::string& text) {
  try {
    return state_from(json::parse(text).as_object());
  } catch (const std::exception& thrown) {
    return failure(ErrorCode::data_loss, std::string("the kept progress of a copy: ") + thrown.what());
  }
}

Result<std::optional<std::string>> find_state(storage::Connection& connection) {
  return storage::query_one<std::string>(
      connection, "SELECT value FROM settings WHERE user_id = ? AND name = ?", nobody, state_name);
}

Result<void> insert_state(storage::Connection& connection, const std::string& text) {
  return storage::run(connection,
                      "INSERT INTO settings (user_id, name, value, updated_at) VALUES (?, ?, ?, ?)", nobody,
                      state_name, text, now_micros());
}

Result<void> replace_state(storage::Connection& connection, const std::string& before,
                           const std::string& after) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(
          connection,
          "UPDATE settings SET value = ?, updated_at = ? WHERE user_id = ? AND name = ? AND value = ?", after,
          now_micros(), nobody, state_name, before));
  return expect_one(changed);
}

Result<void> remove_state(storage::Connection& connection, const std::string& before) {
  OMNICRM_ASSIGN(
      const std::int64_t changed,
      storage::execute(connection, "DELETE FROM settings WHERE user_id = ? AND name = ? AND value = ?",
                       nobody, state_name, before));
  return expect_one(changed);
}

}  // namespace omnicrm::copy
