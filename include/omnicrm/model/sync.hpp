// Plans, batches, cursors, suppressions: what sync remembers of itself.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// Whose addresses become contacts. @since 0.1
enum class ContactPolicy {
  sent,               ///< people the user wrote to
  sent_and_received,  ///< and people who wrote to the user
  none,               ///< nobody: mail is linked to contacts that exist
};

/// @since 0.1
enum class PlanState { ready, approved, rejected };

/// What to read and by which rules. @since 0.1
struct SyncSource {
  /// "files" (later: "google"), or the name of a source that the host gave in `Options::sources`.
  std::string provider = "files";
  /// Files and folders, or an extracted Takeout archive. Absolute once planned.
  std::vector<std::string> paths = {};
  /// The user's own addresses; found in the data when empty (settings `user.addresses` come first).
  std::vector<std::string> owner_addresses = {};
  ContactPolicy contact_policy = ContactPolicy::sent;
  /// Larger items are skipped(too_large). Bytes.
  std::int64_t max_item_bytes = 25LL << 20;
  /// Instances of recurring events are made from this many days back (the default: all of them) to `future_days` ahead
  /// of the approval.
  std::int64_t past_days = 36'500;
  std::int64_t future_days = 366;
  /// IANA zone of events and dates without one.
  std::string default_zone = "UTC";
  /// A JSON object for .csv: column name -> field, over what was recognized.
  Json column_mapping = Json::object();
  /// A JSON object for a source of the host's own.
  Json options = Json::object();

  friend bool operator==(const SyncSource&, const SyncSource&) = default;
};

/// One counted thing. @since 0.1
struct CountEntry {
  std::string name;
  std::int64_t count = 0;

  friend bool operator==(const CountEntry&, const CountEntry&) = default;
};

/// A line of the preview's sample. @since 0.1
struct PlanSample {
  std::string service;
  std::string title;
  std::string who;
  std::optional<Timestamp> at;
  /// What would become of it: "import", "known", or the rule that skips it.
  std::string outcome;

  friend bool operator==(const PlanSample&, const PlanSample&) = default;
};

/// A person the plan decided on, with the rule. @since 0.1
struct PlanContact {
  std::string address;
  std::string name;
  /// "create", "match" or "skip".
  std::string decision;
  /// The rule: "wrote_to", "wrote_to_you", "card", "own_address", "role_address", "list_mail", ...
  std::string rule;
  std::int64_t messages = 0;

  friend bool operator==(const PlanContact&, const PlanContact&) = default;
};

/// A file the plan reads, and how. @since 0.1
struct PlanFile {
  std::string path;
  /// "mbox", "maildir", "eml", "ics", "vcf", "csv"; or "ignored".
  std::string format;
  std::int64_t bytes = 0;
  std::int64_t items = 0;
  /// For tables: which preset was recognized; for ignored or broken files: why.
  std::string note;
  /// For tables: column -> field.
  Json mapping = Json::object();

  friend bool operator==(const PlanFile&, const PlanFile&) = default;
};

/// What the preview found. @since 0.1
struct PlanSummary {
  std::int64_t items = 0;
  std::int64_t known_items = 0;  ///< imported before; nothing will happen to them
  std::int64_t messages = 0;
  std::int64_t events = 0;
  std::int64_t cards = 0;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  double estimated_seconds = 0;
  std::int64_t contacts_to_create = 0;
  std::int64_t contacts_to_match = 0;
  std::int64_t contacts_to_skip = 0;
  std::optional<Timestamp> first_at;
  std::optional<Timestamp> last_at;
  std::vector<std::string> owner_addresses = {};
  std::vector<CountEntry> per_day;        ///< newest 366 days that have items
  std::vector<CountEntry> per_label;      ///< labels, folders, calendars; the 100 largest
  std::vector<CountEntry> skipped_items;  ///< by reason
  std::vector<CountEntry> skipped_people; ///< addresses that do not become contacts, by rule
  std::vector<PlanFile> files;
  std::vector<PlanContact> contacts;      ///< the 100 with most messages
  std::vector<PlanSample> samples;

  friend bool operator==(const PlanSummary&, const PlanSummary&) = default;
};

/// A preview that waits for approval. @since 0.1
struct SyncPlan {
  PlanId id;
  PlanState state = PlanState::ready;
  SyncSource source;
  PlanSummary summary;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};
  std::optional<Timestamp> approved_at;

  friend bool operator==(const SyncPlan&, const SyncPlan&) = default;
};

/// @since 0.1
enum class BatchKind { import, merge };

/// @since 0.1
enum class BatchState { running, done, failed, cancelled, undoing, undone };

/// What a batch has written so far. @since 0.1
struct BatchCounts {
  std::int64_t items = 0;       ///< items read from the source
  std::int64_t normalized = 0;
  std::int64_t known = 0;       ///< were there before
  std::int64_t skipped = 0;
  std::int64_t poison = 0;
  std::int64_t interactions = 0;
  std::int64_t contacts = 0;
  std::int64_t contacts_changed = 0;
  std::int64_t organizations = 0;
  std::int64_t documents = 0;

  friend bool operator==(const BatchCounts&, const BatchCounts&) = default;
};

/// Everything one approval (or one merge) wrote, undone as a whole. @since 0.1
struct SyncBatch {
  BatchId id;
  std::optional<PlanId> plan_id;
  BatchKind kind = BatchKind::import;
  BatchState state = BatchState::running;
  /// Items the plan expects, and items that have reached a terminal state.
  std::int64_t total = 0;
  std::int64_t done = 0;
  BatchCounts counts;
  /// Skipped and poison items by reason.
  std::vector<CountEntry> reasons;
  /// Why it failed, or what it waits for.
  std::string message;
  Timestamp created_at{};
  std::optional<Timestamp> finished_at;
  std::optional<Timestamp> undone_at;

  friend bool operator==(const SyncBatch&, const SyncBatch&) = default;
};

/// How far a source has been read: committed together with what was read. @since 0.1
struct SyncCursor {
  ConnectionId connection_id;
  std::string service;
  /// The calendar, label or file.
  std::string scope;
  /// Opaque to all but the source.
  std::string position;
  std::optional<BatchId> batch_id;
  Timestamp updated_at{};

  friend bool operator==(const SyncCursor&, const SyncCursor&) = default;
};

/// What the user deleted or rejected, so that sync does not bring it back. @since 0.1
struct Suppression {
  SuppressionId id;
  /// "email", "phone", "handle" or "item".
  std::string kind;
  /// The normalized identity, or `service:source_id`.
  std::string value;
  std::string reason;
  std::optional<ContactId> contact_id;
  Timestamp created_at{};

  friend bool operator==(const Suppression&, const Suppression&) = default;
};

}  // namespace omnicrm
