#include <omnicrm/observe/logger.hpp>

#include <string>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "observe/log_line.hpp"

namespace omnicrm::observe {
namespace {

class SilentLogger final : public Logger {
 public:
  [[nodiscard]] bool wants(Level) const noexcept override { return false; }
  void write(Level, std::string_view, std::string_view) noexcept override {}
  void record(Level, std::string_view, std::string_view, std::span<const Field>) noexcept override {}
};

spdlog::level::level_enum level_of(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// A logger of its own: nothing is registered with spdlog, so the host's settings stay untouched.
class StderrLogger final : public Logger {
 public:
  StderrLogger(Level level, LogFormat format)
      : format_(format), logger_("omnicrm", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(level_of(level));
    // Microseconds and UTC, as all times of the library.
    logger_.set_pattern(
        format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ"%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
        spdlog::pattern_time_type::utc);
    logger_.set_error_handler([](const std::string&) {});  // a full disk behind stderr is not our business
  }

  [[nodiscard]] bool wants(Level level) const noexcept override {
    return logger_.should_log(level_of(level));
  }
  void write(Level level, std::string_view area, std::string_view message) noexcept override {
    record(level, area, message, {});
  }
  void record(Level level, std::string_view area, std::string_view message,
              std::span<const Field> fields) noexcept override {
    if (!wants(level)) return;
    try {
      std::string line;
      if (format_ == LogFormat::json) {
        append_json_members(line, level, area, message, fields);
      } else {
        line.append(level_name(level)).append(" ").append(area).append(": ");
        line += with_fields(message, fields);
      }
      logger_.log(level_of(level), spdlog::string_view_t(line));
    } catch (...) {
      // A line that cannot be written is lost.
    }
  }

 private:
  const LogFormat format_;
  spdlog::logger logger_;
};

}  // namespace

void Logger::record(Level level, std::string_view area, std::string_view message,
                    std::span<const Field> fields) noexcept {
  try {
    write(level, area, with_fields(message, fields));
  } catch (...) {
    write(level, area, message);  // no memory for the fields
  }
}

std::shared_ptr<Logger> silent_logger() {
  return std::make_shared<SilentLogger>();
}
std::shared_ptr<Logger> stderr_logger(Level level, LogFormat format) {
  return std::make_shared<StderrLogger>(level, format);
}

}  // namespace omnicrm::observe
