// What every command gets: the global options and the CRM they name.
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <omnicrm/omnicrm.hpp>

#include "failure.hpp"

namespace cli {

class Context {
 public:
  std::string db;
  std::string options_file;
  std::string user;
  bool json = false;

  /// What the command line asked for; set while it is parsed, run after it.
  std::function<int()> action;

  /// Reads `options_file`, whose path `db` is then unless the command line names one (`db_is_named`).
  void read_options(bool db_is_named);
  /// What the database will be opened with, but for its path.
  [[nodiscard]] omnicrm::Options& settings() noexcept { return options_; }
  /// The library's options for `db`.
  [[nodiscard]] omnicrm::Options options() const;
  /// Fails when `db` names a file that is not there. Whether a server has the database, it says itself.
  void require_database() const;
  /// Makes the folder of the default place, when that is where `db` is.
  void make_folder() const;
  /// Opens the database once. `must_exist`: a command that only reads does not make an empty one.
  omnicrm::Crm& crm(bool must_exist = true);
  omnicrm::Session& session(bool must_exist = true);
  /// An operation of the registry on the session. Its JSON is what --json prints.
  std::string call(std::string_view operation, std::string_view request, bool must_exist = true);
  std::string call(std::string_view operation, const boost::json::object& request);

 private:
  omnicrm::Options options_;
  std::unique_ptr<omnicrm::Crm> crm_;
  std::optional<omnicrm::Session> session_;
};

/// $OMNICRM_DB, or the place the desktop keeps data in (XDG Base Directory).
[[nodiscard]] std::string default_database();
/// Whether `db` is a server's URI and no file.
[[nodiscard]] bool is_server(std::string_view db);
/// A database as it may be shown: without the password that its URI may hold.
[[nodiscard]] std::string shown(const std::string& db);
/// $OMNICRM_OPTIONS or none.
[[nodiscard]] std::string default_options_file();
/// $OMNICRM_USER or "me".
[[nodiscard]] std::string default_user();

/// Where a list starts and how long it is.
struct PageOptions {
  std::int64_t limit = 50;
  std::string cursor;

  void add_to(CLI::App& command);
  [[nodiscard]] omnicrm::PageRequest request() const { return {.limit = limit, .cursor = cursor}; }
  /// The same as the request of an operation, beside `fields`.
  [[nodiscard]] boost::json::object with(boost::json::object fields = {}) const;
};

/// Says on standard error how the list goes on.
void say_more(const std::optional<std::string>& next);

void add_import_commands(CLI::App& app, Context& context);
void add_batch_commands(CLI::App& app, Context& context);
void add_contact_commands(CLI::App& app, Context& context);
void add_duplicate_commands(CLI::App& app, Context& context);
void add_timeline_commands(CLI::App& app, Context& context);
void add_job_commands(CLI::App& app, Context& context);
void add_schedule_commands(CLI::App& app, Context& context);
void add_audit_commands(CLI::App& app, Context& context);
void add_admin_commands(CLI::App& app, Context& context);
void add_migrate_command(CLI::App& app, Context& context);
void add_copy_commands(CLI::App& app, Context& context);
void add_operation_commands(CLI::App& app, Context& context);

}  // namespace cli
