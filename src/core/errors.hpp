// Short ways to say what went wrong, so that every message names the field and the reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm {

/// `invalid_argument`: "<field>: <reason>", details {"field": field}.
[[nodiscard]] tl::unexpected<Error> invalid(std::string_view field, std::string_view reason);
/// `not_found`: "no <what> <id>", details {"what": what, "id": id}.
[[nodiscard]] tl::unexpected<Error> not_found(std::string_view what, std::string_view id);
/// Any other code with a plain message.
[[nodiscard]] tl::unexpected<Error> failure(ErrorCode code, std::string message);
/// A failure at a place in a file: "<path>: at byte <position>: <reason>", details with all three.
[[nodiscard]] tl::unexpected<Error> at_position(ErrorCode code, std::string_view path, std::uint64_t position,
                                                std::string_view reason);
/// An operating system's error number on a path (EACCES -> permission_denied, ENOSPC ->
/// resource_exhausted, ENOENT -> not_found, else unavailable).
[[nodiscard]] tl::unexpected<Error> system_failure(int error_number, std::string_view doing,
                                                   std::string_view path);
/// `failed_precondition`: `what` was opened by the process that this one was forked from.
[[nodiscard]] tl::unexpected<Error> forked(std::string_view what);

}  // namespace omnicrm

/// Leaves the enclosing function with the error, or goes on with nothing: OMNICRM_TRY(check(x));
#define OMNICRM_TRY(expression)                                  \
  do {                                                           \
    auto&& omnicrm_result = (expression);                        \
    if (!omnicrm_result) [[unlikely]]                            \
      return ::omnicrm::fail(std::move(omnicrm_result).error()); \
  } while (false)

#define OMNICRM_CONCAT_(a, b) a##b
#define OMNICRM_CONCAT(a, b) OMNICRM_CONCAT_(a, b)

/// Declares a variable from a Result or leaves with its error: OMNICRM_ASSIGN(auto page, list(x));
#define OMNICRM_ASSIGN(declaration, ...) \
  OMNICRM_ASSIGN_(OMNICRM_CONCAT(omnicrm_result_, __LINE__), declaration, __VA_ARGS__)
#define OMNICRM_ASSIGN_(temporary, declaration, ...)      \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) [[unlikely]]                            \
    return ::omnicrm::fail(std::move(temporary).error()); \
  declaration = std::move(*temporary)
