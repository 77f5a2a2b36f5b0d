// From raw events to records: the interface that each format implements.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/contact.hpp>
#include <omnicrm/model/interaction.hpp>
#include <omnicrm/model/raw_event.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm::sync {

/// A raw event with its bytes. @since 0.1
struct RawItem {
  std::string_view source_id;
  std::string_view content_type;
  std::string_view payload;
  const Json* origin = nullptr;
};

/// What the rules of one plan say. @since 0.1
struct NormalizeOptions {
  /// The user's own addresses, normalized for matching.
  std::vector<std::string> owner_keys;
  std::string default_zone = "UTC";
  /// Instances of recurring events are made in this window.
  Timestamp window_start{};
  Timestamp window_end{};
};

/// An interaction with what came with it. Ids are empty. @since 0.1
struct NormalizedInteraction {
  Interaction interaction;
  std::vector<Document> documents;
  /// Which of the items given it is made from.
  std::int64_t item = 0;
};

/// A person that a card or row describes. @since 0.1
struct NormalizedContact {
  Contact contact;
  std::vector<std::string> tags;
  std::optional<Timestamp> revised_at;
  std::int64_t item = 0;
};

/// What became of the items. Deterministic: the same items give the same records, in any order. @since 0.1
struct Normalized {
  std::vector<NormalizedInteraction> interactions;
  std::vector<NormalizedContact> contacts;
  ItemFacts facts;  ///< of the first item: what the contact rules need
  RawEventState state = RawEventState::normalized;
  std::string reason;
};

/// Turns items of its content types into records. Thread-safe, keeps nothing. @since 0.1
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// Grows when the same item would give other records.
  [[nodiscard]] virtual std::int64_t version() const noexcept = 0;
  /// The media type it reads.
  [[nodiscard]] virtual std::string_view content_type() const noexcept = 0;
  /// Where the name of the series ends within a source id: items of one series (a recurring event and its
  /// exceptions) are given together. Equal to the size for items that stand alone.
  [[nodiscard]] virtual std::size_t series_length(std::string_view source_id) const noexcept {
    return source_id.size();
  }
  /// What a plan needs to know of an item; cheaper than `normalize`.
  virtual Result<ItemFacts> facts(const RawItem& item) const = 0;
  /// An error is `poison`: the item cannot be read, its message says why.
  virtual Result<Normalized> normalize(std::span<const RawItem> series, const NormalizeOptions& options) const = 0;
};

}  // namespace omnicrm::sync
