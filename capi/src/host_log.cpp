#include "host_log.hpp"

#include <utility>

namespace omnicrm::capi {
namespace {

using observe::Level;

class HostLogger final : public observe::Logger {
 public:
  HostLogger(CrmState& crm, LogSink sink, std::shared_ptr<observe::Logger> other)
      : crm_(crm), sink_(std::move(sink)), other_(std::move(other)) {}

  [[nodiscard]] bool wants(Level level) const noexcept override {
    const auto number = static_cast<int32_t>(level);
    return sink_wants(number) || crm_.log_hub().wants(number) || (other_ && other_->wants(level));
  }

  void write(Level level, std::string_view area, std::string_view message) noexcept override {
    record(level, area, message, {});
  }

  void record(Level level, std::string_view area, std::string_view message,
              std::span<const observe::Field> fields) noexcept override {
    // A line about a line of its own would never end.
    if (is_inside(crm_, FrameKind::quiet)) return;
    const auto number = static_cast<int32_t>(level);
    if (sink_wants(number) || crm_.log_hub().wants(number)) {
      try {
        tell(number, area, fields.empty() ? std::string(message) : observe::with_fields(message, fields));
      } catch (...) {  // no memory for a line of a log: it is lost
      }
    }
    if (other_ && other_->wants(level)) other_->record(level, area, message, fields);
  }

 private:
  void tell(int32_t level, std::string_view area, const std::string& message) {
    if (sink_wants(level)) {
      call_quietly(crm_, FrameKind::quiet, this, [&] {
        sink_.log(sink_.user->get(), level, area.data(), area.size(), message.data(), message.size());
      });
    }
    if (crm_.log_hub().wants(level)) crm_.log_hub().tell(crm_, level, area, message);
  }

  [[nodiscard]] bool sink_wants(int32_t level) const noexcept {
    return sink_.log != nullptr && level >= sink_.level;
  }

  CrmState& crm_;
  const LogSink sink_;
  const std::shared_ptr<observe::Logger> other_;
};

}  // namespace

std::shared_ptr<observe::Logger> make_host_logger(CrmState& crm, LogSink sink,
                                                  std::shared_ptr<observe::Logger> other) {
  return std::make_shared<HostLogger>(crm, std::move(sink), std::move(other));
}

}  // namespace omnicrm::capi
