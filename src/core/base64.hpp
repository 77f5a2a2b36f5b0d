// Base64 (RFC 4648 section 4), by OpenSSL.
#pragma once

#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// Errors: `data_loss` for what is not padded base64.
[[nodiscard]] Result<std::string> base64_decode(std::string_view text);

}  // namespace omnicrm
