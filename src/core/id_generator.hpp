// Makes the library's ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/ids.hpp>

namespace omnicrm {

/// Makes UUIDs of version 7 that only ever grow, also when many are made in one microsecond and when the
/// clock goes back. Thread-safe; about 50 ns an id. A forked child makes other ids than its parent.
///
/// RFC 9562 section 6.2: 48 bits of milliseconds, 12 bits of the millisecond's fraction (method 3), a
/// 14-bit counter that starts at a random value below 8,192 (method 1), 48 random bits.
class IdGenerator {
 public:
  IdGenerator(std::shared_ptr<Clock> clock, std::shared_ptr<Random> random);

  template <class I>
  [[nodiscard]] I make() {
    return I{next()};
  }

  [[nodiscard]] Uuid next();

 private:
  std::uint64_t random_bits();

  std::mutex mutex_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  std::uint64_t tick_ = 0;  // milliseconds * 4096 + fraction, of the last id
  std::uint32_t counter_ = 0;
  std::array<std::uint64_t, 64> pool_{};
  std::size_t used_ = 64;
  std::uint64_t generation_ = 0;
};

}  // namespace omnicrm
