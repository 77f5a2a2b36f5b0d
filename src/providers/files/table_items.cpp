// The rows of a table, as items.
#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "providers/files/csv.hpp"
#include "providers/files/item_readers.hpp"
#include "providers/files/item_support.hpp"
#include "providers/files/table_rows.hpp"

namespace omnicrm::files {
namespace {

/// Of a row that cannot be read, this much is looked at to name it.
constexpr std::uint64_t broken_row_bytes = std::uint64_t{1} << 20;

class TableItems final : public sync::SourceReader {
 public:
  TableItems(CsvReader reader, FileBytes file, TableMapping mapping, std::string path, std::uint64_t cap)
      : reader_(std::move(reader)),
        file_(std::move(file)),
        mapping_(std::move(mapping)),
        path_(std::move(path)),
        cap_(cap) {}

  Result<bool> next(sync::SourceItem& item) override {
    CsvRow row{.fields = {}};
    OMNICRM_ASSIGN(const bool found, reader_.next(row));
    if (!found) return false;
    const std::uint64_t bytes = row.next - row.position;
    start_item(item, "table", "text/csv");
    item.size = static_cast<std::int64_t>(bytes);
    item.next = std::to_string(row.next);
    item.origin = ObjectText()
                      .text("path", path_)
                      .number("position", row.position)
                      .text("table", mapping_.preset)
                      .finish();
    if (!row.fields) {
      OMNICRM_ASSIGN(const std::string start,
                     file_.read(row.position, row.position + std::min(bytes, broken_row_bytes)));
      item.source_id = hashed_id(start);
      poison(item, "unreadable", row.fields.error().message);
      return true;
    }
    item.source_id = row_id(*row.fields);
    if (bytes > cap_) {
      too_large(item, bytes, cap_);
      return true;
    }
    item.payload = row_json(mapping_, *row.fields);
    item.size = static_cast<std::int64_t>(item.payload.size());
    return true;
  }

 private:
  /// The row itself is its name: a changed row is a new item, the same row changes nothing.
  static std::string row_id(const std::vector<std::string>& cells) {
    std::string joined;
    for (const std::string& cell : cells) joined.append(cell).append(1, '\x1f');
    return hashed_id(joined);
  }

  CsvReader reader_;
  FileBytes file_;
  TableMapping mapping_;
  std::string path_;
  std::uint64_t cap_;
};

}  // namespace

ReaderResult table_items(const PlanFile& scope, std::string_view position, const SyncSource& source) {
  OMNICRM_ASSIGN(const std::uint64_t offset, parse_position(position));
  OMNICRM_ASSIGN(FileBytes file, FileBytes::open(scope.path));
  OMNICRM_ASSIGN(TableMapping mapping, table_mapping(scope.path, scope.mapping));
  OMNICRM_ASSIGN(CsvReader reader, CsvReader::open(scope.path));
  if (offset != 0) OMNICRM_TRY(reader.resume(offset));
  return std::unique_ptr<sync::SourceReader>(
      std::make_unique<TableItems>(std::move(reader), std::move(file), std::move(mapping), scope.path,
                                   static_cast<std::uint64_t>(source.max_item_bytes)));
}

}  // namespace omnicrm::files
