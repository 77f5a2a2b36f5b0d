#include "parts/postgres_replica.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

namespace omnicrm::testing {
namespace {

/// The first value, or what went wrong.
std::string ask_at(const std::string& url, const std::string& sql) {
  PGconn* const connection = PQconnectdb(url.c_str());
  PGresult* const result = PQexec(connection, sql.c_str());
  const bool is_answer = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0;
  std::string answer = is_answer ? PQgetvalue(result, 0, 0) : PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
  return answer;
}

}  // namespace

PostgresReplica::PostgresReplica(PostgresServer& primary) : primary_(primary), is_root_(::geteuid() == 0) {
  const std::string data = ask_at(primary.url("postgres"), "SHOW data_directory");
  // In the primary's folder, which is removed however this process ends.
  std::string folder = std::filesystem::path(data).parent_path().string() + "/rXXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make the folder " + folder);
  folder_ = folder;
  std::filesystem::create_directory(folder_ + "/s");
  const std::string log = folder_ + "/log";
  program_ =
      ask_at(primary.url("postgres"), "SELECT setting || '/postgres' FROM pg_config WHERE name = 'BINDIR'");
  const std::string programs = std::filesystem::path(program_).parent_path().string();
  const std::string sockets = std::filesystem::path(data).parent_path().string() + "/s";
  const std::string as_server = is_root_ ? "setpriv --reuid=nobody --regid=nogroup --clear-groups " : "";
  const std::string command =
      (is_root_ ? "chown -R nobody:nogroup " + folder_ + " && " : std::string()) +
      fmt::format("{}{}/pg_basebackup -h {} -U omni -D {}/data -R -X stream -c fast --no-sync >> {} 2>&1",
                  as_server, programs, sockets, folder_, log);
  if (std::system(command.c_str()) != 0) throw std::runtime_error("no base backup: " + command);  // NOLINT
  start();
}

PostgresReplica::~PostgresReplica() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresReplica::start() {
  const std::string data = folder_ + "/data";
  const std::string sockets = folder_ + "/s";
  const std::string log = folder_ + "/server.log";
  process_ = ::fork();
  if (process_ == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    const int to = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(to, STDOUT_FILENO);
    ::dup2(to, STDERR_FILENO);
    const std::string command = fmt::format(
        "exec setpriv {}--pdeathsig QUIT {} -D {} -k {} -c listen_addresses= -c fsync=off -c "
        "max_connections=60 "
        "-c hot_standby=on -c wal_receiver_status_interval=1s",
        is_root_ ? "--reuid=nobody --regid=nogroup --clear-groups " : "", program_, data, sockets);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  for (int look = 0; look < 600; ++look) {
    if (PQping(url("postgres").c_str()) == PQPING_OK) return;
    ::usleep(50'000);
  }
  throw std::runtime_error("the replica does not start: " + log);
}

void PostgresReplica::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGQUIT);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string PostgresReplica::url(const std::string& database, const std::string& role) const {
  return fmt::format("postgresql://{}@/{}?host={}/s", role, database, folder_);
}

std::string PostgresReplica::ask(const std::string& sql) const {
  return ask_at(url("postgres"), sql);
}

void PostgresReplica::catch_up() const {
  const std::string written = ask_at(primary_.url("postgres"), "SELECT pg_current_wal_flush_lsn()");
  for (int look = 0; look < 600; ++look) {
    if (ask("SELECT pg_last_wal_replay_lsn() >= '" + written + "'") == "t") return;
    ::usleep(20'000);
  }
  throw std::runtime_error("the replica does not catch up with " + written);
}

}  // namespace omnicrm::testing
