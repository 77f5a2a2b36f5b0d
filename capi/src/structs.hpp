// Transparent structs: only the bytes that the caller's version of them has are read or written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include "omnicrm.h"
#include "result.hpp"

namespace omnicrm::capi {

/// Size of a struct's first version: callers that pass less never existed. Never grows.
template <class T>
inline constexpr std::size_t first_size = sizeof(T);
template <>
inline constexpr std::size_t first_size<ocrm_options> = offsetof(ocrm_options, log);
template <>
inline constexpr std::size_t first_size<ocrm_clock> = offsetof(ocrm_clock, steady_now);
template <>
inline constexpr std::size_t first_size<ocrm_normalizer> = offsetof(ocrm_normalizer, facts);
template <>
inline constexpr std::size_t first_size<ocrm_job_handler> = offsetof(ocrm_job_handler, timeout_ms);
template <>
inline constexpr std::size_t first_size<ocrm_new_job> = offsetof(ocrm_new_job, unique_key);
template <>
inline constexpr std::size_t first_size<ocrm_run_summary> = offsetof(ocrm_run_summary, snoozed);

/// Errors: `invalid_argument`: NULL, or a struct_size that is none.
template <class T>
[[nodiscard]] Result<std::size_t> struct_size_of(const T* given, std::string_view field) {
  if (given == nullptr) return invalid(field, "must not be NULL");
  std::size_t size = 0;
  std::memcpy(&size, given, sizeof(size));
  if (size < first_size<T>)
    return invalid(field, "struct_size is " + std::to_string(size) + ", at least " +
                              std::to_string(first_size<T>) + " is needed: start from its _INIT");
  return size;
}

/// What the caller gave; members that its version does not have are as in `initial`.
template <class T>
[[nodiscard]] Result<T> read_struct(const T* given, T initial, std::string_view field) {
  OCRM_ASSIGN(const std::size_t size, struct_size_of(given, field));
  std::memcpy(&initial, given, std::min(size, sizeof(T)));
  initial.struct_size = sizeof(T);
  return initial;
}

/// Fills the members that the caller's version has; its struct_size, checked before, stays.
template <class T>
void write_struct(T* out, T value) {
  std::memcpy(&value.struct_size, out, sizeof(std::size_t));
  std::memcpy(out, &value, std::min(value.struct_size, sizeof(T)));
}

}  // namespace omnicrm::capi
