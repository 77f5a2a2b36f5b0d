// Pages of timelines, read at places all along them: for the benchmarks of both storages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <omnicrm/omnicrm.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bench_report.hpp"
#include "timeline_data.hpp"

namespace omnicrm::benchmarks {

/// The 99th percentile of `calls` calls, in milliseconds.
inline double p99_ms(int calls, const std::function<void()>& call) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) times.push_back(seconds(call) * 1e3);
  const auto place = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), place, times.end());
  return *place;
}

/// A timeline and the cursors of places all along it.
struct Walk {
  repository::TimelineFilter filter;
  std::vector<std::string> cursors = {""};
};

inline Walk walk(Session& session, repository::TimelineFilter filter, std::int64_t step) {
  Walk walked{.filter = std::move(filter)};
  for (std::string cursor;;) {
    const auto page =
        checked(session.interactions().timeline(walked.filter, {.limit = step, .cursor = cursor}));
    if (!page.next) return walked;
    cursor = *page.next;
    walked.cursors.push_back(cursor);
  }
}

/// The 99th percentile of pages of 50 in milliseconds, run by run. Every second page is of the first walk.
inline std::vector<double> page_p99_ms(Session& session, const std::vector<Walk>& walks, int runs,
                                       int pages) {
  Dice dice(1);
  std::size_t shortest = 50;
  std::vector<double> values;
  for (int run = 0; run < runs; ++run) {
    values.push_back(p99_ms(pages, [&] {
      const Walk& walked = dice.percent(50) ? walks.front() : walks[dice.below(walks.size())];
      const std::string& cursor = walked.cursors[dice.below(walked.cursors.size())];
      shortest = std::min(
          shortest, checked(session.interactions().timeline(walked.filter, {.cursor = cursor})).items.size());
    }));
  }
  if (shortest == 0) give_up("a page was empty");
  return values;
}

}  // namespace omnicrm::benchmarks
