#include <omnicrm/session.hpp>

#include "core/errors.hpp"
#include "insight/search_service.hpp"
#include "jobs/queue.hpp"
#include "observe/span_scope.hpp"
#include "observe/thread_context.hpp"
#include "session/bound_jobs.hpp"
#include "session/session_impl.hpp"
#include "sync/sync_service.hpp"

namespace omnicrm {
namespace {

std::shared_ptr<jobs::Jobs> queue_of(const SessionParts& parts, const repository::Unit& unit) {
  const repository::Environment& environment = *parts.environment;
  return jobs::make_jobs(environment.storage, environment.clock, environment.ids, unit.user(), parts.wakeup,
                         unit.position());
}

/// Everything that the session does moves and regards one position: it reads what it wrote.
repository::Unit unit_of(const SessionParts& parts, UserId user, std::string_view actor) {
  return repository::Unit(parts.environment, user, std::string(actor))
      .with_position(std::make_shared<storage::WritePosition>());
}

}  // namespace

Session::Impl::Impl(std::shared_ptr<const SessionParts> shared, repository::Unit a_unit,
                    std::shared_ptr<jobs::Jobs> queue)
    : parts(std::move(shared)),
      unit(std::move(a_unit)),
      contacts(unit),
      organizations(unit),
      interactions(unit),
      tags(unit),
      segments(unit),
      tasks(unit),
      settings(unit),
      audit(unit),
      jobs(std::move(queue)),
      schedules(unit),
      sync(sync::make_sync_service(parts->sync, unit, jobs)),
      search(insight::make_search_service(unit)) {}

// NOLINTNEXTLINE(performance-unnecessary-value-param): a move could come before the other arguments' use
Session::Impl::Impl(std::shared_ptr<const SessionParts> shared, UserId user, std::string_view actor)
    : Impl(shared, unit_of(*shared, user, actor)) {}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the same
Session::Impl::Impl(std::shared_ptr<const SessionParts> shared, const repository::Unit& a_unit)
    : Impl(shared, a_unit, queue_of(*shared, a_unit)) {}

Session::Impl::Impl(const Impl& outside, storage::Connection& connection)
    : Impl(outside.parts, outside.unit.bound(connection),
           std::make_shared<BoundJobs>(outside.jobs, connection)) {
  in_transaction = true;
}

Session::Session(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

UserId Session::user() const noexcept {
  return impl_->unit.user();
}

repository::Contacts& Session::contacts() noexcept {
  return impl_->contacts;
}
repository::Organizations& Session::organizations() noexcept {
  return impl_->organizations;
}
repository::Interactions& Session::interactions() noexcept {
  return impl_->interactions;
}
repository::Tags& Session::tags() noexcept {
  return impl_->tags;
}
repository::Segments& Session::segments() noexcept {
  return impl_->segments;
}
repository::Tasks& Session::tasks() noexcept {
  return impl_->tasks;
}
repository::Settings& Session::settings() noexcept {
  return impl_->settings;
}
repository::Audit& Session::audit() noexcept {
  return impl_->audit;
}
sync::SyncService& Session::sync() noexcept {
  return *impl_->sync;
}
jobs::Jobs& Session::jobs() noexcept {
  return *impl_->jobs;
}
jobs::Schedules& Session::schedules() noexcept {
  return impl_->schedules;
}
insight::SearchService& Session::search() noexcept {
  return *impl_->search;
}

Result<void> Session::transaction(FunctionRef<Result<void>(Session&)> work) {
  if (impl_->in_transaction)
    return failure(ErrorCode::failed_precondition, "a transaction is open already; use its session");
  return impl_->unit.write([&](storage::Connection& connection) -> Result<void> {
    Session inside(std::make_unique<Impl>(*impl_, connection));
    return work(inside);
  });
}

Result<void> Session::complete(jobs::Context& job, Json result) {
  if (!impl_->in_transaction)
    return failure(ErrorCode::failed_precondition, "a job is completed on the session of a transaction");
  if (job.user() != user()) return invalid("job", "is another user's");
  return impl_->unit.write(
      [&](storage::Connection& connection) { return job.complete_in(connection, std::move(result)); });
}

Result<std::string> Session::call(std::string_view operation, std::string_view json) {
  const SessionParts& parts = *impl_->parts;
  const observe::UserScope as_user(user().value);
  if (parts.tracer == nullptr) return parts.dispatch(*this, operation, json);
  observe::SpanScope span(parts.tracer.get(), parts.span_name(operation), observe::SpanKind::server,
                          observe::current_trace());
  if (const std::string_view request = observe::current_request(); !request.empty())
    span.set("request", request);
  auto answer = parts.dispatch(*this, operation, json);
  if (!answer) span.fail(answer.error());
  return answer;
}

}  // namespace omnicrm
