#include "providers/files/gmime_support.hpp"

#include <array>

namespace omnicrm::files {

void initialize_gmime() {
  static const bool started = [] {
    g_mime_init();
    return true;
  }();
  static_cast<void>(started);
}

GMimeParserOptions* gmime_options() {
  static GMimeParserOptions* const options = [] {
    initialize_gmime();
    GMimeParserOptions* made = g_mime_parser_options_new();
    std::array<const char*, 3> charsets = {"utf-8", "windows-1252", nullptr};
    g_mime_parser_options_set_fallback_charsets(made, charsets.data());
    g_mime_parser_options_set_allow_addresses_without_domain(made, 1);
    return made;
  }();
  return options;
}

}  // namespace omnicrm::files
