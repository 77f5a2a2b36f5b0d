// What a reader of metrics wants to know of the storage.
#pragma once

#include <memory>
#include <mutex>

#include <omnicrm/observe/metrics.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm {

/// Connections, waits for them, and on PostgreSQL how far back the oldest transaction reaches. Instruments
/// are made only for what the storage has. Thread-safe.
class StorageMetrics {
 public:
  StorageMetrics(observe::Metrics& metrics, std::shared_ptr<storage::Storage> storage);

  /// Sets all of them. Blocks for one short query on PostgreSQL; what cannot be learned stays as it was.
  void refresh();

 private:
  void refresh_pool();
  void refresh_oldest_xmin();

  const std::shared_ptr<storage::Storage> storage_;
  std::shared_ptr<observe::Gauge> in_use_;
  std::shared_ptr<observe::Gauge> idle_;
  std::shared_ptr<observe::Gauge> waiting_;
  std::shared_ptr<observe::Counter> waits_;
  std::shared_ptr<observe::Counter> wait_seconds_;
  std::shared_ptr<observe::Gauge> oldest_xmin_;
  std::mutex mutex_;  // guards what has been told
  storage::StorageStats told_;
};

}  // namespace omnicrm
