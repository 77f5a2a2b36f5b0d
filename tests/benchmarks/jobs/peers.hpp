// The job queues that we are measured against (peers/*.mjs), each a process of its own.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace omnicrm::benchmarks {

/// A Redis server in a folder, reached by a socket in it, that writes its log every second (appendfsync
/// everysec, which is its default once appendonly is on). Ends with the process that made it.
class Redis {
 public:
  explicit Redis(std::string folder);
  ~Redis();
  Redis(const Redis&) = delete;
  Redis& operator=(const Redis&) = delete;
  [[nodiscard]] std::string socket() const { return folder_ + "/redis.sock"; }
  [[nodiscard]] pid_t process() const noexcept { return process_; }
  /// Forgets all keys.
  void empty();

 private:
  std::string folder_;
  pid_t process_;
};

/// A running peer. A peer that fails ends the benchmark.
class PeerProcess {
 public:
  /// `settings` is the JSON object that the program gets.
  PeerProcess(const std::string& program, const std::string& settings);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  /// `what` is "bulk", "single" or "drain"; gives seconds.
  double seconds(const std::string& what, int jobs);
  /// Milliseconds from enqueue to start, idle.
  std::vector<double> start_ms(int jobs);
  [[nodiscard]] double processor_seconds() const;

 private:
  std::vector<double> ask(const std::string& what, int jobs);

  std::string program_;
  pid_t process_;
  std::FILE* to_;
  std::FILE* from_;
};

/// Installs the pinned packages with npm, once, and gives the folder that holds them and the programs.
[[nodiscard]] const std::string& peers_folder();

/// The settings that were the best of those tried on two processors (docs of each: batch sizes, number of
/// workers).
[[nodiscard]] std::string graphile_settings(const std::string& url);
[[nodiscard]] std::string pgboss_settings(const std::string& url);
[[nodiscard]] std::string bullmq_settings(const Redis& redis);

inline constexpr const char* graphile_name = "graphile-worker 0.17.3";
inline constexpr const char* pgboss_name = "pg-boss 12.38.0";
inline constexpr const char* bullmq_name = "BullMQ 6.7.0";

}  // namespace omnicrm::benchmarks
