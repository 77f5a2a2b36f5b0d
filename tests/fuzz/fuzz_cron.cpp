// Cron expressions in any zone, from any time: never stuck, never early, always in order. The first line is
// the expression, the second a zone, the third a time (RFC 3339).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "jobs/cron.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnicrm;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = take_line(text);
  const auto zone = take_line(text);
  const auto start = parse_timestamp(take_line(text)).value_or(from_micros(1'795'435'200'000'000));
  auto cron = jobs::Cron::parse(expression, zone);
  if (!cron) {
    require(cron.error().code == ErrorCode::invalid_argument);
    cron = jobs::Cron::parse(expression, "Europe/Berlin");
  }
  if (!cron) return 0;
  Timestamp last = start;
  for (int i = 0; i < 20; ++i) {
    const auto next = cron->next(last);
    if (!next) {
      require(to_string(last) > "9959");  // an expression that was taken has a time within 40 years
      break;
    }
    require(*next > last && to_micros(*next) % 1'000'000 == 0);
    require(cron->next(*next - std::chrono::microseconds(1)) == next);  // not passed over from nearer
    last = *next;
  }
  if (last > start) {
    require(cron->last(start, last) == last);
    const auto times = cron->between(start + std::chrono::microseconds(1), last, 5);
    require(!times.empty() && times.size() <= 5 && times.back() == last);
  }
  return 0;
}
