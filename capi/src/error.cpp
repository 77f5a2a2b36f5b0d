#include "error.hpp"

#include <exception>
#include <memory>
#include <new>
#include <string>

#include "fence.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// Whether a status stands for an error that the library knows.
constexpr bool is_code(int32_t status) {
  return status > OCRM_OK && status <= OCRM_INTERNAL;
}

ErrorCode code_of(int32_t status) {
  return is_code(status) ? static_cast<ErrorCode>(status) : ErrorCode::internal;
}

/// Given when there is no memory to make another. Nobody owns it; freeing it does nothing.
ocrm_error& out_of_memory() {
  static ocrm_error* const error = new ocrm_error(  // never destroyed: somebody may hold it at exit
      {.code = ErrorCode::resource_exhausted, .message = "out of memory"}, /*owned=*/false);
  return *error;
}

// Made while there is memory.
[[maybe_unused]] const ocrm_error& ready = out_of_memory();

}  // namespace

int32_t give_error(ocrm_error** err, Error error) noexcept {
  const auto status = static_cast<int32_t>(error.code);
  if (err == nullptr) return status;
  try {
    *err = new ocrm_error(std::move(error));
  } catch (...) {
    *err = &out_of_memory();
    return OCRM_RESOURCE_EXHAUSTED;
  }
  return status;
}

Error thrown_error(const char* who) {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {.code = ErrorCode::resource_exhausted, .message = "out of memory"};
  } catch (const std::exception& thrown) {
    return {.code = ErrorCode::internal, .message = std::string(who) + " threw: " + readable(thrown.what())};
  } catch (...) {
    return {.code = ErrorCode::internal, .message = std::string(who) + " threw something unknown"};
  }
}

int32_t give_thrown(ocrm_error** err) noexcept {
  try {
    return give_error(err, thrown_error("the library"));
  } catch (...) {
    if (err != nullptr) *err = &out_of_memory();
    return OCRM_RESOURCE_EXHAUSTED;
  }
}

Result<void> callback_result(int32_t status, ocrm_error* left) {
  const std::unique_ptr<ocrm_error, decltype(&ocrm_error_free)> owned(handle_or_null(left), ocrm_error_free);
  if (status == OCRM_OK) return {};
  if (owned) return fail(owned->value);
  const ErrorCode code = code_of(status);
  return failure(code, "a callback returned " + std::string(to_string(code)));
}

}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

const char* ocrm_status_name(int32_t status) {
  return guard("unknown", [&] {
    if (status == OCRM_OK) return "ok";
    // Names are literals: a NUL follows.
    return is_code(status) ? to_string(static_cast<ErrorCode>(status)).data() : "unknown";
  });
}

ocrm_error* ocrm_error_new(int32_t code, const char* message, size_t message_size, const char* details,
                           size_t details_size, int32_t retryable, int32_t needs_user) {
  return guard(static_cast<ocrm_error*>(nullptr), [&] {
    Error error{.code = code_of(code), .message = readable(bytes_or_none(message, message_size))};
    const std::string_view facts = bytes_or_none(details, details_size);
    if (!facts.empty() && is_json_object(facts)) error.details = facts;
    error.retryable = retryable != 0;
    error.needs_user = needs_user != 0;
    return new ocrm_error(std::move(error));
  });
}

int32_t ocrm_error_code(const ocrm_error* error) {
  return guard(int32_t{OCRM_OK}, [&] {
    const auto* found = handle_or_null(error);
    return found == nullptr ? int32_t{OCRM_OK} : static_cast<int32_t>(found->value.code);
  });
}

const char* ocrm_error_message(const ocrm_error* error) {
  return guard("", [&] {
    const auto* found = handle_or_null(error);
    return found == nullptr ? "" : found->value.message.c_str();
  });
}

const char* ocrm_error_details(const ocrm_error* error) {
  return guard("{}", [&] {
    const auto* found = handle_or_null(error);
    return found == nullptr || found->value.details.empty() ? "{}" : found->value.details.c_str();
  });
}

int32_t ocrm_error_retryable(const ocrm_error* error) {
  return guard(0, [&] {
    const auto* found = handle_or_null(error);
    return found != nullptr && found->value.retryable ? 1 : 0;
  });
}

int32_t ocrm_error_needs_user(const ocrm_error* error) {
  return guard(0, [&] {
    const auto* found = handle_or_null(error);
    return found != nullptr && found->value.needs_user ? 1 : 0;
  });
}

void ocrm_error_free(ocrm_error* error) {
  guard(0, [&] {
    if (error == &out_of_memory()) return 0;
    delete handle_or_null(error);
    return 0;
  });
}
