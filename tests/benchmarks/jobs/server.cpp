#include "server.hpp"

#include <fmt/format.h>

#include <fstream>

#include "processor_time.hpp"

namespace omnicrm::benchmarks {

Server::Server(const std::string& url) : sql_(url), postmaster_(0) {
  std::ifstream file(sql_.run("SHOW data_directory").front() + "/postmaster.pid");
  if (!(file >> postmaster_)) give_up("the server is not on this machine");
  const auto is_on = [&](const char* setting) {
    return sql_.run(fmt::format("SHOW {}", setting)).front() == "on";
  };
  if (!is_on("fsync") || !is_on("synchronous_commit") || !is_on("full_page_writes")) {
    give_up("the server does not write durably");
  }
}

double Server::processor_seconds() const {
  return tree_seconds(postmaster_);
}

void Server::drop_schema(const std::string& name) {
  sql_.run(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", name));
}

void Server::settle() {
  sql_.run("CHECKPOINT");
}

}  // namespace omnicrm::benchmarks
