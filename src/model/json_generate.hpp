// The code behind model/json.hpp, generated from the description of any described struct. Include it beside
// the description; the records of the model are generated once, in src/model/json*.cpp.
#pragma once

#include "model/json.hpp"
#include "model/json_read.hpp"
#include "model/json_schema.hpp"
#include "model/json_write.hpp"

namespace omnicrm {

template <class T>
void write_json(std::string& out, const T& record) {
  // Room for the names and for a little in each field: most records are written without growing.
  if constexpr (Record<T>) {
    JsonWriter writer(out, member_count<T> * 40);
    json_detail::write_value(writer, record);
  } else {
    JsonWriter writer(out);
    json_detail::write_value(writer, record);
  }
}

template <class T>
std::string to_json(const T& record) {
  std::string out;
  write_json(out, record);
  return out;
}

template <class T>
Result<T> from_json(std::string_view text) {
  auto tape = JsonTape::parse(text);
  if (!tape) return fail(std::move(tape).error());
  T record{};
  json_detail::Reader reader(*tape);
  if (!reader.read(0, record)) return fail(reader.error());
  return record;
}

template <class T>
void write_schema(std::string& out) {
  JsonWriter writer(out);
  json_detail::write_schema_of<T>(writer);
}

template <class T>
std::string json_schema() {
  std::string schema;
  write_schema<T>(schema);
  schema.insert(1, "\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
  return schema;
}

}  // namespace omnicrm
