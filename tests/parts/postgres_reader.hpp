// Looks into a database of the tests' PostgreSQL server past the library, and past row-level security.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <string>
#include <vector>

#include "parts/database_reader.hpp"

namespace omnicrm::testing {

class PostgresReader final : public DatabaseReader {
 public:
  /// Whatever role `url` names, this one connects as the superuser "omni".
  explicit PostgresReader(const std::string& url);
  ~PostgresReader() override;
  PostgresReader(const PostgresReader&) = delete;
  PostgresReader& operator=(const PostgresReader&) = delete;

  void each(const std::string& sql, const std::vector<std::string>& ids, const EachRow& row) override;
  void execute(const std::string& sql) override;
  [[nodiscard]] std::vector<std::string> tables() override;
  [[nodiscard]] std::vector<Row> schema() override;
  [[nodiscard]] std::map<std::string, std::string> text_index() override;

 private:
  PGconn* connection_ = nullptr;
};

}  // namespace omnicrm::testing
