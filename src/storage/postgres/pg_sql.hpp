// SQL as the driver seam writes it, made PostgreSQL's: placeholders, and which statements a text holds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// A statement with `$n` for `?` and `?n`. What stands in literals, quoted names and comments is left alone;
/// `??` is the operator `?`.
struct PgSql {
  std::string text;
  int parameters = 0;
};

/// Errors: `internal` (empty, more than one statement, one that begins or ends a transaction or would change
/// the connection for later ones).
[[nodiscard]] Result<PgSql> translate_statement(std::string_view sql);

/// The statements of a script. Errors: `internal` as above.
[[nodiscard]] Result<std::vector<std::string_view>> split_script(std::string_view sql);

}  // namespace omnicrm::storage
