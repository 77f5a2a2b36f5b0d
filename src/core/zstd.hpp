// Zstandard (RFC 8878) for payloads at rest.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::zstd {

/// One frame with its size in the header and a checksum. Thread-safe: each thread keeps its context.
[[nodiscard]] Result<std::string> compress(std::string_view data, int level = 3);
[[nodiscard]] Result<std::string> compress(std::span<const std::byte> data, int level = 3);

/// The content of one or more frames. Never holds more than `cap` bytes of output, whatever the header
/// claims and the data expands to. Thread-safe.
/// Errors: `resource_exhausted` (more than `cap` bytes), `data_loss` (damaged or cut off).
[[nodiscard]] Result<std::string> decompress(std::string_view data, std::size_t cap);
[[nodiscard]] Result<std::string> decompress(std::span<const std::byte> data, std::size_t cap);

}  // namespace omnicrm::zstd
