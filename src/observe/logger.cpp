#include <omnicrm/observe/logger.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace omnicrm::observe {
namespace {

class SilentLogger final : public Logger {
 public:
  [[nodiscard]] bool wants(Level) const noexcept override { return false; }
  void write(Level, std::string_view, std::string_view) noexcept override {}
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
  explicit StderrLogger(Level level)
      : logger_("omnicrm", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_level(level_of(level));
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
    logger_.set_error_handler([](const std::string&) {});  // a full disk behind stderr is not our business
  }

  [[nodiscard]] bool wants(Level level) const noexcept override {
    return logger_.should_log(level_of(level));
  }
  void write(Level level, std::string_view area, std::string_view message) noexcept override {
    try {
      logger_.log(level_of(level), "{}: {}", area, message);
    } catch (...) {
      // A line that cannot be written is lost.
    }
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::shared_ptr<Logger> silent_logger() { return std::make_shared<SilentLogger>(); }
std::shared_ptr<Logger> stderr_logger(Level level) { return std::make_shared<StderrLogger>(level); }

}  // namespace omnicrm::observe
