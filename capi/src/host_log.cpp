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
    // A line about a line of its own would never end.
    if (is_inside(crm_, FrameKind::quiet)) return;
    const auto number = static_cast<int32_t>(level);
    if (sink_wants(number)) {
      call_quietly(crm_, FrameKind::quiet, this, [&] {
        sink_.log(sink_.user->get(), number, area.data(), area.size(), message.data(), message.size());
      });
    }
    if (other_ && other_->wants(level)) other_->write(level, area, message);
    if (!crm_.log_hub().wants(number)) return;
    try {
      crm_.log_hub().tell(crm_, number, area, message);
    } catch (...) {  // no memory for a line of a log: it is lost
    }
  }

 private:
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
