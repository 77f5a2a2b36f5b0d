#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

constexpr std::size_t bar_width = 24;
constexpr auto pause = std::chrono::milliseconds(100);

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(bar_width));
  std::string text;
  for (std::size_t at = 0; at < bar_width; ++at) text += at < full ? "█" : "░";
  return text;
}

}  // namespace

Progress::Progress(std::string_view doing, std::string_view unit, bool quiet)
    : doing_(doing), unit_(unit), visible_(!quiet && is_terminal(STDERR_FILENO)) {}

Progress::~Progress() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void Progress::show(std::int64_t count, std::int64_t part, std::int64_t whole, std::string_view about) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_ < pause) return;
  last_ = now;
  drawn_ = true;
  const std::string text = cut(line(count, part, whole, about), terminal_width(STDERR_FILENO) - 1);
  std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
  std::fflush(stderr);
}

std::string Progress::line(std::int64_t count, std::int64_t part, std::int64_t whole,
                           std::string_view about) const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  std::string text = doing_;
  double share = 0;
  if (whole > 0) {
    share = std::clamp(static_cast<double>(part) / static_cast<double>(whole), 0.0, 1.0);
    text += fmt::format("  {} {:3.0f}%", bar(share), share * 100);
  }
  text += fmt::format("  {} {}", grouped(count), unit_);
  if (seconds > 0.5 && count > 0)
    text += fmt::format("  {}/s", grouped(static_cast<std::int64_t>(static_cast<double>(count) / seconds)));
  if (seconds > 0.5 && share > 0.01 && share < 1) text += "  ETA " + duration(seconds * (1 - share) / share);
  if (!about.empty()) text += "  " + plain(about);
  return text;
}

}  // namespace cli
