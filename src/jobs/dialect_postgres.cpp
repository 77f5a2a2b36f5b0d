#include "jobs/dialect.hpp"
#include "jobs/job_row.hpp"

namespace omnicrm::jobs {

#define OMNICRM_KINDS(parameter) \
  "kind = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(" parameter " AS jsonb))))"

const JobsDialect postgres_jobs = {
    // Two claimers at once take different jobs: what one has locked, the other passes over.
    .select_ready = "SELECT " OMNICRM_JOB_COLUMNS " FROM jobs WHERE state = 'ready' AND " OMNICRM_KINDS(
        "?") " ORDER BY priority, virtual_time, seq LIMIT ? FOR UPDATE SKIP LOCKED",
    .select_exists = "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND " OMNICRM_KINDS(
        "?1") "), EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND " OMNICRM_KINDS("?1") ")",
    .select_next_due = "SELECT run_at FROM jobs WHERE state = 'scheduled' AND " OMNICRM_KINDS(
        "?") " ORDER BY run_at LIMIT 1",
    .select_cancels =
        "SELECT j.id FROM job_leases AS l JOIN jobs AS j ON j.lease_id = l.id AND j.state = 'running' "
        "WHERE l.worker_id = ? AND j.cancel_requested = 1",
    // Under row-level security a user sees its own jobs: the function tells this number and nothing else of
    // the others'.
    .select_next_start = "SELECT omnicrm_next_start(?)",
    .row_lock = " FOR UPDATE",
};

#undef OMNICRM_KINDS

}  // namespace omnicrm::jobs
