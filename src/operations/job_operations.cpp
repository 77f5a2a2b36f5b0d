#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

struct EnqueueJobs {
  std::vector<jobs::NewJob> jobs;
};
BOOST_DESCRIBE_STRUCT(EnqueueJobs, (), (jobs))

struct EnqueuedJobs {
  std::vector<JobId> ids;
};
BOOST_DESCRIBE_STRUCT(EnqueuedJobs, (), (ids))

/// All jobs of a kind.
struct ByKind {
  std::string kind;
};
BOOST_DESCRIBE_STRUCT(ByKind, (), (kind))

struct ListJobs : jobs::JobFilter, PageRequest {};
BOOST_DESCRIBE_STRUCT(ListJobs, (jobs::JobFilter, PageRequest), ())

Result<EnqueuedJobs> enqueue(Session& session, const EnqueueJobs& request) {
  OMNICRM_ASSIGN(auto ids, session.jobs().enqueue(request.jobs));
  return EnqueuedJobs{std::move(ids)};
}
Result<Job> get(Session& session, const ById<JobId>& request) {
  return session.jobs().get(request.id);
}
Result<Page<Job>> list(Session& session, const ListJobs& request) {
  return session.jobs().list(request, request);
}
Result<Job> cancel(Session& session, const ById<JobId>& request) {
  return session.jobs().cancel(request.id);
}
Result<Job> retry(Session& session, const ById<JobId>& request) {
  return session.jobs().retry(request.id);
}
Result<Items<jobs::JobFailure>> failures(Session& session, const ById<JobId>& request) {
  OMNICRM_ASSIGN(auto found, session.jobs().failures(request.id));
  return Items<jobs::JobFailure>{std::move(found)};
}
Result<Nothing> remove(Session& session, const ById<JobId>& request) {
  OMNICRM_TRY(session.jobs().remove(request.id));
  return Nothing{};
}
Result<Nothing> pause(Session& session, const ByKind& request) {
  OMNICRM_TRY(session.jobs().pause(request.kind));
  return Nothing{};
}
Result<Nothing> resume(Session& session, const ByKind& request) {
  OMNICRM_TRY(session.jobs().resume(request.kind));
  return Nothing{};
}
Result<Items<jobs::KindStats>> stats(Session& session, const Nothing&) {
  OMNICRM_ASSIGN(auto kinds, session.jobs().stats());
  return Items<jobs::KindStats>{std::move(kinds)};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::EnqueueJobs> = std::to_array<std::string_view>({"jobs"});
template <>
inline constexpr auto required_fields<operations::ByKind> = std::to_array<std::string_view>({"kind"});

namespace operations {

std::span<const Operation> job_operations() noexcept {
  static constexpr Operation operations[] = {
      define<enqueue>("jobs.enqueue", Scope::write,
                      "Stores jobs, all or none; they run when the host runs jobs."),
      define<get>("jobs.get", Scope::read, "A job by its id."),
      define<list>("jobs.list", Scope::read, "Jobs, newest first, filtered, in pages."),
      define<cancel>("jobs.cancel", Scope::write, "Cancels a waiting job, asks a running one to stop."),
      define<retry>("jobs.retry", Scope::write, "Makes a dead or cancelled job ready again."),
      define<failures>("jobs.failures", Scope::read, "The failed starts of a job, oldest first."),
      define<remove>("jobs.remove", Scope::write, "Forgets a job that has ended."),
      define<pause>("jobs.pause", Scope::write, "Starts no job of a kind until it is resumed."),
      define<resume>("jobs.resume", Scope::write, "Lets jobs of a paused kind start again."),
      define<stats>("jobs.stats", Scope::read, "How many jobs of each kind are in each state."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
