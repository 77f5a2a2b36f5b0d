#include "jobs/job_row.hpp"

#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "core/errors.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::jobs {

Result<JobRow> read_job(const storage::Query& row) {
  JobRow read;
  read.seq = row.get<std::int64_t>(0);
  read.user = row.get<UserId>(1);
  Job& job = read.job;
  job.id = row.get<JobId>(2);
  job.kind = row.get<std::string>(3);
  job.payload = row.get<Json>(4);
  const auto state = enum_from_name<JobState>(row.get<std::string>(5));
  if (!state) return failure(ErrorCode::data_loss, "job " + job.id.to_string() + " has an unknown state");
  job.state = *state;
  job.priority = row.get<std::int64_t>(6);
  job.virtual_time = row.get<std::int64_t>(7);
  job.run_at = row.get<Timestamp>(8);
  job.attempt = row.get<std::int64_t>(9);
  job.max_attempts = row.get<std::int64_t>(10);
  job.unique_key = row.get<std::string>(11);
  job.batch_id = row.get<std::optional<BatchId>>(12);
  job.lease_id = row.get<std::optional<LeaseId>>(13);
  job.progress_done = row.get<std::int64_t>(14);
  job.progress_total = row.get<std::int64_t>(15);
  job.progress_note = row.get<std::string>(16);
  job.error = row.get<Json>(17);
  job.result = row.get<Json>(18);
  job.cancel_requested = row.get<bool>(19);
  job.created_at = row.get<Timestamp>(20);
  job.started_at = row.get<std::optional<Timestamp>>(21);
  job.finished_at = row.get<std::optional<Timestamp>>(22);
  return read;
}

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
