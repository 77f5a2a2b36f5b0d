// Limits of a kind that hold for all processes together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>
#include <omnicrm/storage/storage.hpp>

#include "jobs/claim.hpp"

namespace omnicrm::jobs::sqlite {

/// How many jobs of one kind may start now. There is one writer, so that what is counted stays true until the
/// claim is written.
class KindLimit {
 public:
  /// `kind` is the only one of the share.
  KindLimit(storage::Connection& connection, std::string kind, const KindShare& share, Timestamp now);

  /// At most so many, at most `share.limit`.
  [[nodiscard]] Result<std::size_t> allowed();
  /// So many were claimed.
  [[nodiscard]] Result<void> took(std::size_t count);
  /// When there may be more, of a period that is full.
  [[nodiscard]] std::optional<Timestamp> next() const { return next_; }

 private:
  [[nodiscard]] Result<void> read();

  storage::Connection& connection_;
  std::string kind_;
  const KindShare& share_;
  Timestamp now_;
  bool is_stored_ = false;
  Timestamp began_at_{};
  std::int64_t started_ = 0;
  std::int64_t stored_max_ = 0;
  std::optional<Timestamp> next_;
};

}  // namespace omnicrm::jobs::sqlite
