// Free-form JSON: checked at the door, compact inside, in one canonical form for hashing.
#include "core/errors.hpp"
#include "model/json.hpp"
#include "model/json_tape.hpp"

namespace omnicrm {
namespace {

Result<Json> compact(const JsonTape& tape, std::uint32_t node, std::string_view field) {
  Json json{""};
  std::string reason;
  bool good = false;
  {
    JsonWriter out(json.text);
    good = tape.write_compact(out, node, reason);
  }
  if (!good) return invalid(field, reason);
  return json;
}

}  // namespace

Result<Json> checked_json(std::string_view text, std::string_view field) {
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(text, field));
  return compact(tape, 0, field);
}

Result<std::vector<std::pair<std::string, Json>>> json_object_fields(std::string_view text,
                                                                     std::string_view field) {
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(text, field));
  if (tape[0].kind != JsonNode::Kind::object)
    return invalid(field, "expected object, got " + std::string(kind_name(tape[0].kind)));
  OMNICRM_TRY(compact(tape, 0, field));  // refuses a name that comes twice
  std::vector<std::pair<std::string, Json>> fields;
  fields.reserve(tape[0].count);
  for (std::uint32_t name = 1; name < tape.size(); name = tape[name + 1].next) {
    OMNICRM_ASSIGN(Json value, compact(tape, name + 1, field));
    fields.emplace_back(std::string(tape[name].text), std::move(value));
  }
  return fields;
}

Result<std::string> json_to_text(const Json& value, std::string_view field) {
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(value.text, field));
  if (tape[0].kind != JsonNode::Kind::text)
    return invalid(field, "expected text, got " + std::string(kind_name(tape[0].kind)));
  return std::string(tape[0].text);
}

std::string canonical_json(std::string_view text) {
  const Result<JsonTape> tape = JsonTape::parse(text);
  if (!tape) return std::string(text);
  std::string canonical;
  std::string reason;
  bool good = false;
  {
    JsonWriter out(canonical);
    good = tape->write_canonical(out, 0, reason);
  }
  return good ? canonical : std::string(text);
}

}  // namespace omnicrm
