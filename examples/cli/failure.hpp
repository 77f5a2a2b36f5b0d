// How commands fail: an exit status, a sentence, and what to type instead.
#pragma once

#include <string>
#include <utility>

#include <omnicrm/core/result.hpp>

namespace cli {

/// Exit statuses, also in --help and docs/cli.md.
enum Exit : int {
  ok = 0,
  failed = 1,
  wrong_usage = 2,
  not_found = 3,
  refused = 4,
  storage_unavailable = 5,
  interrupted = 130,
};

[[nodiscard]] Exit exit_of(omnicrm::ErrorCode code);

/// Thrown inside the program only; main() prints it.
struct Failure {
  omnicrm::Error error;
  Exit exit = failed;
  /// What to type, one line a piece of advice; may be empty.
  std::string hint;
};

[[nodiscard]] Failure failure(Exit exit, omnicrm::ErrorCode code, std::string message, std::string hint = {});

/// The value, or a failure with the error's exit status.
template <class T>
T must(omnicrm::Result<T> result) {
  if (!result) throw Failure{.error = result.error(), .exit = exit_of(result.error().code), .hint = {}};
  return std::move(*result);
}
inline void must(omnicrm::Result<void> result) {
  if (!result) throw Failure{.error = result.error(), .exit = exit_of(result.error().code), .hint = {}};
}

}  // namespace cli
