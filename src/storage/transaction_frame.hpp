// Which transactions the calling thread is inside of: transactions do not nest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace omnicrm::storage {

/// Lives on the stack of the thread that runs a body of work, for as long as it runs. Work that a leader
/// runs for another caller (group commit) counts for the leader's thread. What it knows does not stand on
/// that stack: a host's callback that leaves a body by longjmp must not break the thread's other storages.
class TransactionFrame {
 public:
  enum class Kind : std::uint8_t { none, read, write };

  TransactionFrame(const void* storage, Kind kind) : depth_(open.size()) { open.push_back({storage, kind}); }
  ~TransactionFrame() { open.resize(depth_); }
  TransactionFrame(const TransactionFrame&) = delete;
  TransactionFrame& operator=(const TransactionFrame&) = delete;

  /// The innermost transaction of this thread on `storage`.
  [[nodiscard]] static Kind current(const void* storage) noexcept {
    const auto entry = std::find_if(open.rbegin(), open.rend(),
                                    [&](const Entry& opened) { return opened.storage == storage; });
    return entry == open.rend() ? Kind::none : entry->kind;
  }

 private:
  struct Entry {
    const void* storage = nullptr;
    Kind kind = Kind::none;
  };
  static inline thread_local std::vector<Entry> open;

  const std::size_t depth_;
};

}  // namespace omnicrm::storage
