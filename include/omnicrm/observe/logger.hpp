// Where the library's log lines go.
#pragma once

#include <memory>
#include <string_view>

namespace omnicrm::observe {

/// @since 0.1
enum class Level { debug, info, warning, error };

/// Receives log lines. Implementations are thread-safe, do not block for long and do not throw. Lines name ids
/// and counts, never message text, addresses or secrets. @since 0.1
class Logger {
 public:
  virtual ~Logger() = default;
  [[nodiscard]] virtual bool wants(Level level) const noexcept = 0;
  /// `area` is the folder's word (`storage`, `jobs`, `sync`).
  virtual void write(Level level, std::string_view area, std::string_view message) noexcept = 0;
};

/// Drops everything: the default of a library. @since 0.1
[[nodiscard]] std::shared_ptr<Logger> silent_logger();
/// Lines on standard error from `level` up (spdlog). @since 0.1
[[nodiscard]] std::shared_ptr<Logger> stderr_logger(Level level = Level::info);

}  // namespace omnicrm::observe
