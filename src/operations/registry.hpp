// Every call that the faces offer, defined once: name, version, scope, records of request and response,
// handler.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>
#include <omnicrm/session.hpp>

namespace omnicrm::operations {

/// What a caller must be allowed to do.
enum class Scope { read, write };

/// One call. Immutable; the texts are literals.
struct Operation {
  std::string_view name;
  Scope scope = Scope::read;
  std::string_view summary;
  /// JSON object in, JSON out.
  Result<std::string> (*handler)(Session& session, std::string_view request) = nullptr;
  /// Append the JSON Schemas of what goes in and out.
  void (*request_schema)(std::string& out) = nullptr;
  void (*response_schema)(std::string& out) = nullptr;
  int version = 1;
};

/// Operations whose names begin with `prefix` and a dot.
struct Group {
  std::string_view prefix;
  std::span<const Operation> operations;
};

/// All groups, by prefix.
[[nodiscard]] std::span<const Group> groups() noexcept;

/// Finds `contacts.create`, also written `contacts.create@v1`. Errors: `not_found` suggests the nearest name,
/// `unsupported` for a version that is not here.
[[nodiscard]] Result<const Operation*> find(std::string_view name);

/// The operation's own name without a version, or "unknown operation": what a trace calls it.
[[nodiscard]] std::string_view span_name(std::string_view name) noexcept;

/// Finds and runs. An empty request is `{}`. Nothing is thrown. What a session's `call` does.
[[nodiscard]] Result<std::string> dispatch(Session& session, std::string_view name, std::string_view request);

/// The whole contract as one JSON document, the same bytes every time.
[[nodiscard]] std::string schema();

}  // namespace omnicrm::operations
