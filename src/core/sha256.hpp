// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace omnicrm {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// The digest of `data`. Thread-safe.
[[nodiscard]] Sha256Digest sha256(std::string_view data);
/// The same in 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view data);
[[nodiscard]] std::string to_hex(const Sha256Digest& digest);

/// The digest of something that comes in parts. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256& update(std::string_view part);
  /// The digest of all parts; starts anew.
  [[nodiscard]] Sha256Digest finish();

 private:
  void start();
  struct Free {
    void operator()(void* context) const noexcept;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace omnicrm
