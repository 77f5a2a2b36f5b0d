#include "operations/edit.hpp"

#include <algorithm>

namespace omnicrm::operations {
namespace {

std::string listed(Fields names) {
  std::string list;
  for (std::string_view name : names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

bool contains(Fields names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<std::vector<std::string>> written_fields(std::string_view text, Fields fields, Fields all,
                                                std::string_view prefix) {
  OMNICRM_ASSIGN(const JsonTape tape, JsonTape::parse(text, prefix));
  if (tape[0].kind != JsonNode::Kind::object) {
    return invalid(prefix.empty() ? "request" : prefix,
                   "expected object, got " + std::string(kind_name(tape[0].kind)));
  }
  std::vector<std::string> names;
  std::uint32_t name = 1;
  for (std::size_t left = tape[0].count; left != 0; --left, name = tape[name + 1].next) {
    const std::string_view given = tape[name].text;
    if (!contains(fields, given)) {
      const std::string place =
          prefix.empty() ? std::string(given) : std::string(prefix) + "." + std::string(given);
      return invalid(place, contains(all, given) ? "is set by the library and cannot be written here"
                                                 : "unknown field; it takes " + listed(fields));
    }
    names.emplace_back(given);
  }
  return names;
}

Error inside_changes(const Error& error) {
  const auto colon = error.message.find(": ");
  if (error.code != ErrorCode::invalid_argument || colon == std::string::npos) return error;
  return invalid("changes." + error.message.substr(0, colon), error.message.substr(colon + 2)).value();
}

tl::unexpected<Error> changed_meanwhile(std::string_view id, std::int64_t version, std::int64_t expected) {
  const std::string is = std::to_string(version);
  return fail({.code = ErrorCode::conflict,
               .message = "record " + std::string(id) + ": its version is " + is + ", not " +
                          std::to_string(expected) + "; read it again",
               .details = R"({"field":"expected_version","version":)" + is + "}"});
}

}  // namespace omnicrm::operations
