// GMime started once, and its objects owned as C++ owns things.
#pragma once

#include <gmime/gmime.h>

#include <memory>
#include <string>
#include <string_view>

namespace omnicrm::files {

/// Starts GMime on first use. Thread-safe.
void initialize_gmime();

/// Lenient options: addresses without a domain are kept, undeclared bytes are UTF-8 or windows-1252.
/// Immutable after the first call, so shared by all threads; lives as long as the process.
[[nodiscard]] GMimeParserOptions* gmime_options();

struct GFree {
  void operator()(void* memory) const noexcept { g_free(memory); }
};
struct GUnref {
  void operator()(void* object) const noexcept { g_object_unref(object); }
};
using GString_ptr = std::unique_ptr<char, GFree>;
template <class T>
using GObject_ptr = std::unique_ptr<T, GUnref>;

/// The view of a C string that may be null.
[[nodiscard]] inline std::string_view view_of(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace omnicrm::files
