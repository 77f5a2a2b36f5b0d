// Short ways to say what went wrong, and to leave a function with it.
#pragma once

#include <omnicrm/core/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace omnicrm::capi {

/// `invalid_argument`: "<field>: <reason>", details {"field": field}. `field` is a word of ours.
[[nodiscard]] tl::unexpected<Error> invalid(std::string_view field, std::string_view reason);
/// Any other code with a plain message.
[[nodiscard]] tl::unexpected<Error> failure(ErrorCode code, std::string message);

}  // namespace omnicrm::capi

/// Leaves the enclosing function with the error, or goes on with nothing: OCRM_TRY(check(x));
#define OCRM_TRY(expression)                                  \
  do {                                                        \
    auto&& ocrm_result = (expression);                        \
    if (!ocrm_result) [[unlikely]]                            \
      return ::omnicrm::fail(std::move(ocrm_result).error()); \
  } while (false)

#define OCRM_CONCAT_(a, b) a##b
#define OCRM_CONCAT(a, b) OCRM_CONCAT_(a, b)

/// Declares a variable from a Result or leaves with its error: OCRM_ASSIGN(auto page, list(x));
#define OCRM_ASSIGN(declaration, ...) \
  OCRM_ASSIGN_(OCRM_CONCAT(ocrm_result_, __LINE__), declaration, __VA_ARGS__)
#define OCRM_ASSIGN_(temporary, declaration, ...)         \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) [[unlikely]]                            \
    return ::omnicrm::fail(std::move(temporary).error()); \
  declaration = std::move(*temporary)
