#include "jobs/poison.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace omnicrm::jobs {

Error lost_start(std::string_view worker) {
  boost::json::object details{{"worker", worker}, {"worker_ended", true}};
  return {ErrorCode::unavailable, fmt::format("the worker {} ended while it held the job", worker),
          boost::json::serialize(details), true, false};
}

bool is_lost_start(std::string_view error_json) {
  boost::json::error_code problem;
  const auto value = boost::json::parse(error_json, problem);
  if (problem || !value.is_object()) return false;
  const auto* details = value.as_object().if_contains("details");
  return details != nullptr && details->is_object() && details->as_object().contains("worker_ended");
}

Error poisoned(std::string_view worker, std::int64_t lost, std::int64_t starts) {
  boost::json::object details{{"worker", worker}, {"worker_ended", true}, {"lost", lost}, {"starts", starts}};
  std::string message = fmt::format("the worker {} ended while it held the job", worker);
  message += lost == starts
                 ? fmt::format(", as at each of its {} starts: the job may be what ends them", starts)
                 : fmt::format(", its last start; so did {} of {}", lost, starts);
  return {ErrorCode::unavailable, std::move(message), boost::json::serialize(details), false, false};
}

}  // namespace omnicrm::jobs
