#include "storage/postgres/pg_listener.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/fork.hpp"
#include "storage/postgres/pg_link.hpp"
#include "storage/query.hpp"

namespace omnicrm::storage {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// A NOTIFY takes a lock of the whole server for its commit: never more of them than one in so long.
constexpr milliseconds between_sends{5};
/// An idle session is asked so often whether it still is one; an answer that takes longer means it is not.
constexpr milliseconds ping_every{10'000};
constexpr milliseconds answer_within{5'000};
/// What comes back from LISTEN comes with the answer of the NOTIFY, or right after it.
constexpr milliseconds echo_within{2'000};
constexpr milliseconds probe_again{60'000};
constexpr milliseconds shortest_pause{100};
constexpr milliseconds longest_pause{5'000};
constexpr char notify_sql[] = "SELECT pg_notify($1, $2)";
constexpr std::string_view echo = "echo";

/// Wakes a poll(2) from another thread.
class Bell {
 public:
  Bell() : file_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Bell() { ::close(file_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  void ring() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(file_, &one, sizeof(one));
  }
  void calm() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(file_, &count, sizeof(count));
  }
  [[nodiscard]] int file() const noexcept { return file_; }

 private:
  int file_;
};

/// One connected session: what it asks, hears and sends, never waiting for more than an event.
class Session {
 public:
  Session(PGconn* connection, std::string channel, bool listens)
      : connection_(connection), channel_(std::move(channel)) {
    if (!listens) return;
    commands_.push_back("LISTEN \"" + channel_ + "\"");
    probe();
  }

  void send(const std::string& text) { sends_.push_back(text); }
  [[nodiscard]] bool hears() const noexcept { return hears_; }
  /// Listening was tried, and did not work.
  [[nodiscard]] bool is_deaf(Clock::time_point now) const noexcept {
    return probed_at_ && !hears_ && now - *probed_at_ > echo_within;
  }

  /// Sends what is next. False: the session is lost.
  bool advance(Clock::time_point now) {
    if (is_busy_) return now - asked_at_ < answer_within;
    if (!commands_.empty()) {
      const std::string command = std::move(commands_.front());
      commands_.erase(commands_.begin());
      return asked(PQsendQuery(connection_, command.c_str()), now);
    }
    if (is_probing_) {
      is_probing_ = false;
      probed_at_ = now;
      return notify(std::string(echo), now);
    }
    if (!sends_.empty() && now - notified_at_ >= between_sends) {
      const std::string text = std::move(sends_.front());
      sends_.erase(sends_.begin());
      return notify(text, now);
    }
    if (now - asked_at_ >= ping_every) return asked(PQsendQuery(connection_, "SELECT 1"), now);
    return true;
  }

  /// How long nothing needs to be done unless something arrives.
  [[nodiscard]] milliseconds patience(Clock::time_point now) const {
    auto until = is_busy_ ? asked_at_ + answer_within : asked_at_ + ping_every;
    if (!is_busy_ && !sends_.empty()) until = std::min(until, notified_at_ + between_sends);
    if (probed_at_ && !hears_) until = std::min(until, std::max(*probed_at_ + echo_within, now));
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - now));
  }

  /// Reads what arrived. False: the session is lost.
  bool take(const std::function<void(std::string_view)>& heard) {
    if (PQconsumeInput(connection_) != 1) return false;
    while (is_busy_ && PQisBusy(connection_) == 0) {
      const PgResult result(PQgetResult(connection_));
      if (result == nullptr) {
        is_busy_ = false;
        break;
      }
      const auto status = PQresultStatus(result.get());
      if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return false;
    }
    while (PGnotify* const notice = PQnotifies(connection_)) {
      const bool is_own = notice->be_pid == PQbackendPID(connection_);
      if (is_own && std::string_view(notice->extra) == echo) hears_ = true;
      if (!is_own && std::string_view(notice->extra) != echo) heard(notice->extra);
      PQfreemem(notice);
    }
    return PQstatus(connection_) == CONNECTION_OK;
  }

 private:
  void probe() { is_probing_ = true; }
  bool asked(int code, Clock::time_point now) {
    is_busy_ = true;
    asked_at_ = now;
    return code == 1;
  }
  bool notify(const std::string& text, Clock::time_point now) {
    notified_at_ = now;
    const std::array<const char*, 2> values = {channel_.c_str(), text.c_str()};
    return asked(PQsendQueryParams(connection_, notify_sql, 2, nullptr, values.data(), nullptr, nullptr, 0),
                 now);
  }

  PGconn* connection_;
  std::string channel_;
  std::vector<std::string> commands_;
  std::vector<std::string> sends_;
  bool is_busy_ = false;
  bool is_probing_ = false;
  bool hears_ = false;
  std::optional<Clock::time_point> probed_at_;
  Clock::time_point asked_at_ = Clock::now();
  Clock::time_point notified_at_{};
};

class PgListener final : public Signals {
 public:
  PgListener(const PostgresOptions& options, std::function<void(std::string_view)> heard)
      : options_(options), heard_(std::move(heard)), generation_(fork_generation()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~PgListener() override {
    if (fork_generation() != generation_) {
      thread_.detach();  // it stayed with the parent
      return;
    }
    thread_.request_stop();
    bell_.ring();
    thread_.join();
  }
  PgListener(const PgListener&) = delete;
  PgListener& operator=(const PgListener&) = delete;

  void send(std::string_view text) noexcept override {
    try {
      const std::lock_guard lock(mutex_);
      if (std::find(texts_.begin(), texts_.end(), text) != texts_.end()) return;
      texts_.emplace_back(text);
    } catch (const std::bad_alloc&) {
      return;  // a hint that is lost
    }
    bell_.ring();
  }
  [[nodiscard]] bool hears() const noexcept override { return hears_; }

 private:
  void run(const std::stop_token& stop) {
    milliseconds pause = shortest_pause;
    while (!stop.stop_requested()) {
      if (!serve_one(stop, pause)) pause = std::min(2 * pause, longest_pause);
      hears_ = false;
      wait_for(pause, stop);
    }
  }

  void wait_for(milliseconds pause, const std::stop_token& stop) const {
    const auto until = Clock::now() + pause;
    while (!stop.stop_requested()) {
      const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
      if (left.count() <= 0) return;
      pollfd bell{bell_.file(), POLLIN, 0};
      if (::poll(&bell, 1, static_cast<int>(left.count())) > 0 && !stop.stop_requested()) {
        std::this_thread::sleep_for(std::min(left, milliseconds(20)));  // a hint that has to wait
      }
    }
  }

  /// Until the session is lost. False: it could not be made.
  bool serve_one(const std::stop_token& stop, milliseconds& pause) {
    const bool pooled = options_.transaction_pooling;
    auto link = PgLink::open(options_.url, Clock::now() + options_.connect_timeout, {}, stop);
    if (!link) return false;
    PGconn* const connection = (*link)->raw();
    if (PQexitPipelineMode(connection) != 1) return false;
    pause = shortest_pause;
    Session session(connection, options_.schema, !pooled);
    const auto opened = Clock::now();
    while (!stop.stop_requested()) {
      const auto now = Clock::now();
      for (std::string& text : take_texts()) session.send(text);
      if (!session.advance(now)) return true;
      if (!pooled && session.is_deaf(now) && now - opened > probe_again) return true;
      std::array<pollfd, 2> ends = {pollfd{PQsocket(connection), POLLIN, 0}, pollfd{bell_.file(), POLLIN, 0}};
      auto patience = session.patience(now);
      if (session.is_deaf(now)) patience = std::max(patience, milliseconds(1'000));
      if (::poll(ends.data(), ends.size(), static_cast<int>(patience.count())) < 0 && errno != EINTR)
        return true;
      if (ends[1].revents != 0) bell_.calm();
      if (ends[0].revents != 0 && !session.take(heard_)) return true;
      hears_ = session.hears();
    }
    return true;
  }

  std::vector<std::string> take_texts() {
    const std::lock_guard lock(mutex_);
    return std::exchange(texts_, {});
  }

  const PostgresOptions& options_;
  const std::function<void(std::string_view)> heard_;
  const std::uint64_t generation_;
  const Bell bell_;
  std::atomic<bool> hears_ = false;
  std::mutex mutex_;
  std::vector<std::string> texts_;  // guarded by mutex_
  std::jthread thread_;
};

class PgSender final : public Signals {
 public:
  PgSender(Storage& storage, std::string channel) : storage_(storage), channel_(std::move(channel)) {}

  void send(std::string_view text) noexcept override {
    const auto now = Clock::now().time_since_epoch().count();
    auto last = last_.load();
    if (now - last < std::chrono::nanoseconds(between_sends).count()) return;
    if (!last_.compare_exchange_strong(last, now)) return;  // another thread sends
    const std::string word(text);
    static_cast<void>(storage_.read(Scope{}, [&](Connection& connection) -> Result<void> {
      return storage::run(connection, "SELECT CAST(pg_notify(?, ?) AS text)", channel_, word);
    }));
  }
  [[nodiscard]] bool hears() const noexcept override { return false; }

 private:
  Storage& storage_;
  const std::string channel_;
  std::atomic<std::int64_t> last_ = 0;
};

}  // namespace

Result<std::unique_ptr<Signals>> make_listener(const PostgresOptions& options,
                                               std::function<void(std::string_view)> heard) {
  try {
    return std::make_unique<PgListener>(options, std::move(heard));
  } catch (const std::system_error& error) {
    return failure(ErrorCode::resource_exhausted, std::string("cannot start a thread: ") + error.what());
  }
}

std::unique_ptr<Signals> make_sender(Storage& storage, std::string channel) {
  return std::make_unique<PgSender>(storage, std::move(channel));
}

}  // namespace omnicrm::storage
