// Ctrl-C: the first one asks for a clean stop, the second one ends the program at once.
#pragma once

#include <signal.h>

#include <atomic>
#include <stop_token>
#include <string>
#include <thread>

namespace cli {

/// While it lives, SIGINT and SIGTERM stop `token()` instead of the program. Make it before any other thread,
/// so that all of them leave the signals to it.
class Interrupt {
 public:
  /// `advice` is said at the first signal; nothing is said when it is empty.
  explicit Interrupt(std::string advice);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  [[nodiscard]] bool requested() const { return source_.stop_requested(); }

 private:
  void watch(const std::stop_token& over);

  std::string advice_;
  sigset_t before_{};
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace cli
