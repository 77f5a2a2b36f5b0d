#include "context.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "output.hpp"

namespace cli {
namespace {

namespace fs = std::filesystem;

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void make_folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (folder.empty() || fs::exists(folder, error)) return;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    throw failure(storage_unavailable, omnicrm::ErrorCode::permission_denied,
                  "cannot make the folder " + folder.string() + ": " + error.message(),
                  "name another file: --db PATH");
  }
}

}  // namespace

Exit exit_of(omnicrm::ErrorCode code) {
  using omnicrm::ErrorCode;
  switch (code) {
    case ErrorCode::invalid_argument:
      return wrong_usage;
    case ErrorCode::not_found:
      return not_found;
    case ErrorCode::already_exists:
    case ErrorCode::conflict:
    case ErrorCode::failed_precondition:
    case ErrorCode::permission_denied:
      return refused;
    case ErrorCode::unavailable:
    case ErrorCode::resource_exhausted:
    case ErrorCode::data_loss:
      return storage_unavailable;
    case ErrorCode::cancelled:
      return interrupted;
    case ErrorCode::deadline_exceeded:
    case ErrorCode::unsupported:
    case ErrorCode::internal:
      return failed;
  }
  return failed;
}

Failure failure(Exit exit, omnicrm::ErrorCode code, std::string message, std::string hint) {
  return {.error = {.code = code, .message = std::move(message), .details = {}},
          .exit = exit,
          .hint = std::move(hint)};
}

std::string default_database() {
  if (std::string named = from_environment("OMNICRM_DB"); !named.empty()) return named;
  std::string data = from_environment("XDG_DATA_HOME");
  if (data.empty()) {
    const std::string home = from_environment("HOME");
    if (home.empty()) return "omnicrm.db";
    data = home + "/.local/share";
  }
  return data + "/omnicrm/omnicrm.db";
}

std::string default_options_file() {
  return from_environment("OMNICRM_OPTIONS");
}

std::string default_user() {
  std::string named = from_environment("OMNICRM_USER");
  return named.empty() ? "me" : named;
}

bool is_server(std::string_view db) {
  return db.starts_with("postgresql://") || db.starts_with("postgres://");
}

std::string shown(const std::string& db) {
  if (!is_server(db)) return db;
  // postgresql://user:password@host/database?key=value&... Of what is written wrongly, rather too little is
  // shown.
  const std::size_t from = db.find("//") + 2;
  const std::size_t query = std::min(db.find('?', from), db.size());
  std::string text = db.substr(0, query);
  const std::size_t at = text.rfind('@');
  const std::size_t colon = text.find(':', from);
  if (at != std::string::npos && colon < at) text.replace(colon + 1, at - colon - 1, "***");
  char mark = '?';
  for (std::size_t place = query + 1; place < db.size();) {
    const std::size_t end = std::min(db.find('&', place), db.size());
    const std::string_view pair = std::string_view(db).substr(place, end - place);
    const std::string_view key = pair.substr(0, pair.find('='));
    if (key == "host" || key == "hostaddr" || key == "port" || key == "dbname" || key == "user" ||
        key == "sslmode") {
      text.append(1, std::exchange(mark, '&')).append(pair);
    }
    place = end + 1;
  }
  return text;
}

void Context::require_database() const {
  std::error_code error;
  if (is_server(db) || db == ":memory:" || fs::exists(db, error)) return;
  throw failure(not_found, omnicrm::ErrorCode::not_found, "there is no database at " + db + " yet",
                "start with: omnicrm import PATH   (or name the file: --db PATH)");
}

void Context::make_folder() const {
  if (!is_server(db) && db == default_database()) make_folder_of(db);
}

void Context::read_options(bool db_is_named) {
  // Somebody waits at the terminal: a server that restarts is waited for, but not as long as a service would.
  options_.postgres.acquire_timeout = std::chrono::seconds(3);
  if (options_file.empty()) return;
  std::ifstream file(options_file, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument,
                  "cannot read the options in " + options_file);
  }
  auto read = omnicrm::options_from_json(text.str());
  if (!read) {
    throw failure(wrong_usage, read.error().code, options_file + ": " + read.error().message,
                  R"(such as: {"path":"postgresql://crm@host/crm","postgres":{"admin_url":"..."}})");
  }
  options_ = std::move(*read);
  if (!db_is_named && boost::json::parse(text.str()).as_object().contains("path")) db = options_.path;
}

omnicrm::Options Context::options() const {
  omnicrm::Options options = options_;
  options.path = db;
  return options;
}

omnicrm::Crm& Context::crm(bool must_exist) {
  if (crm_) return *crm_;
  if (must_exist) require_database();
  make_folder();
  auto opened = omnicrm::Crm::open(options());
  if (!opened) throw Failure{.error = opened.error(), .exit = storage_unavailable, .hint = {}};
  crm_ = std::move(*opened);
  return *crm_;
}

omnicrm::Session& Context::session(bool must_exist) {
  if (!session_) session_.emplace(must(crm(must_exist).session(user)));
  return *session_;
}

std::string Context::call(std::string_view operation, std::string_view request, bool must_exist) {
  return must(session(must_exist).call(operation, request));
}

std::string Context::call(std::string_view operation, const boost::json::object& request) {
  return call(operation, boost::json::serialize(request));
}

boost::json::object PageOptions::with(boost::json::object fields) const {
  fields["limit"] = limit;
  fields["cursor"] = cursor;
  return fields;
}

void PageOptions::add_to(CLI::App& command) {
  command.add_option("--limit", limit, "How many, 1 to 1000")->capture_default_str();
  command.add_option("--cursor", cursor, "Go on where the last list ended");
}

void say_more(const std::optional<std::string>& next) {
  if (next) note("more: --cursor " + *next);
}

}  // namespace cli
