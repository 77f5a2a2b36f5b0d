// Keeps secrets out of what is written down.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace omnicrm::observe {

inline constexpr std::string_view redacted_mark = "[redacted]";

/// `password`, `access_token`, `apiKey`, `Authorization`, `Set-Cookie` ...; counts of tokens are no secrets.
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;
/// Whether the value of a field of this name is nobody's business: secrets, and what people wrote to each
/// other (`body`, `html`, `snippet`).
[[nodiscard]] bool is_private_name(std::string_view name) noexcept;

/// The text without what looks like a secret; nothing when there is none in it, which costs one pass and no
/// memory:
///   * `name=value`, `name: value`, `"name":"value"` with a secret's name
///   * `Bearer ...`, `Basic ...`
///   * keys and tokens by their beginnings (`sk-`, `ghp_`, `xoxb-`, `AKIA`, `AIza`, `ya29.`, `GOCSPX-` ...)
///   * JSON Web Tokens (RFC 7519)
///   * the password of a URI's user (RFC 3986 section 3.2.1)
///   * PEM blocks of private keys (RFC 7468)
[[nodiscard]] std::optional<std::string> redacted(std::string_view text);

}  // namespace omnicrm::observe
