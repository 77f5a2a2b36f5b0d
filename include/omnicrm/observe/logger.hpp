// Where the library's log lines go.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace omnicrm::observe {

/// @since 0.1
enum class Level { debug, info, warning, error };

/// A name and a value that belong to a log line or a span. Borrowed during the call. @since 0.1
struct Field {
  std::string_view name;
  std::string_view value;
};

/// Receives log lines. Implementations are thread-safe, do not block for long and do not throw. Lines name
/// ids and counts, never message text, addresses or secrets: what looks like a secret is "[redacted]" before
/// it gets here. @since 0.1
class Logger {
 public:
  virtual ~Logger() = default;
  [[nodiscard]] virtual bool wants(Level level) const noexcept = 0;
  /// `area` is the folder's word (`storage`, `jobs`, `sync`).
  virtual void write(Level level, std::string_view area, std::string_view message) noexcept = 0;
  /// A line with fields: those of the line itself and the ids of what the thread works on (`job`, `kind`,
  /// `user`, `batch`, `request`, `trace_id`, `span_id`), each at most once. The library calls this one; as it
  /// stands it hands `with_fields` to `write`, so that a sink without fields has them, too.
  virtual void record(Level level, std::string_view area, std::string_view message,
                      std::span<const Field> fields) noexcept;
};

/// `message name=value name="two words"`: a line with its fields in one text (logfmt), for sinks without
/// fields. Control characters are written as escapes, so that it stays one line. @since 0.1
[[nodiscard]] std::string with_fields(std::string_view message, std::span<const Field> fields);

/// How a line is written. @since 0.1
enum class LogFormat {
  text,  ///< `2026-01-31T12:00:00.000Z info jobs: message name=value`
  json,  ///< an object a line: `{"time":...,"level":...,"area":...,"message":...,"name":"value"}`
};

/// Drops everything: the default of a library. @since 0.1
[[nodiscard]] std::shared_ptr<Logger> silent_logger();
/// Lines on standard error from `level` up (spdlog). @since 0.1
[[nodiscard]] std::shared_ptr<Logger> stderr_logger(Level level = Level::info,
                                                    LogFormat format = LogFormat::text);

}  // namespace omnicrm::observe
