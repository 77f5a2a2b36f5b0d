#include "host_parts.hpp"
#include "values.hpp"

namespace omnicrm::python {
namespace {

/// Levels as module logging numbers them.
int number_of(observe::Level level) {
  return (static_cast<int>(level) + 1) * 10;
}

class PythonLogger final : public observe::Logger {
 public:
  PythonLogger(State* state, py::object sink) : state_(state), sink_(std::move(sink)) {}

  bool wants(observe::Level level) const noexcept override {
    return with_gil([&] {
      const InCallback mark(state_);
      bool wanted = false;
      or_show("omnicrm: the logger",
              [&] { wanted = py::bool_(sink_.get().attr("wants")(number_of(level))).cast<bool>(); });
      return wanted;
    });
  }

  void write(observe::Level level, std::string_view area, std::string_view message) noexcept override {
    record(level, area, message, {});
  }

  void record(observe::Level level, std::string_view area, std::string_view message,
              std::span<const observe::Field> fields) noexcept override {
    with_gil([&] {
      const InCallback mark(state_);
      or_show("omnicrm: the logger", [&] {
        py::dict named;
        for (const observe::Field& field : fields) named[to_text(field.name)] = to_text(field.value);
        const std::string text =
            fields.empty() ? std::string(message) : observe::with_fields(message, fields);
        sink_.get().attr("write")(number_of(level), to_text(area), to_text(text), named);
      });
    });
  }

 private:
  State* state_;
  Held sink_;
};

class PythonClock final : public Clock {
 public:
  PythonClock(State* state, py::object now) : state_(state), now_(std::move(now)) {}

  Timestamp now() override {
    return with_gil([&] {
      const InCallback mark(state_);
      std::optional<Timestamp> told;
      or_show("omnicrm: the clock", [&] {
        try {
          told = from_datetime(now_.get()(), Place{"clock"});
        } catch (py::error_already_set& thrown) {
          if (!thrown.matches(PyExc_KeyboardInterrupt)) throw;
          told = from_datetime(now_.get()(), Place{"clock"});  // a Ctrl-C is no reason for another clock
          PyErr_SetInterrupt();
        }
      });
      return told ? *told : std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    });
  }
  std::chrono::steady_clock::time_point steady_now() override { return std::chrono::steady_clock::now(); }

 private:
  State* state_;
  Held now_;
};

}  // namespace

std::shared_ptr<observe::Logger> make_logger(State* state, py::object sink) {
  return std::make_shared<PythonLogger>(state, std::move(sink));
}

std::shared_ptr<Clock> make_clock(State* state, py::object now) {
  return std::make_shared<PythonClock>(state, std::move(now));
}

}  // namespace omnicrm::python
