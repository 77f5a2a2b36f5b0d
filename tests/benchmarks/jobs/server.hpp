// The bench's PostgreSQL server, as its superuser sees it.
#pragma once

#include <sys/types.h>

#include <string>

#include "../bare_pg.hpp"

namespace omnicrm::benchmarks {

/// Processor time of the server's processes. One thread.
class Server {
 public:
  explicit Server(const std::string& url);

  [[nodiscard]] BarePg& sql() noexcept { return sql_; }
  /// Seconds since it started, of all its processes.
  [[nodiscard]] double processor_seconds() const;
  /// An empty schema in place of what has the name.
  void drop_schema(const std::string& name);
  /// What a checkpoint or a vacuum of the past would cost, it costs now and not within a measurement.
  void settle();

 private:
  BarePg sql_;
  pid_t postmaster_;
};

}  // namespace omnicrm::benchmarks
