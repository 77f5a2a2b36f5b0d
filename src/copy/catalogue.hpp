// What a database says of its own tables, so that no table or column is forgotten.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/storage/storage.hpp>

#include "copy/tables.hpp"

namespace omnicrm::copy {

/// What a value is in both dialects: ids are blobs, flags integers.
enum class Kind : std::uint8_t { integer, real, text, blob, other };

struct Column {
  std::string name;
  Kind kind = Kind::other;
  /// Part of the checksum.
  bool is_counted = true;

  friend bool operator==(const Column&, const Column&) = default;
};

/// By the tables' names, columns in the order of their names. Full-text indexes are tables here.
using Catalogue = std::map<std::string, std::vector<Column>, std::less<>>;

[[nodiscard]] Result<Catalogue> read_catalogue(storage::Connection& connection);

/// The columns of a table that are copied.
[[nodiscard]] std::vector<Column> copied_columns(const Catalogue& catalogue, const CopiedTable& table);

/// Errors: `failed_precondition` names a table or column that one side lacks, holds as something else, or
/// that no copy knows.
[[nodiscard]] Result<void> compare(const Catalogue& from, const Catalogue& to);

}  // namespace omnicrm::copy
