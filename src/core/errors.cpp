#include "core/errors.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/text.hpp"

namespace omnicrm {
namespace {

// Only these two pass by themselves; everything else needs a change by the caller or the user.
bool passes_by_itself(ErrorCode code) {
  return code == ErrorCode::unavailable || code == ErrorCode::deadline_exceeded;
}

// Paths and foreign values may be any bytes; messages and details are always UTF-8.
tl::unexpected<Error> make(ErrorCode code, std::string_view message, const boost::json::object& details) {
  return fail(Error{.code = code,
                    .message = text::to_utf8(message),
                    .details = boost::json::serialize(details),
                    .retryable = passes_by_itself(code),
                    .needs_user = false});
}

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ErrorCode::resource_exhausted;
    case ENOENT:
    case ENOTDIR:
      return ErrorCode::not_found;
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
      return ErrorCode::invalid_argument;
    case EEXIST:
      return ErrorCode::already_exists;
    default:
      return ErrorCode::unavailable;
  }
}

}  // namespace

tl::unexpected<Error> invalid(std::string_view field, std::string_view reason) {
  return make(ErrorCode::invalid_argument, fmt::format("{}: {}", field, reason),
              {{"field", text::to_utf8(field)}});
}

tl::unexpected<Error> not_found(std::string_view what, std::string_view id) {
  return make(ErrorCode::not_found, fmt::format("no {} {}", what, id),
              {{"what", text::to_utf8(what)}, {"id", text::to_utf8(id)}});
}

tl::unexpected<Error> failure(ErrorCode code, std::string message) {
  if (!text::is_utf8(message)) message = text::to_utf8(message);
  return fail(Error{.code = code,
                    .message = std::move(message),
                    .details = {},
                    .retryable = passes_by_itself(code),
                    .needs_user = false});
}

tl::unexpected<Error> at_position(ErrorCode code, std::string_view path, std::uint64_t position,
                                  std::string_view reason) {
  return make(code, fmt::format("{}: at byte {}: {}", path, position, reason),
              {{"path", text::to_utf8(path)}, {"position", position}, {"reason", text::to_utf8(reason)}});
}

tl::unexpected<Error> system_failure(int error_number, std::string_view doing, std::string_view path) {
  const ErrorCode code = code_of(error_number);
  const std::string reason = std::generic_category().message(error_number);
  auto error = make(code, fmt::format("{} {}: {}", doing, path, reason),
                    {{"path", text::to_utf8(path)}, {"errno", error_number}, {"reason", reason}});
  // Rights, space and limits are the user's to mend; time alone does not.
  error.value().needs_user = code == ErrorCode::permission_denied || code == ErrorCode::resource_exhausted;
  return error;
}

tl::unexpected<Error> forked(std::string_view what) {
  return failure(ErrorCode::failed_precondition,
                 std::string(what) + " was opened before fork(); the child process has to open its own");
}

}  // namespace omnicrm
