// Where the bench's Redis keeps its socket and log.
#pragma once

#include <string>

#include "../bench_check.hpp"

namespace omnicrm::benchmarks {

/// In the folder of the PostgreSQL server's socket, which scripts/with-postgres removes whatever happens
/// here.
[[nodiscard]] inline std::string redis_folder(const std::string& url) {
  const std::size_t host = url.find("host=/");
  if (host == std::string::npos) give_up("the server's URL names no folder");
  return url.substr(host + 5, url.find('&', host) - host - 5) + "/redis";
}

}  // namespace omnicrm::benchmarks
