// A proxy before a server's socket that cuts connections after a number of bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace omnicrm::testing {

/// Listens as `<folder>/.s.PGSQL.<port>`, forwards to `<folder>/.s.PGSQL.5432`. Every connection is cut, both
/// ways at once, after between 1 and `most_bytes` bytes (seeded); 0: never.
class CuttingProxy {
 public:
  CuttingProxy(const std::string& folder, int port, std::uint64_t seed);
  /// The same, listening at a TCP address, for those that do not reach the folder's sockets.
  CuttingProxy(const std::string& folder, const std::string& ip, int port, std::uint64_t seed);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  void cut_within(std::uint64_t most_bytes) { most_bytes_ = most_bytes; }
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  void accept_all();
  void serve(int client, std::uint64_t budget);
  std::uint64_t next_random();

  std::string to_;
  std::string path_;
  int listener_ = -1;
  std::uint64_t state_;
  std::atomic<std::uint64_t> most_bytes_ = 0;
  std::atomic<int> cuts_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace omnicrm::testing
