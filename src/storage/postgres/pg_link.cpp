#include "storage/postgres/pg_link.hpp"

#include <poll.h>

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace omnicrm::storage {
namespace {

constexpr int oldest_server = 130'000;
constexpr std::size_t longest_doing = 200;
constexpr int stop_look_ms = 50;

int remaining_ms(PgLink::Deadline deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

void drop_notice(void* /*unused*/, const PGresult* /*notice*/) {}

/// Settings before the URL's are defaults, those after it are ours.
PGconn* begin_connect(const std::string& url, const std::string& settings) {
  const std::array<const char*, 9> names = {"fallback_application_name",
                                            "keepalives_idle",
                                            "keepalives_interval",
                                            "keepalives_count",
                                            "tcp_user_timeout",
                                            "dbname",
                                            "client_encoding",
                                            settings.empty() ? nullptr : "options",
                                            nullptr};
  const std::array<const char*, 9> values = {
      "omnicrm", "30", "10", "3", "30000", url.c_str(), "UTF8", settings.c_str(), nullptr};
  return PQconnectStartParams(names.data(), values.data(), /*expand_dbname=*/1);
}

}  // namespace

Result<std::unique_ptr<PgLink>> PgLink::open(const std::string& url, Deadline deadline,
                                             const std::string& settings, const std::stop_token& stop) {
  std::unique_ptr<PgLink> link(new PgLink());
  OMNICRM_TRY(link->connect(url, deadline, settings, stop));
  OMNICRM_TRY(link->check_server());
  PQsetErrorVerbosity(link->connection_, PQERRORS_DEFAULT);
  PQsetNoticeReceiver(link->connection_, &drop_notice, nullptr);
  link->cancel_ = PQgetCancel(link->connection_);
  if (PQenterPipelineMode(link->connection_) != 1) {
    return failure(ErrorCode::internal, link->place_.name + ": cannot enter pipeline mode");
  }
  return link;
}

PgLink::~PgLink() {
  if (connection_ == nullptr) return;
  if (cancel_ != nullptr) PQfreeCancel(cancel_);
  PQfinish(connection_);
}

Result<void> PgLink::connect(const std::string& url, Deadline deadline, const std::string& settings,
                             const std::stop_token& stop) {
  place_.name = "postgresql";
  connection_ = begin_connect(url, settings);
  if (connection_ == nullptr) return failure(ErrorCode::resource_exhausted, "out of memory");
  // The only way to learn a refusal's SQLSTATE is libpq's verbose message.
  PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (PQstatus(connection_) != CONNECTION_BAD && state != PGRES_POLLING_OK) {
    pollfd socket{PQsocket(connection_),
                  static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int left = remaining_ms(deadline);
    if (left == 0) return fail(connect_error("no answer in time", place_));
    if (stop.stop_requested()) return failure(ErrorCode::cancelled, "asked to stop while connecting");
    if (::poll(&socket, 1, std::min(left, stop_look_ms)) == 0) continue;
    state = PQconnectPoll(connection_);
    if (state == PGRES_POLLING_FAILED) break;
  }
  const std::string host = text_or_empty(PQhost(connection_));
  place_.name =
      fmt::format("postgresql://{}/{}", host.starts_with('/') ? "" : host, text_or_empty(PQdb(connection_)));
  if (PQstatus(connection_) == CONNECTION_OK) return {};
  Error error = connect_error(PQerrorMessage(connection_), place_);
  if (PQconnectionNeedsPassword(connection_) == 1) {
    error.code = ErrorCode::permission_denied;
    error.retryable = false;
    error.needs_user = true;
  }
  return fail(std::move(error));
}

Result<void> PgLink::check_server() const {
  const int version = PQserverVersion(connection_);
  if (version < oldest_server) {
    return failure(
        ErrorCode::failed_precondition,
        fmt::format("{}: PostgreSQL {} is too old, 13 or later is needed", place_.name, version / 10'000));
  }
  const std::string encoding = text_or_empty(PQparameterStatus(connection_, "server_encoding"));
  if (encoding != "UTF8") {
    return failure(ErrorCode::failed_precondition,
                   fmt::format("{}: the database's encoding is {}, UTF8 is needed", place_.name, encoding));
  }
  return {};
}

void PgLink::sent(int code, Pending pending) {
  if (code == 1) {
    pending_.push_back(std::move(pending));
    return;
  }
  if (pending.prepared) pending.prepared->is_there = false;
  if (PQstatus(connection_) == CONNECTION_BAD) {
    lose(nullptr, pending.doing);
  } else {
    fail_with(pg_failure(connection_, nullptr, place_, pending.doing));
  }
}

void PgLink::fail_with(PgFailure failure) {
  if (failure.trouble == PgTrouble::lost) lost_ = true;
  if (!has_failed()) failure_ = std::move(failure);
}

void PgLink::send(std::string_view sql, const PgParameters& parameters, const std::vector<Oid>& types,
                  PgResult* reply) {
  if (has_failed()) return;
  const std::string text(sql);
  const int code =
      PQsendQueryParams(connection_, text.c_str(), parameters.count(), types.empty() ? nullptr : types.data(),
                        parameters.values(), parameters.lengths(), parameters.formats(), 1);
  sent(code, {false, reply, nullptr, text.substr(0, longest_doing)});
}

void PgLink::send_prepared(const PgPrepared& prepared, std::string_view sql, const PgParameters& parameters,
                           PgResult* reply) {
  if (has_failed()) return;
  const int code = PQsendQueryPrepared(connection_, prepared.name.c_str(), parameters.count(),
                                       parameters.values(), parameters.lengths(), parameters.formats(), 1);
  sent(code, {false, reply, nullptr, std::string(sql.substr(0, longest_doing))});
}

void PgLink::prepare(const std::shared_ptr<PgPrepared>& prepared, const std::string& sql,
                     const std::vector<Oid>& types) {
  if (has_failed()) return;
  prepared->is_there = true;
  const int code = PQsendPrepare(connection_, prepared->name.c_str(), sql.c_str(),
                                 static_cast<int>(types.size()), types.empty() ? nullptr : types.data());
  sent(code, {false, nullptr, prepared, sql.substr(0, longest_doing)});
}

void PgLink::describe(const PgPrepared& prepared, PgResult* reply) {
  if (has_failed()) return;
  sent(PQsendDescribePrepared(connection_, prepared.name.c_str()), {false, reply, nullptr, {}});
}

void PgLink::mark() {
  if (lost_) return;
  sent(PQpipelineSync(connection_), {true, nullptr, nullptr, {}});
}

Result<void> PgLink::settle() {
  if (!pending_.empty() && !pending_.back().is_mark) mark();
  if (!pending_.empty()) ++round_trips_;
  settle_until(0);
  if (has_failed()) return fail(failure_.error);
  return {};
}

Result<void> PgLink::begin_rows() {
  mark();
  ++round_trips_;
  settle_until(2);
  if (has_failed()) {
    settle_until(0);
    return fail(failure_.error);
  }
  PQsetSingleRowMode(connection_);  // refused, the rows come all at once
  return {};
}

Result<bool> PgLink::next_rows(PgResult& rows) {
  rows.reset();
  while (!lost_) {
    PgResult result = next_result();
    if (result == nullptr) {
      pending_.pop_front();
      break;
    }
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK) {
      take(pending_.front(), std::move(result));
    } else if (PQntuples(result.get()) > 0) {
      rows = std::move(result);
      return true;
    }
  }
  if (has_failed()) return fail(failure_.error);
  return false;
}

/// Waits with an eye on the stop. Again and again: a cancel that comes before its statement is lost.
PgResult PgLink::next_result() {
  while (stop_.stop_possible() && PQisBusy(connection_) == 1) {
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    if (::poll(&socket, 1, stop_look_ms) != 0) {
      if (PQconsumeInput(connection_) != 1) break;
    } else if (stop_.stop_requested()) {
      cancel();
    }
  }
  return PgResult(PQgetResult(connection_));
}

/// Reads replies until so many are outstanding.
void PgLink::settle_until(std::size_t left) {
  bool answered = false;
  while (pending_.size() > left && !lost_) {
    PgResult result = next_result();
    if (result == nullptr) {
      // After each command's results there is one null; another one means that libpq has no reply for us.
      if (!answered) {
        lose(nullptr, pending_.front().doing);
        break;
      }
      pending_.pop_front();
      answered = false;
      continue;
    }
    if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
      pending_.pop_front();
      continue;
    }
    answered = true;
    take(pending_.front(), std::move(result));
  }
}

void PgLink::take(Pending& pending, PgResult result) {
  switch (PQresultStatus(result.get())) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK: {
      const std::string_view tag = PQcmdStatus(result.get());
      if (tag.starts_with("INSERT") || tag.starts_with("UPDATE") || tag.starts_with("DELETE")) {
        const std::string_view count = PQcmdTuples(result.get());
        changes_ = 0;
        std::from_chars(count.data(), count.data() + count.size(), changes_);
      }
      if (pending.reply != nullptr) *pending.reply = std::move(result);
      return;
    }
    case PGRES_SINGLE_TUPLE:  // of a stream that nobody reads any more
      return;
    case PGRES_PIPELINE_ABORTED:
      if (pending.prepared) pending.prepared->is_there = false;
      return;
    default:
      break;
  }
  if (pending.prepared) pending.prepared->is_there = false;
  if (PQstatus(connection_) == CONNECTION_BAD) {
    lose(result.get(), pending.doing);
  } else {
    fail_with(pg_failure(connection_, result.get(), place_, pending.doing));
  }
}

/// Nothing that was sent will be answered any more.
void PgLink::lose(const PGresult* result, std::string_view doing) {
  // Without a result libpq's words are about the socket, whatever it thinks of the connection's state.
  PgFailure failure = result != nullptr ? pg_failure(connection_, result, place_, doing)
                                        : pg_failure({}, PQerrorMessage(connection_), place_, doing);
  failure.trouble = PgTrouble::lost;
  fail_with(std::move(failure));
  lost_ = true;
  pending_.clear();
}

Result<void> PgLink::run_script(std::string_view script) {
  OMNICRM_TRY(settle());
  const std::string text(script);
  if (PQexitPipelineMode(connection_) != 1) {
    return failure(ErrorCode::internal, place_.name + ": a reply is outstanding");
  }
  Pending pending{false, nullptr, nullptr, text.substr(0, longest_doing)};
  if (PQsendQuery(connection_, text.c_str()) == 1) {
    while (PGresult* next = PQgetResult(connection_)) take(pending, PgResult(next));
  } else {
    lose(nullptr, pending.doing);
  }
  if (!lost_ && PQenterPipelineMode(connection_) != 1) lose(nullptr, pending.doing);
  if (has_failed()) return fail(failure_.error);
  return {};
}

bool PgLink::is_readable() const noexcept {
  pollfd socket{PQsocket(connection_), POLLIN, 0};
  return socket.fd < 0 || ::poll(&socket, 1, 0) != 0;
}

void PgLink::cancel() noexcept {
  if (cancel_ == nullptr) return;
  std::array<char, 256> reason{};
  PQcancel(cancel_, reason.data(), static_cast<int>(reason.size()));
}

}  // namespace omnicrm::storage
