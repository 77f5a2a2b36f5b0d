#include "observe/thread_context.hpp"

#include "core/text.hpp"

namespace omnicrm::observe {
namespace {

constexpr std::size_t longest_request = 128;

constinit thread_local ThreadContext current;

}  // namespace

const ThreadContext& thread_context() noexcept {
  return current;
}

const TraceContext& current_trace() noexcept {
  return current.trace;
}

std::string_view current_request() noexcept {
  return current.request;
}

ContextScope::ContextScope(const ThreadContext& context) noexcept : before_(current) {
  current = context;
}

ContextScope::~ContextScope() {
  current = before_;
}

UserScope::UserScope(const Uuid& user) noexcept : before_(current.user) {
  current.user = user;
}

UserScope::~UserScope() {
  current.user = before_;
}

RequestScope::RequestScope(const What& what) noexcept
    : request_before_(current.request), trace_before_(current.trace) {
  if (!what.request.empty()) current.request = text::cut(what.request, longest_request);
  if (what.trace.is_valid()) current.trace = what.trace;
}

RequestScope::~RequestScope() {
  current.request = request_before_;
  current.trace = trace_before_;
}

}  // namespace omnicrm::observe
