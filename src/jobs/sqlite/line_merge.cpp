#include "jobs/sqlite/line_merge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/errors.hpp"

namespace omnicrm::jobs::sqlite {
namespace {

constexpr std::string_view select_line = "SELECT " OMNICRM_SQLITE_JOB
                                         " FROM jobs WHERE state = 'ready' AND is_parked = 0 AND kind = ? "
                                         "ORDER BY priority, virtual_time, seq";

/// A statement of its own for each line that is open at once, so that all of them stay prepared.
const std::string& statement(std::size_t number) {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> made;
    for (int n = 0; n < 32; ++n) made.push_back(fmt::format("{} -- line {}", select_line, n));
    return made;
  }();
  return texts[std::min(number, texts.size() - 1)];
}

}  // namespace

Result<void> LineMerge::open(const std::vector<std::string>& kinds) {
  lines_.reserve(kinds.size());
  for (const std::string& kind : kinds) {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, statement(lines_.size()), kind));
    Line line{std::move(rows)};
    OMNICRM_ASSIGN(const bool any, advance(line));
    if (any) lines_.push_back(std::move(line));
  }
  return {};
}

Result<bool> LineMerge::next(JobRow& row) {
  if (current_ != nullptr) {
    OMNICRM_ASSIGN(const bool more, advance(*current_));
    if (!more) lines_.erase(lines_.begin() + (current_ - lines_.data()));
    current_ = nullptr;
  }
  if (lines_.empty()) return false;
  const auto first = std::min_element(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
    return std::tie(a.priority, a.virtual_time, a.seq) < std::tie(b.priority, b.virtual_time, b.seq);
  });
  OMNICRM_ASSIGN(row, read_row(first->rows));
  current_ = &*first;
  return true;
}

Result<bool> LineMerge::advance(Line& line) {
  OMNICRM_ASSIGN(const bool more, line.rows.next());
  if (!more) return false;
  line.seq = line.rows.get<std::int64_t>(0);
  line.priority = line.rows.get<std::int64_t>(6);
  line.virtual_time = line.rows.get<std::int64_t>(7);
  return true;
}

}  // namespace omnicrm::jobs::sqlite
