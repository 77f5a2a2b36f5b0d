#include "operations/registry.hpp"

#include <array>
#include <exception>
#include <limits>
#include <new>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/json_writer.hpp"
#include "model/reflect.hpp"
#include "operations/edit_distance.hpp"
#include "operations/groups.hpp"

namespace omnicrm::operations {
namespace {

constexpr std::size_t longest_name = 100;

const Operation* look_up(std::string_view name) noexcept {
  const std::string_view prefix = name.substr(0, name.find('.'));
  for (const Group& group : groups()) {
    if (group.prefix != prefix) continue;
    for (const Operation& operation : group.operations) {
      if (operation.name == name) return &operation;
    }
  }
  return nullptr;
}

/// The name that was most likely meant: at most a third of its letters away.
const Operation* nearest(std::string_view name) {
  const Operation* best = nullptr;
  std::size_t distance = std::numeric_limits<std::size_t>::max();
  for (const Group& group : groups()) {
    for (const Operation& operation : group.operations) {
      const std::size_t far = edit_distance(name, operation.name);
      if (far >= distance || far * 3 > operation.name.size()) continue;
      distance = far;
      best = &operation;
    }
  }
  return best;
}

tl::unexpected<Error> unknown(std::string_view name) {
  const std::string shown(text::cut(name, longest_name));
  const Operation* meant = name.size() > longest_name ? nullptr : nearest(name);
  std::string message = "no operation '" + shown + "'";
  std::string details = R"({"what":"operation","id":)" + json_text(shown);
  if (meant != nullptr) {
    message += "; did you mean '" + std::string(meant->name) + "'?";
    details += R"(,"nearest":")" + std::string(meant->name) + '"';
  } else {
    message += "; operations.list has them all";
  }
  return fail({.code = ErrorCode::not_found, .message = text::to_utf8(message), .details = details + '}'});
}

Result<const Operation*> find_version(std::string_view name, std::string_view version) {
  const Operation* found = look_up(name);
  if (found == nullptr) return unknown(name);
  const std::string expected = "v" + std::to_string(found->version);
  if (version == expected) return found;
  return failure(ErrorCode::unsupported, std::string(name) + "@" +
                                             std::string(text::cut(version, longest_name)) +
                                             ": this library has " + std::string(name) + "@" + expected);
}

void write_operation(std::string& out, const Operation& operation) {
  out += R"({"name":)" + json_text(operation.name);
  out += R"(,"version":"v)" + std::to_string(operation.version);
  out += operation.scope == Scope::read ? R"(","scope":"read")" : R"(","scope":"write")";
  out += R"(,"summary":)" + json_text(operation.summary) + R"(,"request":)";
  operation.request_schema(out);
  out += R"(,"response":)";
  operation.response_schema(out);
  out += '}';
}

}  // namespace

std::span<const Group> groups() noexcept {
  static const std::array all = std::to_array<Group>({
      {"audit", audit_operations()},
      {"contacts", contact_operations()},
      {"interactions", interaction_operations()},
      {"jobs", job_operations()},
      {"operations", operation_operations()},
      {"organizations", organization_operations()},
      {"schedules", schedule_operations()},
      {"search", search_operations()},
      {"segments", segment_operations()},
      {"settings", setting_operations()},
      {"sync", sync_operations()},
      {"tags", tag_operations()},
      {"tasks", task_operations()},
  });
  return all;
}

Result<const Operation*> find(std::string_view name) {
  if (const Operation* found = look_up(name)) return found;
  const auto at = name.find('@');
  if (at == std::string_view::npos) return unknown(name);
  return find_version(name.substr(0, at), name.substr(at + 1));
}

std::string_view span_name(std::string_view name) noexcept {
  const Operation* const found = look_up(name.substr(0, name.find('@')));
  return found == nullptr ? std::string_view("unknown operation") : found->name;
}

Result<std::string> dispatch(Session& session, std::string_view name, std::string_view request) {
  try {
    OMNICRM_ASSIGN(const Operation* operation, find(name));
    return operation->handler(session, request.empty() ? std::string_view("{}") : request);
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::resource_exhausted, "out of memory");
  } catch (const std::exception& thrown) {
    return failure(ErrorCode::internal, thrown.what());
  } catch (...) {
    return failure(ErrorCode::internal, "something unknown was thrown");
  }
}

std::string schema() {
  std::string out =
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema","version":"v1","operations":[)";
  bool first = true;
  for (const Group& group : groups()) {
    for (const Operation& operation : group.operations) {
      if (!first) out += ',';
      first = false;
      write_operation(out, operation);
    }
  }
  out += R"(],"errors":[)";
  first = true;
  for (std::string_view code : enum_names<ErrorCode>) {
    if (!first) out += ',';
    first = false;
    out += json_text(code);
  }
  return out + "]}";
}

}  // namespace omnicrm::operations
