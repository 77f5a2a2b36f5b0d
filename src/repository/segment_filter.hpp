// Segments: a JSON filter becomes SQL with bound parameters. docs/segments.md has the grammar.
#pragma once

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

#include "repository/bound_sql.hpp"

namespace omnicrm::repository {

/// A condition on `contacts c`, in parentheses; the statement around it scopes `c` to the user. Relative
/// times ("-30d") count from `now`. Errors: `invalid_argument` names the place in the filter and the reason
/// ("filter.all[1].op: ...").
[[nodiscard]] Result<BoundSql> compile_segment(const Json& filter, Timestamp now, storage::Dialect dialect);

}  // namespace omnicrm::repository
