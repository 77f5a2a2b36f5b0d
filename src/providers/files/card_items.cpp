// The cards of a .vcf file, as items.
#include <utility>

#include "core/errors.hpp"
#include "providers/files/item_readers.hpp"
#include "providers/files/item_support.hpp"
#include "providers/files/vcard.hpp"

namespace omnicrm::files {
namespace {

class CardItems final : public sync::SourceReader {
 public:
  CardItems(VCardReader reader, FileBytes file, std::string path, std::uint64_t cap)
      : reader_(std::move(reader)), file_(std::move(file)), path_(std::move(path)), cap_(cap) {}

  Result<bool> next(sync::SourceItem& item) override {
    VCardItem card{.card = {}};
    OMNICRM_ASSIGN(const bool found, reader_.next(card));
    if (!found) return false;
    const std::uint64_t bytes = card.next - card.position;
    start_item(item, "contacts", "text/vcard");
    item.size = static_cast<std::int64_t>(bytes);
    item.next = std::to_string(card.next);
    ObjectText origin;
    origin.text("path", path_).number("position", card.position);
    if (card.card && card.card->revision) origin.text("revision", to_string(*card.card->revision));
    item.origin = origin.finish();
    OMNICRM_ASSIGN(item.payload, file_.read(card.position, card.position + std::min(bytes, cap_)));
    const std::string uid = card.card ? card.card->uid : std::string();
    item.source_id = named_id(uid, item.payload);
    if (bytes > cap_) {
      too_large(item, bytes, cap_);
    } else if (!card.card) {
      poison(item, "unreadable", card.card.error().message);
    } else {
      item.size = static_cast<std::int64_t>(item.payload.size());
    }
    return true;
  }

 private:
  VCardReader reader_;
  FileBytes file_;
  std::string path_;
  std::uint64_t cap_;
};

}  // namespace

ReaderResult card_items(const PlanFile& scope, std::string_view position, const SyncSource& source) {
  OMNICRM_ASSIGN(const std::uint64_t offset, parse_position(position));
  OMNICRM_ASSIGN(FileBytes file, FileBytes::open(scope.path));
  OMNICRM_ASSIGN(VCardReader reader, VCardReader::open(scope.path, offset));
  return std::unique_ptr<sync::SourceReader>(std::make_unique<CardItems>(
      std::move(reader), std::move(file), scope.path, static_cast<std::uint64_t>(source.max_item_bytes)));
}

}  // namespace omnicrm::files
