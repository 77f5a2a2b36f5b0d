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
Result<Items<jobs::KindStats>> stats(Session& session, const Nothing&) {
  OMNICRM_ASSIGN(auto kinds, session.jobs().stats());
  return Items<jobs::KindStats>{std::move(kinds)};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::EnqueueJobs> = std::to_array<std::string_view>({"jobs"});

namespace operations {

std::span<const Operation> job_operations() noexcept {
  static constexpr Operation operations[] = {
      define<enqueue>("jobs.enqueue", Scope::write,
                      "Stores jobs, all or none; they run when the host runs jobs."),
      define<get>("jobs.get", Scope::read, "A job by its id."),
      define<list>("jobs.list", Scope::read, "Jobs, newest first, filtered, in pages."),
      define<cancel>("jobs.cancel", Scope::write, "Cancels a waiting job, asks a running one to stop."),
      define<retry>("jobs.retry", Scope::write, "Makes a dead or cancelled job ready again."),
      define<stats>("jobs.stats", Scope::read, "How many jobs of each kind are in each state."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
