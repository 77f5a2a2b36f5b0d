// A benchmark that cannot do its work ends with the reason: it never reports a figure of something that
// failed.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <omnicrm/core/result.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

namespace omnicrm::benchmarks {

[[noreturn]] inline void give_up(std::string_view why) {
  std::fprintf(stderr, "benchmark: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

template <class T>
T checked(Result<T> result) {
  if (!result) give_up(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace omnicrm::benchmarks
