#include "copy/row_sum.hpp"

#include <algorithm>

#include "core/errors.hpp"
#include "core/sha256.hpp"

namespace omnicrm::copy {

void RowSum::add(std::string_view row) {
  const Sha256Digest digest = sha256(row);
  unsigned carry = 0;
  for (std::size_t i = 0; i < sum_.size(); ++i) {
    carry += static_cast<unsigned>(sum_[i]) + digest[i];
    sum_[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  ++rows_;
}

std::string_view RowSum::bytes() const noexcept {
  return {reinterpret_cast<const char*>(sum_.data()), sum_.size()};
}

Result<RowSum> RowSum::from_bytes(std::int64_t rows, std::string_view bytes) {
  RowSum sum;
  if (rows < 0 || bytes.size() != sum.sum_.size())
    return failure(ErrorCode::data_loss, "the kept progress of a copy: not a sum of rows");
  sum.rows_ = rows;
  std::ranges::transform(bytes, sum.sum_.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return sum;
}

}  // namespace omnicrm::copy
