// Any charset a mail may name, and none at all, to UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace omnicrm::files {

[[nodiscard]] bool is_ascii(std::string_view bytes) noexcept;

/// Bytes nobody declared a charset for: UTF-8 if they are, else windows-1252 (as browsers do).
/// Valid UTF-8 without NUL.
[[nodiscard]] std::string undeclared_to_utf8(std::string_view bytes);

/// Bytes of a declared charset. Unknown names and wrong declarations count as undeclared; bytes that the
/// charset has not become U+FFFD. Valid UTF-8 without NUL. Thread-safe.
[[nodiscard]] std::string charset_to_utf8(std::string_view bytes, std::string_view charset);

}  // namespace omnicrm::files
