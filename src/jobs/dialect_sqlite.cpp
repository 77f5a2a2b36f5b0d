#include "jobs/dialect.hpp"
#include "jobs/job_row.hpp"

namespace omnicrm::jobs {

const JobsDialect sqlite_jobs = {
    // Read from jobs_ready in its own order; `kind` stands in the index, so foreign kinds cost no row.
    .select_ready = "SELECT " OMNICRM_JOB_COLUMNS
                    " FROM jobs WHERE state = 'ready' AND kind IN (SELECT value FROM json_each(?)) "
                    "ORDER BY priority, virtual_time, seq LIMIT ?",
    .select_exists =
        "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 'ready' AND kind IN (SELECT value FROM "
        "json_each(?1))), "
        "EXISTS (SELECT 1 FROM jobs WHERE state = 'running' AND kind IN (SELECT value FROM json_each(?1)))",
    .select_next_due =
        "SELECT run_at FROM jobs WHERE state = 'scheduled' AND kind IN (SELECT value FROM json_each(?)) "
        "ORDER BY run_at LIMIT 1",
    // A cross join keeps its order: from the few leases to their jobs.
    .select_cancels =
        "SELECT j.id FROM job_leases AS l CROSS JOIN jobs AS j ON j.lease_id = l.id AND j.state = 'running' "
        "WHERE l.worker_id = ? AND j.cancel_requested = 1",
    .select_next_start =
        "SELECT virtual_time FROM jobs WHERE state = 'ready' AND priority = ? "
        "ORDER BY virtual_time, seq LIMIT 1",
    .row_lock = "",  // there is one writer
};

}  // namespace omnicrm::jobs
