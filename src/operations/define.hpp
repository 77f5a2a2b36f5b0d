// Makes an operation of a typed function: its JSON and its schemas follow from the records it takes and
// gives.
#pragma once

#include <string>
#include <string_view>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/json_generate.hpp"
#include "operations/registry.hpp"

namespace omnicrm::operations {

template <class Function>
struct Signature;
template <class Answer, class Asked>
struct Signature<Result<Answer> (*)(Session&, const Asked&)> {
  using Request = Asked;
  using Response = Answer;
};

template <auto function>
Result<std::string> run(Session& session, std::string_view json) {
  using Request = typename Signature<decltype(function)>::Request;
  OMNICRM_ASSIGN(const Request request, from_json<Request>(json));
  const auto response = function(session, request);
  if (!response) return fail(response.error());
  return to_json(*response);
}

/// `define<get_contact>("contacts.get", Scope::read, "...")` for
/// `Result<Contact> get_contact(Session&, const OneContact&)`.
template <auto function>
constexpr Operation define(std::string_view name, Scope scope, std::string_view summary) {
  using Types = Signature<decltype(function)>;
  return {.name = name,
          .scope = scope,
          .summary = summary,
          .handler = run<function>,
          .request_schema = write_schema<typename Types::Request>,
          .response_schema = write_schema<typename Types::Response>};
}

}  // namespace omnicrm::operations
