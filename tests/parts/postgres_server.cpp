#include "parts/postgres_server.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include <omnicrm/storage/postgres.hpp>

namespace omnicrm::testing {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void shell(const std::string& command, const std::string& log) {
  const std::string line = command + " >> " + log + " 2>&1 < /dev/null";
  if (std::system(line.c_str()) != 0) throw std::runtime_error(command + "\n" + text_of(log));  // NOLINT
}

/// The newest of Debian's versions.
std::string server_programs() {
  std::filesystem::path best;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", missing)) {
    const auto bin = entry.path() / "bin";
    if (std::filesystem::exists(bin / "initdb") && bin > best) best = bin;
  }
  if (best.empty()) throw std::runtime_error("no PostgreSQL server: apt-get install postgresql");
  return best.string();
}

/// Deletes are quicker than TRUNCATE as long as there is little to delete. The tests' own tables are in
/// `public`.
constexpr const char* empty_database = R"sql(
  SET session_replication_role = replica;
  DO $$
  DECLARE
    each RECORD;
  BEGIN
    FOR each IN SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
                WHERE relnamespace = 'omnicrm'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                AND relname <> 'schema_migrations' LOOP
      IF each.size > 262144 THEN
        EXECUTE format('TRUNCATE %s CASCADE', each.name);
      ELSE
        EXECUTE format('DELETE FROM %s', each.name);
      END IF;
    END LOOP;
    FOR each IN SELECT oid::regclass AS name FROM pg_class
                WHERE relnamespace = 'omnicrm'::regnamespace AND relkind = 'S' LOOP
      EXECUTE format('ALTER SEQUENCE %s RESTART', each.name);
    END LOOP;
    FOR each IN SELECT oid::regclass AS name FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
      EXECUTE format('DROP TABLE %s CASCADE', each.name);
    END LOOP;
  END $$)sql";

/// Waits until the test program is gone, which closes the pipe that is its standard input; then ends what
/// that program left behind. $1 is the folder, $2 the server's programs, $3... how to become the server's
/// user.
constexpr const char* keeper_script = R"sh(
  cat
  folder=$1 bin=$2
  shift 2
  cd /
  [ -f "$folder/pgbouncer.pid" ] && kill -KILL "$(cat "$folder/pgbouncer.pid")"
  "$@" "$bin/pg_ctl" -D "$folder/data" -w -t 20 -m immediate stop ||
    { pid=$(head -n 1 "$folder/data/postmaster.pid") && kill -KILL "$pid"; }
  rm -rf "$folder"
)sh";

/// The process that the test program's end cannot take along: of its own session, and nobody's child.
[[noreturn]] void become_keeper(int input, const std::string& folder, const std::string& bin, bool is_root) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  const int nowhere = ::open("/dev/null", O_RDWR);
  ::dup2(input, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  if (is_root) {
    ::execl("/bin/sh", "sh", "-c", keeper_script, "omnicrm-pg-keeper", folder.c_str(), bin.c_str(), "setpriv",
            "--reuid=nobody", "--regid=nogroup", "--clear-groups", nullptr);
  } else {
    ::execl("/bin/sh", "sh", "-c", keeper_script, "omnicrm-pg-keeper", folder.c_str(), bin.c_str(), "env",
            nullptr);
  }
  ::_exit(127);
}

}  // namespace

PostgresServer& PostgresServer::get() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : bin_(server_programs()), is_root_(::geteuid() == 0), owner_(::getpid()) {
  std::string folder = "/tmp/omnicrm-pg-XXXXXX";  // short: a socket's path has 107 bytes at the most
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  folder_ = folder;
  start_keeper();
  std::filesystem::create_directory(folder_ + "/s");
  if (is_root_) shell("chown -R nobody:nogroup " + folder_, "/dev/null");
  shell(as_server(fmt::format("{}/initdb -D {}/data -U omni -A trust -E UTF8 --locale=C.UTF-8 --no-sync",
                              bin_, folder_)),
        folder_ + "/log");
  start();
}

PostgresServer::~PostgresServer() {
  if (::getpid() != owner_) return;
  ::close(alive_);
  char nothing = 0;
  while (::read(cleaned_up_, &nothing, 1) < 0 && errno == EINTR) {
  }
  ::close(cleaned_up_);
}

