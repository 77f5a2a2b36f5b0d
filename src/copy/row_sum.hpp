// What the rows of a table add up to: a checksum that does not ask for their order.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

namespace omnicrm::copy {

/// The SHA-256 of each row, added up modulo 2^256. It can be kept half-way, and two databases that give their
/// rows in different orders have the same one. It finds what goes wrong, not what somebody forges.
class RowSum {
 public:
  void add(std::string_view row);

  [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }
  /// 32 bytes.
  [[nodiscard]] std::string_view bytes() const noexcept;
  /// Errors: `data_loss`.
  [[nodiscard]] static Result<RowSum> from_bytes(std::int64_t rows, std::string_view bytes);

  friend bool operator==(const RowSum&, const RowSum&) = default;

 private:
  std::int64_t rows_ = 0;
  std::array<std::uint8_t, 32> sum_{};  // the least byte first
};

}  // namespace omnicrm::copy
