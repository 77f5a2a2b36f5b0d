// The source "files".
#include <utility>

#include <omnicrm/providers/files.hpp>

#include "core/errors.hpp"
#include "providers/files/file_inventory.hpp"
#include "providers/files/item_readers.hpp"
#include "providers/files/normalizers.hpp"
#include "providers/files/table_rows.hpp"

namespace omnicrm::files {
namespace {

/// All files of a user are one connection: the same message out of two files is one item.
ConnectionId files_connection() {
  constexpr Uuid name_space{
      {0x6f, 0x6d, 0x6e, 0x69, 0x63, 0x72, 0x5d, 0x6d, 0x8f, 0x69, 0x6c, 0x65, 0x73, 0x00, 0x00, 0x01}};
  return ConnectionId{Uuid::from_name(name_space, "files")};
}

class FileSource final : public sync::Source {
 public:
  explicit FileSource(SyncSource source) : source_(std::move(source)) {}

  [[nodiscard]] ConnectionId connection() const override { return files_connection(); }

  Result<std::vector<PlanFile>> inventory(std::stop_token stop) override {
    return inventory_files(source_, stop);
  }

  ReaderResult read(const PlanFile& scope, std::string_view position) override {
    if (scope.format == "vcf") return card_items(scope, position, source_);
    if (scope.format == "csv") return table_items(scope, position, source_);
#if OMNICRM_HAVE_ICAL
    if (scope.format == "ics") return calendar_items(scope, position, source_);
#endif
#if OMNICRM_HAVE_GMIME
    if (scope.format == "mbox" || scope.format == "maildir" || scope.format == "eml") {
      return mail_items(scope, position, source_);
    }
#endif
    return failure(ErrorCode::unsupported, scope.path + ": this build does not read '" + scope.format + "'");
  }

 private:
  const SyncSource source_;
};

}  // namespace

Result<std::unique_ptr<sync::Source>> files_source(const SyncSource& source) {
  if (source.paths.empty()) return invalid("source.paths", "names nothing to read");
  if (source.max_item_bytes <= 0) return invalid("source.max_item_bytes", "must be more than 0");
  OMNICRM_TRY(check_column_mapping(source.column_mapping));
  return std::unique_ptr<sync::Source>(std::make_unique<FileSource>(source));
}

std::vector<std::shared_ptr<const sync::Normalizer>> file_normalizers() {
  return {
#if OMNICRM_HAVE_GMIME
    mail_normalizer(),
#endif
#if OMNICRM_HAVE_ICAL
        calendar_normalizer(),
#endif
        card_normalizer(), table_normalizer()
  };
}

}  // namespace omnicrm::files
