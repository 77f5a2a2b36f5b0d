// Where items come from: the interface that files, and later Google, implement.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/model/interaction.hpp>
#include <omnicrm/model/raw_event.hpp>
#include <omnicrm/model/sync.hpp>

namespace omnicrm::sync {

/// One item as the source has it. @since 0.1
struct SourceItem {
  /// "mail", "calendar", "contacts" or "table".
  std::string service;
  /// The source's own name for it, the same at every reading.
  std::string source_id;
  /// Lower case media type.
  std::string content_type;
  /// The bytes; empty for an item that is not `pending`.
  std::string payload;
  /// Size at the source, in bytes.
  std::int64_t size = 0;
  /// A JSON object with facts beside the payload: path, position, labels. Of items that change under their
  /// name, also "revision": a text that is greater for a newer one.
  Json origin = Json::object();
  /// `pending`, or what it is from the start: `skipped` (too large) or `poison` (cannot be read).
  RawEventState state = RawEventState::pending;
  std::string reason;
  /// Where to read on after it: what `Source::read` takes. Any UTF-8 text without a NUL.
  std::string next;
};

/// What a plan wants to know about an item without keeping it. @since 0.1
struct ItemFacts {
  std::string title;
  std::optional<Timestamp> at;
  /// Labels, folders or the calendar's name.
  std::vector<std::string> labels;
  /// Everybody in it with their roles; addresses are normalized.
  std::vector<Participant> participants;
  /// Addresses the message was delivered to: the user's own, most likely.
  std::vector<std::string> delivered_to;
  bool from_list = false;       ///< List-Id, List-Unsubscribe, Precedence: bulk/list/junk
  bool auto_submitted = false;  ///< Auto-Submitted other than `no` (RFC 3834 section 5)
  /// The user sent it, as a label or folder says ("Sent").
  bool marked_sent = false;
  /// Why it makes no records ("group_card: ..."); empty when it does.
  std::string left_out;
  /// For cards and rows: the person's name and all e-mails, as participants with role `about`.
  bool is_card = false;
};

/// Reads one scope (a file, a calendar, a label) from a position on. One thread at a time. @since 0.1
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  /// The next item; false at the end. Holds one item in memory. A broken item is an item (`poison`); an error
  /// is for the scope as a whole (gone, no permission) and names it.
  virtual Result<bool> next(SourceItem& item) = 0;
};

/// A place that items come from. Thread-safe. @since 0.1
class Source {
 public:
  virtual ~Source() = default;
  /// The connection its items belong to.
  [[nodiscard]] virtual ConnectionId connection() const = 0;
  /// What there is to read, one entry a scope, in a fixed order; ignored things too, with the reason in
  /// `note`.
  virtual Result<std::vector<PlanFile>> inventory(std::stop_token stop) = 0;
  /// Opens a scope at a position (empty: its start).
  virtual Result<std::unique_ptr<SourceReader>> read(const PlanFile& scope, std::string_view position) = 0;
};

/// Makes the source that a plan asks for (`SyncSource::provider` chose the factory). Called from many threads
/// at once, for previews and for the jobs of a batch; the same `source` must give the same connection and the
/// same items. Errors: `invalid_argument` names the field of `source`. @since 0.1
using SourceFactory = std::function<Result<std::unique_ptr<Source>>(const SyncSource& source)>;

}  // namespace omnicrm::sync
