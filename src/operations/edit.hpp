// Creating and changing records through JSON: only the fields that a caller may write, named once per
// operation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/json_tape.hpp"
#include "operations/define.hpp"

namespace omnicrm::operations {

/// Names of the fields that a caller may write.
using Fields = std::span<const std::string_view>;

/// The names in the JSON object `text`, all of which must be in `fields`; `all` are the record's.
/// Errors: `invalid_argument` names the first that is unknown or read-only, with `prefix` in front.
[[nodiscard]] Result<std::vector<std::string>> written_fields(std::string_view text, Fields fields,
                                                              Fields all, std::string_view prefix);

/// The same failure about a field inside `changes`.
[[nodiscard]] Error inside_changes(const Error& error);

template <Record R>
inline constexpr auto field_names = [] {
  std::array<std::string_view, member_count<R>> names{};
  std::size_t count = 0;
  for_each_member<R>([&](auto member) { names[count++] = member.name; });
  return names;
}();

/// The schema of a record's fields that a caller may write.
template <Record R>
void write_fields_schema(JsonWriter& out, Fields fields) {
  out.raw(R"({"type":"object","properties":{)");
  for_each_member<R>([&](auto member) {
    const std::string_view name = member.name;
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) return;
    out.comma_unless_after('{');
    out.text(name);
    out.raw(':');
    json_detail::write_schema_of<member_type<R, decltype(member)>>(out);
  });
  out.raw(R"(},"additionalProperties":false})");
}

// --- create ------------------------------------------------------------------------------------------

/// A record that a caller gave.
template <class R>
struct Draft {
  R record{};
  std::vector<std::string> given;

  [[nodiscard]] bool has(std::string_view name) const {
    return std::find(given.begin(), given.end(), name) != given.end();
  }
};

template <auto function, const auto& fields>
Result<std::string> run_create(Session& session, std::string_view json) {
  using R = typename Signature<decltype(function)>::Response;
  Draft<R> draft;
  OMNICRM_ASSIGN(draft.given, written_fields(json, fields, field_names<R>, {}));
  OMNICRM_ASSIGN(draft.record, from_json<R>(json));
  OMNICRM_ASSIGN(const R created, function(session, draft));
  return to_json(created);
}

/// An operation that makes a record of the named fields:
/// `Result<Contact> create(Session&, const Draft<Contact>&)`.
template <auto function, const auto& fields>
constexpr Operation define_create(std::string_view name, std::string_view summary) {
  using R = typename Signature<decltype(function)>::Response;
  return {.name = name,
          .scope = Scope::write,
          .summary = summary,
          .handler = run_create<function, fields>,
          .request_schema =
              [](std::string& out) {
                JsonWriter writer(out);
                write_fields_schema<R>(writer, fields);
              },
          .response_schema = write_schema<R>};
}

// --- update ------------------------------------------------------------------------------------------

template <class R>
concept Versioned = requires(R record) {
  record.version;
};

/// What every update takes. `expected_version` is required for records that have a version.
template <class R>
struct UpdateRequest {
  decltype(R::id) id;
  std::int64_t expected_version = 0;
  Json changes = Json::object();

  BOOST_DESCRIBE_CLASS(UpdateRequest, (), (id, expected_version, changes), (), ())
};

/// The same for a record without a version.
template <class R>
struct PlainUpdateRequest {
  decltype(R::id) id;
  Json changes = Json::object();

  BOOST_DESCRIBE_CLASS(PlainUpdateRequest, (), (id, changes), (), ())
};

/// Puts the fields in `changes` over those of `record`.
template <Record R>
Result<void> apply_changes(R& record, const Json& changes, Fields fields) {
  OMNICRM_ASSIGN(const auto given, written_fields(changes.text, fields, field_names<R>, "changes"));
  auto parsed = from_json<R>(changes.text);
  if (!parsed) return fail(inside_changes(parsed.error()));
  for_each_member<R>([&](auto member) {
    if (std::find(given.begin(), given.end(), std::string_view(member.name)) == given.end()) return;
    record.*member.pointer = std::move((*parsed).*member.pointer);
  });
  return {};
}

/// The record has another version than the caller expected.
[[nodiscard]] tl::unexpected<Error> changed_meanwhile(std::string_view id, std::int64_t version,
                                                      std::int64_t expected);

template <auto get, auto store, const auto& fields>
Result<std::string> run_update(Session& session, std::string_view json) {
  using R = typename Signature<decltype(store)>::Response;
  using Request = std::conditional_t<Versioned<R>, UpdateRequest<R>, PlainUpdateRequest<R>>;
  OMNICRM_ASSIGN(const Request request, from_json<Request>(json));
  OMNICRM_ASSIGN(R record, get(session, request.id));
  if constexpr (Versioned<R>) {
    if (record.version != request.expected_version)
      return changed_meanwhile(request.id.to_string(), record.version, request.expected_version);
  }
  OMNICRM_TRY(apply_changes(record, request.changes, fields));
  OMNICRM_ASSIGN(const R stored, store(session, record));
  return to_json(stored);
}

/// An operation that reads a record, puts the given fields over it and stores it:
/// `Result<Contact> get(Session&, ContactId)`, `Result<Contact> store(Session&, const Contact&)`.
template <auto get, auto store, const auto& fields>
constexpr Operation define_update(std::string_view name, std::string_view summary) {
  using R = typename Signature<decltype(store)>::Response;
  return {.name = name,
          .scope = Scope::write,
          .summary = summary,
          .handler = run_update<get, store, fields>,
          .request_schema =
              [](std::string& out) {
                JsonWriter writer(out);
                writer.raw(R"({"type":"object","properties":{"id":)");
                json_detail::write_schema_of<decltype(R::id)>(writer);
                if constexpr (Versioned<R>) {
                  writer.raw(R"(,"expected_version":)");
                  json_detail::write_schema_of<std::int64_t>(writer);
                }
                writer.raw(R"(,"changes":)");
                write_fields_schema<R>(writer, fields);
                writer.raw(Versioned<R> ? R"(},"required":["id","expected_version","changes"])"
                                        : R"(},"required":["id","changes"])");
                writer.raw(R"(,"additionalProperties":false})");
              },
          .response_schema = write_schema<R>};
}

}  // namespace omnicrm::operations

namespace omnicrm {

template <class R>
inline constexpr auto required_fields<operations::UpdateRequest<R>> =
    std::to_array<std::string_view>({"id", "expected_version", "changes"});
template <class R>
inline constexpr auto required_fields<operations::PlainUpdateRequest<R>> =
    std::to_array<std::string_view>({"id", "changes"});

}  // namespace omnicrm
