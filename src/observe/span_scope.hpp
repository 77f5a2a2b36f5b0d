// A span around a piece of work on the calling thread.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <omnicrm/observe/trace.hpp>

namespace omnicrm::observe {

/// Begins a span below `parent` and makes it the thread's current one. Without a tracer, or when it declines,
/// `parent` is the current one: what was given is carried on unchanged (section 4.1 of the W3C's text: a part
/// that makes no spans forwards the header). Costs a branch when there is neither a tracer nor a parent. Ends
/// with the scope.
class SpanScope {
 public:
  SpanScope(Tracer* tracer, std::string_view name, SpanKind kind, const TraceContext& parent,
            std::span<const Field> attributes = {}) noexcept {
    if (tracer != nullptr) span_ = tracer->start(name, kind, parent, attributes);
    if (span_ != nullptr) {
      scope_.emplace(RequestScope::What{.request = {}, .trace = span_->context()});
    } else if (parent.is_valid()) {
      scope_.emplace(RequestScope::What{.request = {}, .trace = parent});
    }
  }

  void set(std::string_view name, std::string_view value) noexcept {
    if (span_ != nullptr) span_->set(name, value);
  }
  void fail(const Error& error) noexcept {
    if (span_ != nullptr) span_->fail(error);
  }

 private:
  std::unique_ptr<Span> span_;
  std::optional<RequestScope> scope_;  // ends before the span: the thread's current one is never a dead one
};

}  // namespace omnicrm::observe
