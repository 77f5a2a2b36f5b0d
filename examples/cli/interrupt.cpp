#include "interrupt.hpp"

#include <unistd.h>

#include <ctime>

#include "failure.hpp"
#include "output.hpp"

namespace cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt(std::string advice) : advice_(std::move(advice)) {
  const sigset_t set = watched();
  ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  watcher_ = std::jthread([this](const std::stop_token& over) { watch(over); });
}

Interrupt::~Interrupt() {
  watcher_.request_stop();
  watcher_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::watch(const std::stop_token& over) {
  const sigset_t set = watched();
  while (!over.stop_requested()) {
    const timespec wait{.tv_sec = 0, .tv_nsec = 50'000'000};
    if (::sigtimedwait(&set, nullptr, &wait) < 0) continue;
    if (source_.stop_requested()) ::_exit(interrupted);
    source_.request_stop();
    if (!advice_.empty()) note("\nstopping cleanly; Ctrl-C again ends at once. " + advice_);
  }
}

}  // namespace cli
