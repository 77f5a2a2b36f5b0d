#include "parts/cutting_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace omnicrm::testing {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

bool send_all(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(to, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

CuttingProxy::CuttingProxy(const std::string& folder, int port, std::uint64_t seed)
    : to_(folder + "/.s.PGSQL.5432"), path_(folder + "/.s.PGSQL." + std::to_string(port)), state_(seed) {
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(path_);
  ::unlink(path_.c_str());
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen at " + path_);
  }
  acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::CuttingProxy(const std::string& folder, const std::string& ip, int port, std::uint64_t seed)
    : to_(folder + "/.s.PGSQL.5432"), state_(seed) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const int again = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &again, sizeof(again));
  if (::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) != 1 ||
      ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen at " + ip + ":" + std::to_string(port));
  }
  acceptor_ = std::thread([this] { accept_all(); });
}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::uint64_t CuttingProxy::next_random() {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return state_ >> 33;
}

void CuttingProxy::accept_all() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::uint64_t most = most_bytes_;
    const std::uint64_t budget = most == 0 ? 0 : 1 + next_random() % most;
    threads_.emplace_back([this, client, budget] { serve(client, budget); });
  }
}

void CuttingProxy::serve(int client, std::uint64_t budget) {
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(to_);
  const bool limited = budget > 0;
  bool open = ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  std::array<char, 8192> buffer{};
  while (open && !stopping_) {
    std::array<pollfd, 2> ends = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), 20) <= 0) continue;
    for (std::size_t from = 0; from < 2 && open; ++from) {
      if (ends[from].revents == 0) continue;
      const ssize_t got = ::recv(ends[from].fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) {
        open = false;
        break;
      }
      auto size = static_cast<std::size_t>(got);
      if (limited) size = std::min<std::size_t>(size, budget);
      open = send_all(ends[1 - from].fd, buffer.data(), size);
      if (limited && (budget -= size) == 0) {
        ++cuts_;
        open = false;
      }
    }
  }
  ::close(client);
  ::close(server);
}

}  // namespace omnicrm::testing
