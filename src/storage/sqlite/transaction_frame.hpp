// Which transactions the calling thread is inside of: transactions do not nest.
#pragma once

#include <cstdint>

namespace omnicrm::storage {

/// Lives on the stack of the thread that runs a body of work, for as long as it runs. Work that a leader
/// runs for another caller (group commit) counts for the leader's thread.
class TransactionFrame {
 public:
  enum class Kind : std::uint8_t { none, read, write };

  TransactionFrame(const void* storage, Kind kind) noexcept : storage_(storage), kind_(kind), outer_(top) {
    top = this;
  }
  ~TransactionFrame() { top = outer_; }
  TransactionFrame(const TransactionFrame&) = delete;
  TransactionFrame& operator=(const TransactionFrame&) = delete;

  /// The innermost transaction of this thread on `storage`.
  [[nodiscard]] static Kind current(const void* storage) noexcept {
    for (const TransactionFrame* frame = top; frame != nullptr; frame = frame->outer_) {
      if (frame->storage_ == storage) return frame->kind_;
    }
    return Kind::none;
  }

 private:
  static inline thread_local constinit TransactionFrame* top = nullptr;

  const void* storage_;
  Kind kind_;
  TransactionFrame* outer_;
};

}  // namespace omnicrm::storage
