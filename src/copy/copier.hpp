// One run of a copy, stage after stage.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/copy.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/begin.hpp"

namespace omnicrm::copy {

/// One thread, one run.
class Copier {
 public:
  Copier(std::shared_ptr<storage::Storage> from, Source source, std::shared_ptr<storage::Storage> to,
         const CopyOptions& options);

  [[nodiscard]] Result<CopyReport> run();

 private:
  [[nodiscard]] Result<void> copy_rows();
  [[nodiscard]] Result<void> copy_table(const CopiedTable& table);
  template <class Texts>
  using ReadTexts = Result<Texts> (*)(storage::Connection&, const std::vector<Value>& after,
                                      std::int64_t limit);
  template <class Texts>
  [[nodiscard]] Result<void> make_texts(std::string_view index, ReadTexts<Texts> read);
  [[nodiscard]] Result<std::string> verify();
  [[nodiscard]] Result<void> add_up(storage::Storage& storage, const CopiedTable& table, RowSum& sum,
                                    std::int64_t& seen);

  /// Writes together with the state that holds then.
  [[nodiscard]] Result<void> write(CopyState next, storage::Work work);
  [[nodiscard]] Result<void> enter(CopyStage stage);
  /// A write that makes the stored state `after` (nothing: takes it out). Where a connection that was lost
  /// during the commit leaves the outcome open, the state in the target tells, and what did not arrive is
  /// written again.
  [[nodiscard]] Result<void> write_surely(storage::Work work, const std::optional<std::string>& after);
  [[nodiscard]] Result<void> check_stop() const;
  void say(CopyStage stage, std::string_view table, std::int64_t rows, std::int64_t total) const;
  [[nodiscard]] std::int64_t total_rows() const;
  [[nodiscard]] std::int64_t arrived_rows() const;

  const std::shared_ptr<storage::Storage> from_;
  const std::shared_ptr<storage::Storage> to_;
  const CopyOptions& options_;
  const storage::Scope scope_;
  Source source_;
  CopyState state_;
  std::string stored_;
};

}  // namespace omnicrm::copy
