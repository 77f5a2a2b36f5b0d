#include "result.hpp"

namespace omnicrm::capi {

tl::unexpected<Error> invalid(std::string_view field, std::string_view reason) {
  const std::string name(field);
  return fail({.code = ErrorCode::invalid_argument,
               .message = name + ": " + std::string(reason),
               .details = R"({"field":")" + name + "\"}"});
}

tl::unexpected<Error> failure(ErrorCode code, std::string message) {
  return fail({.code = code,
               .message = std::move(message),
               .retryable = code == ErrorCode::unavailable || code == ErrorCode::deadline_exceeded});
}

}  // namespace omnicrm::capi
