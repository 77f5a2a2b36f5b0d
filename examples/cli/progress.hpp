// A progress bar with rate and time left, on a terminal only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cli {

/// Draws on standard error; draws nothing in a pipe. Its line is gone when it is.
class Progress {
 public:
  /// `quiet`: never draws.
  Progress(std::string_view doing, std::string_view unit, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  [[nodiscard]] bool visible() const { return visible_; }
  /// `count` of the unit is done, which is `part` of `whole` (bytes, items); 0: not known.
  void show(std::int64_t count, std::int64_t part, std::int64_t whole, std::string_view about = {});

 private:
  [[nodiscard]] std::string line(std::int64_t count, std::int64_t part, std::int64_t whole,
                                 std::string_view about) const;

  std::string doing_;
  std::string unit_;
  bool visible_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace cli
