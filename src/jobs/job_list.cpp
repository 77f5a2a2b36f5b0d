#include "jobs/job_list.hpp"

#include <charconv>

#include "core/errors.hpp"

namespace omnicrm::jobs {

Result<std::optional<ListStart>> list_start(const PageRequest& page) {
  if (page.limit < 1 || page.limit > 1'000) return invalid("limit", "must be 1 to 1,000");
  if (page.cursor.empty()) return std::optional<ListStart>();
  const auto dot = page.cursor.find('.');
  if (dot == std::string::npos) return invalid("cursor", "is not a cursor of this list");
  std::int64_t micros = 0;
  const char* end = page.cursor.data() + dot;
  const auto read = std::from_chars(page.cursor.data(), end, micros);
  auto id = JobId::parse(std::string_view(page.cursor).substr(dot + 1));
  if (read.ec != std::errc{} || read.ptr != end || !id)
    return invalid("cursor", "is not a cursor of this list");
  return std::optional<ListStart>({from_micros(micros), *id});
}

std::string list_cursor(const Job& job) {
  return std::to_string(to_micros(job.created_at)) + "." + job.id.to_string();
}

}  // namespace omnicrm::jobs
