#include "jobs/job_row.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::jobs {

namespace {

std::optional<boost::json::value> parsed(std::string_view text) {
  boost::json::error_code problem;
  auto value = boost::json::parse(text, problem);
  if (problem) return std::nullopt;
  return value;
}

}  // namespace

std::string error_json(const Error& error) {
  boost::json::object object;
  object["code"] = to_string(error.code);
  object["message"] = error.message;
  if (!error.details.empty()) {
    auto details = parsed(error.details);
    object["details"] = details ? std::move(*details) : boost::json::value(error.details);
  }
  object["retryable"] = error.retryable;
  object["needs_user"] = error.needs_user;
  return boost::json::serialize(object);
}

bool is_json(std::string_view text) {
  return parsed(text).has_value();
}

bool is_json_object(std::string_view text) {
  if (text == "{}") return true;  // most jobs of a bulk call
  const auto value = parsed(text);
  return value && value->is_object();
}

}  // namespace omnicrm::jobs
