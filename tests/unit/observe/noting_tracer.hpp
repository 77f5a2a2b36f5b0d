// A tracer that remembers what it was told, as a host's bridge would hand it on.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <omnicrm/observe/trace.hpp>

#include "parts/fake_clock.hpp"

namespace omnicrm::testing {

/// Thread-safe.
class NotingTracer final : public observe::Tracer {
 public:
  bool declines = false;

  std::unique_ptr<observe::Span> start(std::string_view name, observe::SpanKind,
                                       const observe::TraceContext& parent,
                                       std::span<const observe::Field> attributes) noexcept override {
    if (declines) return nullptr;
    note("start ", name);
    for (const observe::Field& field : attributes) note(field.name, "=", field.value);
    return std::make_unique<Noted>(
        *this, parent.is_valid() ? parent.child(random_) : observe::TraceContext::make(random_));
  }

  [[nodiscard]] std::string log() const {
    const std::scoped_lock lock(mutex_);
    return log_;
  }

 private:
  class Noted final : public observe::Span {
   public:
    Noted(NotingTracer& tracer, const observe::TraceContext& own) : tracer_(tracer), own_(own) {}
    ~Noted() override { tracer_.note("end"); }
    [[nodiscard]] observe::TraceContext context() const noexcept override { return own_; }
    void set(std::string_view name, std::string_view value) noexcept override {
      tracer_.note(name, "=", value);
    }
    void fail(const Error& error) noexcept override { tracer_.note("fail ", error.message); }

   private:
    NotingTracer& tracer_;
    const observe::TraceContext own_;
  };

  template <class... Texts>
  void note(Texts... texts) {
    const std::scoped_lock lock(mutex_);
    (log_.append(texts), ...);
    log_ += ';';
  }

  SeededRandom random_{3};
  mutable std::mutex mutex_;  // guards log_
  std::string log_;
};

}  // namespace omnicrm::testing
