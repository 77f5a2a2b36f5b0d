// What every handle begins with, and how a pointer from outside becomes one again.
#pragma once

#include <cstdint>
#include <string_view>

#include "result.hpp"

namespace omnicrm::capi {

/// Eight letters that stand in a live handle's first bytes.
enum class HandleType : std::uint64_t {
  none = 0,
  crm = 0x6d72632d6d72636f,
  session = 0x7365732d6d72636f,
  error = 0x7272652d6d72636f,
  buffer = 0x6675622d6d72636f,
  iterator = 0x7265742d6d72636f,
  cancel = 0x6e61632d6d72636f,
  subscription = 0x6275732d6d72636f,
  job = 0x626f6a2d6d72636f,
  writer = 0x7274772d6d72636f,
};

/// Base of all handles. Builds with assertions know every live one, so that a pointer that is none is noticed
/// without touching it; others look at the letters alone. `owned` ones are counted: the caller has to free
/// them.
class Handle {
 public:
  Handle(HandleType type, bool owned);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  [[nodiscard]] bool is(HandleType type) const noexcept { return type_ == type; }

 private:
  HandleType type_;
  bool owned_;
};

[[nodiscard]] std::int64_t live_handles() noexcept;
/// Errors: `invalid_argument`: NULL, freed, or of another type.
[[nodiscard]] Result<void> check_handle(const Handle* handle, HandleType type, std::string_view name);

/// The handle that a caller gave: OCRM_ASSIGN(auto* session, handle_of(session, "session"));
template <class T>
[[nodiscard]] Result<T*> handle_of(T* given, std::string_view name) {
  OCRM_TRY(check_handle(given, T::type, name));
  return given;
}

/// For functions that cannot fail: the handle, or null.
template <class T>
[[nodiscard]] T* handle_or_null(T* given) {
  return given != nullptr && check_handle(given, T::type, "handle") ? given : nullptr;
}

/// Errors: `invalid_argument` for an out-parameter that is NULL.
[[nodiscard]] inline Result<void> check_out(const void* out, std::string_view name) {
  if (out == nullptr) [[unlikely]]
    return invalid(name, "must not be NULL");
  return {};
}

}  // namespace omnicrm::capi
