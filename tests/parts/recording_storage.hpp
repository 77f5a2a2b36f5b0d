// A storage that remembers the SQL that goes through it.
#pragma once

#include <memory>
#include <mutex>
#include <omnicrm/storage/storage.hpp>
#include <set>
#include <string>
#include <utility>

namespace omnicrm::testing {

/// Wraps another storage. Thread-safe, as that one is.
class RecordingStorage final : public storage::Storage {
 public:
  explicit RecordingStorage(std::shared_ptr<storage::Storage> inner) : inner_(std::move(inner)) {}

  /// The statements since the last call, each once.
  std::set<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(statements_, {});
  }

  [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_->dialect(); }
  Result<void> read(const storage::Scope& scope, storage::Work work) override {
    return inner_->read(scope, [&](storage::Connection& connection) { return recorded(connection, work); });
  }
  Result<void> write(const storage::Scope& scope, storage::Work work) override {
    return inner_->write(scope, [&](storage::Connection& connection) { return recorded(connection, work); });
  }
  Result<void> migrate() override { return inner_->migrate(); }
  Result<std::int64_t> schema_version() override { return inner_->schema_version(); }
  Result<void> backup(const std::string& path) override { return inner_->backup(path); }
  Result<std::vector<std::string>> check() override { return inner_->check(); }

 private:
  class Recording final : public storage::Connection {
   public:
    Recording(storage::Connection& inner, RecordingStorage& storage) : inner_(inner), storage_(storage) {}
    [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_.dialect(); }
    Result<storage::StatementPtr> prepare(std::string_view sql) override {
      storage_.note(sql);
      return inner_.prepare(sql);
    }
    Result<void> execute(std::string_view sql) override { return inner_.execute(sql); }
    [[nodiscard]] std::int64_t changes() const noexcept override { return inner_.changes(); }

   private:
    // The statements are the inner connection's and go back to it.
    void give_back(storage::Statement*) noexcept override {}

    storage::Connection& inner_;
    RecordingStorage& storage_;
  };

  Result<void> recorded(storage::Connection& connection, storage::Work& work) {
    Recording recording(connection, *this);
    return work(recording);
  }
  void note(std::string_view sql) {
    const std::lock_guard lock(mutex_);
    statements_.emplace(sql);
  }

  std::shared_ptr<storage::Storage> inner_;
  std::mutex mutex_;
  std::set<std::string> statements_;
};

}  // namespace omnicrm::testing