void PostgresServer::start_keeper() {
  std::array<int, 2> alive{};
  std::array<int, 2> cleaned_up{};
  if (::pipe2(alive.data(), O_CLOEXEC) != 0 || ::pipe2(cleaned_up.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("no pipe for the server's keeper");
  }
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("no process for the server's keeper");
  if (child == 0) {
    ::fcntl(cleaned_up[1], F_SETFD, 0);  // open as long as the keeper runs
    become_keeper(alive[0], folder_, bin_, is_root_);
  }
  ::waitpid(child, nullptr, 0);
  ::close(alive[0]);
  ::close(cleaned_up[1]);
  alive_ = alive[1];
  cleaned_up_ = cleaned_up[0];
}

std::string PostgresServer::as_server(const std::string& command) const {
  return is_root_ ? "setpriv --reuid=nobody --regid=nogroup --clear-groups sh -c '" + command + "'" : command;
}

void PostgresServer::start() {
  const std::string command = as_server(
      fmt::format("{0}/pg_ctl -D {1}/data -w -l {1}/server.log -o \"-k {1}/s -h \\\"\\\" -c fsync=off "
                  "-c max_connections=60\" start",
                  bin_, folder_));
  // After an immediate stop the last children may still hold the shared memory.
  for (int attempt = 0;; ++attempt) {
    try {
      return shell(command, folder_ + "/log");
    } catch (const std::runtime_error&) {
      if (attempt == 20) throw;
      ::usleep(200'000);
    }
  }
}

void PostgresServer::stop(const std::string& mode) {
  shell(as_server(fmt::format("{}/pg_ctl -D {}/data -w -m {} stop", bin_, folder_, mode)), folder_ + "/log");
}

void PostgresServer::restart(const std::string& mode) {
  stop(mode);
  start();
}

void PostgresServer::run(const std::string& database, const std::string& sql) const {
  PGconn* const connection = PQconnectdb(url(database).c_str());
  PGresult* const result = PQexec(connection, sql.c_str());
  const auto status = PQresultStatus(result);
  const std::string reason = PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(sql + ": " + reason);
}

std::string PostgresServer::make_database() {
  const std::string name = fmt::format("omnicrm_{}", ++databases_);
  run("postgres", fmt::format("CREATE DATABASE {}", name));
  run(name, "CREATE SCHEMA omnicrm");
  return name;
}

std::string PostgresServer::make_migrated_database() {
  if (!spare_.empty()) {
    std::string name = std::move(spare_.back());
    spare_.pop_back();
    return name;
  }
  if (!has_template_) make_template();
  const std::string name = fmt::format("omnicrm_{}", ++databases_);
  run("postgres", fmt::format("CREATE DATABASE {} TEMPLATE omnicrm_template OWNER {}", name, owner));
  return name;
}

void PostgresServer::make_template() {
  run("postgres", fmt::format("CREATE ROLE {} LOGIN CREATEROLE", owner));
  run("postgres", fmt::format("CREATE DATABASE omnicrm_template OWNER {}", owner));
  {
    const auto storage = storage::postgres({.url = url("omnicrm_template", owner)});
    if (!storage) throw std::runtime_error(storage.error().message);
    const auto migrated = (*storage)->migrate();
    if (!migrated) throw std::runtime_error(migrated.error().message);
  }
  run("postgres", fmt::format("CREATE ROLE {} LOGIN IN ROLE omnicrm_app", application));
  // SQLite's function, which tests compare states by. Not among the library's own, which it checks.
  run("omnicrm_template",
      "CREATE FUNCTION pg_catalog.quote(anyelement) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT "
      "quote_nullable($1)'");
  has_template_ = true;
}

void PostgresServer::give_back(const std::string& database) {
  run(database, empty_database);
  spare_.push_back(database);
}

std::string PostgresServer::as_owner(const std::string& url) {
  const std::size_t from = url.find("//") + 2;
  return url.substr(0, from) + owner + url.substr(url.find('@'));
}

void PostgresServer::drop_database(const std::string& database) {
  run("postgres", fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", database));
}

std::string PostgresServer::url(const std::string& database, const std::string& role) const {
  return fmt::format("postgresql://{}@/{}?host={}/s", role, database, folder_);
}

std::string PostgresServer::bouncer_url(const std::string& database, const std::string& role) {
  if (!has_bouncer_) start_bouncer();
  return fmt::format("postgresql://{}@/{}?host={}/s&port=6432", role, database, folder_);
}

void PostgresServer::start_bouncer() {
  const std::string ini = folder_ + "/pgbouncer.ini";
  std::ofstream(ini) << fmt::format(
      "[databases]\n* = host={0}/s\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {0}/s\nlisten_port = 6432\n"
      "auth_type = trust\nauth_file = {0}/users.txt\npool_mode = transaction\ndefault_pool_size = 6\n"
      "max_client_conn = 200\nlogfile = {0}/pgbouncer.log\npidfile = {0}/pgbouncer.pid\n",
      folder_);
  std::ofstream(folder_ + "/users.txt") << "\"omni\" \"\"\n";
  if (is_root_) shell("chown nobody:nogroup " + ini + " " + folder_ + "/users.txt", "/dev/null");
  shell(as_server("/usr/sbin/pgbouncer -d " + ini), folder_ + "/log");
  has_bouncer_ = true;
  for (int look = 0; look < 100 && !std::filesystem::exists(folder_ + "/s/.s.PGSQL.6432"); ++look)
    ::usleep(20'000);
}

}  // namespace omnicrm::testing
