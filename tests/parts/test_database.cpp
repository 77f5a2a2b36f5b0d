#include "parts/test_database.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#if OMNICRM_HAVE_POSTGRES
#include "parts/postgres_server.hpp"
#endif

namespace omnicrm::testing {

bool on_postgres() {
  const char* const named = std::getenv("OMNICRM_TEST_DB");
  if (named == nullptr || std::string_view(named) == "sqlite") return false;
  if (std::string_view(named) != "postgresql" || OMNICRM_HAVE_POSTGRES == 0) {
    throw std::runtime_error("OMNICRM_TEST_DB=" + std::string(named) + ": there is no such storage here");
  }
  return true;
}

#if OMNICRM_HAVE_POSTGRES

TestDatabases::~TestDatabases() {
  try {
    for (const std::string& name : made_) PostgresServer::get().give_back(name);
  } catch (const std::exception&) {
    // The server ends with the program, and takes it along.
  }
}

std::string TestDatabases::make(const std::string& file) {
  if (!on_postgres()) return file;
  made_.push_back(PostgresServer::get().make_migrated_database());
  return PostgresServer::get().url(made_.back(), PostgresServer::application);
}

std::string TestDatabases::make_owned(const std::string& file) {
  const std::string made = make(file);
  return is_server(made) ? PostgresServer::as_owner(made) : made;
}

#else

TestDatabases::~TestDatabases() = default;

std::string TestDatabases::make_owned(const std::string& file) {
  return make(file);
}

std::string TestDatabases::make(const std::string& file) {
  static_cast<void>(on_postgres());  // says that it was asked for
  return file;
}

#endif

Options options_for(const std::string& path) {
  Options options;
  options.path = path;
  options.sqlite.full_sync = false;
#if OMNICRM_HAVE_POSTGRES
  if (is_server(path)) options.postgres.admin_url = PostgresServer::as_owner(path);
#endif
  return options;
}

std::shared_ptr<storage::Storage> storage_at(const std::string& path) {
  auto opened = open_storage(options_for(path));
  if (!opened) throw std::runtime_error(opened.error().message);
  if (const auto migrated = (*opened)->migrate(); !migrated)
    throw std::runtime_error(migrated.error().message);
  return std::move(*opened);
}

}  // namespace omnicrm::testing
