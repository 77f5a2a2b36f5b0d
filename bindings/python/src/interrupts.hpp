// Long calls: stopped by a Stop, by closing, by Ctrl-C and by a progress callback that throws.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>

#include "handles.hpp"

namespace omnicrm::python {

/// One long call. Made, and `finish`ed, with the interpreter's lock; `report` and `look` take it.
class LongCall final : public InterruptListener {
 public:
  /// `stop` is an omnicrm.Stop or None; `progress` a callable or None.
  LongCall(std::shared_ptr<State> state, py::object stop, py::object progress);
  ~LongCall();
  LongCall(const LongCall&) = delete;
  LongCall& operator=(const LongCall&) = delete;

  [[nodiscard]] std::stop_token token() const { return stop_->get_token(); }

  /// Tells the Python callback, and lets signal handlers run. What they throw stops the call.
  template <class Progress>
  void report(const Progress& progress) noexcept {
    attempt([&] {
      if (progress_) progress_.get()(py::cast(progress));
    });
  }
  /// Lets signal handlers run.
  void look() noexcept {
    attempt([] {});
  }

  /// Runs `work` on a thread of its own while this one looks for signals, where it is the one that gets them.
  /// Without the interpreter's lock.
  template <class Work>
  auto watch(Work&& work) -> decltype(work()) {
    if (!gets_signals_) return work();
    std::optional<decltype(work())> result;
    run_beside([&] { result.emplace(work()); });
    return std::move(*result);
  }

  /// A callback on the thread that runs the call was hit: the call stops, and throws it at its end.
  void interrupted(std::exception_ptr thrown) noexcept override;

  /// Throws what a callback or a signal handler threw.
  void finish();

 private:
  template <class Work>
  void attempt(Work&& work) noexcept {
    with_gil([&] {
      if (thrown_) return;
      const InCallback mark(state_.get());
      try {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        work();
      } catch (...) {
        thrown_ = std::current_exception();
        stop_->request_stop();
      }
    });
  }
  void run_beside(const std::function<void()>& work);

  std::shared_ptr<State> state_;
  std::shared_ptr<std::stop_source> stop_ = std::make_shared<std::stop_source>();
  Held progress_;
  bool gets_signals_ = false;
  std::exception_ptr thrown_;
  struct Forward {
    std::shared_ptr<std::stop_source> to;
    void operator()() const { to->request_stop(); }
  };
  std::optional<std::stop_callback<Forward>> forward_;
  std::optional<HearsInterrupts> hears_;
};

}  // namespace omnicrm::python
