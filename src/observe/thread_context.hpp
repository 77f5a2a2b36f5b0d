// What the calling thread works for: the ids that its log lines carry, and the trace that its jobs inherit.
#pragma once

#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/observe/trace.hpp>

namespace omnicrm::observe {

/// Ids that are nil and views that are empty are not there. Plain bytes: a scope costs no memory of the heap.
/// The views are borrowed from whoever made the scope.
struct ThreadContext {
  std::string_view request;
  std::string_view kind;
  Uuid job;
  Uuid user;
  Uuid batch;
  TraceContext trace;
};

[[nodiscard]] const ThreadContext& thread_context() noexcept;

/// Gives the calling thread this context, whole, until the scope ends. So work that runs on another thread
/// than its caller's (group commit) runs as the caller's; a job's thread says what it runs:
///
///     ThreadContext context = thread_context();
///     context.job = job.id.value;
///     const ContextScope scope(context);
///
class ContextScope {
 public:
  explicit ContextScope(const ThreadContext& context) noexcept;
  ~ContextScope();
  ContextScope(const ContextScope&) = delete;
  ContextScope& operator=(const ContextScope&) = delete;

 private:
  const ThreadContext before_;
};

/// The same for the user alone, for what is called very often.
class UserScope {
 public:
  explicit UserScope(const Uuid& user) noexcept;
  ~UserScope();
  UserScope(const UserScope&) = delete;
  UserScope& operator=(const UserScope&) = delete;

 private:
  const Uuid before_;
};

}  // namespace omnicrm::observe
