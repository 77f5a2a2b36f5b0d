// The payloads of sync's jobs, described.
#pragma once

#include <boost/describe.hpp>

#include "model/json_generate.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {

BOOST_DESCRIBE_STRUCT(BatchJob, (), (batch_id))
BOOST_DESCRIBE_STRUCT(NormalizeJob, (), (batch_id, from, to, changed))

}  // namespace omnicrm::sync

namespace omnicrm {

template <>
inline constexpr auto required_fields<sync::BatchJob> = std::to_array<std::string_view>({"batch_id"});
template <>
inline constexpr auto required_fields<sync::NormalizeJob> = std::to_array<std::string_view>({"batch_id",
                                                                                             "from", "to"});

}  // namespace omnicrm
