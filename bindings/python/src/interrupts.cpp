#include "interrupts.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "values.hpp"

namespace omnicrm::python {
namespace {

constexpr std::chrono::milliseconds between_looks{50};

bool is_main_thread() {
  const py::object main = import_once("threading", "main_thread")();
  return py::object(main.attr("ident")).equal(import_once("threading", "get_ident")());
}

}  // namespace

LongCall::LongCall(std::shared_ptr<State> state, py::object stop, py::object progress)
    : state_(std::move(state)), gets_signals_(is_main_thread()) {
  if (!stop.is_none()) {
    if (!py::isinstance<StopHandle>(stop)) raise_type(Place{"stop"}, "omnicrm.Stop", stop);
    forward_.emplace(stop.cast<StopHandle&>().source.get_token(), Forward{stop_});
  }
  if (!progress.is_none()) progress_ = Held(std::move(progress));
  state_->add_stop(stop_);
  hears_.emplace(*this);
}

LongCall::~LongCall() {
  hears_.reset();
  forward_.reset();
  state_->remove_stop(stop_);
}

void LongCall::run_beside(const std::function<void()>& work) {
  std::mutex mutex;
  std::condition_variable ended;
  bool has_ended = false;
  std::exception_ptr thrown;
  std::jthread thread([&] {
    const HearsInterrupts hears(*this);
    try {
      work();
    } catch (...) {
      thrown = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    has_ended = true;
    ended.notify_all();
  });
  std::unique_lock lock(mutex);
  while (!ended.wait_for(lock, between_looks, [&] { return has_ended; })) {
    lock.unlock();
    look();
    lock.lock();
  }
  if (thrown) std::rethrow_exception(thrown);
}

void LongCall::interrupted(std::exception_ptr thrown) noexcept {
  if (!thrown_) thrown_ = std::move(thrown);
  stop_->request_stop();
}

void LongCall::finish() {
  if (!thrown_) return;
  std::exception_ptr thrown = std::move(thrown_);
  thrown_ = nullptr;
  std::rethrow_exception(std::move(thrown));
}

}  // namespace omnicrm::python
