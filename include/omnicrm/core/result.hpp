// What every fallible call of OmniCRM returns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace omnicrm {

/// Why a call failed. The same codes are the C status codes, the REST statuses and the Python
/// exception classes; numbers never change and never get reused.
/// @since 0.1
enum class ErrorCode : std::int32_t {
  invalid_argument = 1,     ///< the caller's input is wrong; `details.field` names what
  not_found = 2,            ///< no such record for this user
  already_exists = 3,       ///< a unique value is taken
  conflict = 4,             ///< the record changed since the caller read it
  failed_precondition = 5,  ///< right call, wrong state (plan already approved, schema too new)
  permission_denied = 6,    ///< the operating system or a scope forbids it
  resource_exhausted = 7,   ///< disk full, size cap, quota
  cancelled = 8,            ///< a stop was requested
  deadline_exceeded = 9,    ///< the time given ran out
  unavailable = 10,         ///< storage or a server does not answer now; try again
  data_loss = 11,           ///< stored data is damaged or is not ours
  unsupported = 12,         ///< this build or this storage cannot do that
  internal = 13,            ///< a bug of ours
};

/// The code's name as it stands in JSON, logs and Python (`invalid_argument`).
/// Immutable text; never fails. @since 0.1
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

/// A failure as a value. @since 0.1
struct Error {
  ErrorCode code = ErrorCode::internal;
  /// One sentence for a person: names the field, file or position and the reason.
  std::string message;
  /// A JSON object with the same facts for a program (`{"field":"email"}`), or empty.
  std::string details;
  /// The same call may succeed later without a change.
  bool retryable = false;
  /// Only the user can mend it (sign in again, free space, choose another file).
  bool needs_user = false;

  friend bool operator==(const Error&, const Error&) = default;
};

/// A value or the reason why there is none. @since 0.1
template <class T>
using Result = tl::expected<T, Error>;

/// Makes the failed side of a `Result`. @since 0.1
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace omnicrm
