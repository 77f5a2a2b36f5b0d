// Which table holds which record, and what stands beside the record's own members in it.
//
// A column is named after its member. The key of every table starts with user_id, which no record carries.
#pragma once

#include <array>
#include <string_view>

#include <omnicrm/model/model.hpp>

namespace omnicrm::repository {

struct TableDefaults {
  /// The members that, with user_id, name one row.
  static constexpr auto key = std::to_array<std::string_view>({"id"});
  /// Members that live in another table.
  static constexpr std::array<std::string_view, 0> not_columns{};
  /// Columns computed by the repository, given with every insert and update, in this order.
  static constexpr std::array<std::string_view, 0> derived{};
  /// Columns computed by the repository, given at insert alone, after the derived ones.
  static constexpr std::array<std::string_view, 0> insert_only{};
};

template <class T>
struct Table;

template <>
struct Table<Contact> : TableDefaults {
  static constexpr std::string_view name = "contacts";
  static constexpr auto derived = std::to_array<std::string_view>({"sort_name"});
};

template <>
struct Table<Organization> : TableDefaults {
  static constexpr std::string_view name = "organizations";
  static constexpr auto derived = std::to_array<std::string_view>({"sort_name"});
};

template <>
struct Table<Interaction> : TableDefaults {
  static constexpr std::string_view name = "interactions";
  static constexpr auto not_columns = std::to_array<std::string_view>({"participants"});
  static constexpr auto insert_only = std::to_array<std::string_view>({"seq"});
};

/// Rows of one interaction: `ordinal` is the place in `Interaction::participants`.
template <>
struct Table<Participant> : TableDefaults {
  static constexpr std::string_view name = "interaction_participants";
  static constexpr std::array<std::string_view, 0> key{};
  static constexpr auto insert_only =
      std::to_array<std::string_view>({"interaction_id", "ordinal", "match_key", "occurred_at"});
};

template <>
struct Table<RawEvent> : TableDefaults {
  static constexpr std::string_view name = "raw_events";
};

template <>
struct Table<Document> : TableDefaults {
  static constexpr std::string_view name = "documents";
};

template <>
struct Table<Tag> : TableDefaults {
  static constexpr std::string_view name = "tags";
  static constexpr auto derived = std::to_array<std::string_view>({"sort_name"});
};

template <>
struct Table<Segment> : TableDefaults {
  static constexpr std::string_view name = "segments";
};

template <>
struct Table<Task> : TableDefaults {
  static constexpr std::string_view name = "tasks";
};

template <>
struct Table<SyncPlan> : TableDefaults {
  static constexpr std::string_view name = "sync_plans";
};

template <>
struct Table<SyncBatch> : TableDefaults {
  static constexpr std::string_view name = "sync_batches";
};

template <>
struct Table<SyncCursor> : TableDefaults {
  static constexpr std::string_view name = "sync_cursors";
  static constexpr auto key = std::to_array<std::string_view>({"connection_id", "service", "scope"});
};

template <>
struct Table<Suppression> : TableDefaults {
  static constexpr std::string_view name = "suppressions";
};

/// Append-only: a trigger refuses updates.
template <>
struct Table<AuditEntry> : TableDefaults {
  static constexpr std::string_view name = "audit_log";
  static constexpr auto key = std::to_array<std::string_view>({"sequence"});
};

/// Calls OMNICRM_TABLE(Type) for every record that has a table. Jobs have a room of their own: src/jobs.
#define OMNICRM_FOR_EACH_TABLE(OMNICRM_TABLE) \
  OMNICRM_TABLE(Contact)                      \
  OMNICRM_TABLE(Organization)                 \
  OMNICRM_TABLE(Interaction)                  \
  OMNICRM_TABLE(Participant)                  \
  OMNICRM_TABLE(RawEvent)                     \
  OMNICRM_TABLE(Document)                     \
  OMNICRM_TABLE(Tag)                          \
  OMNICRM_TABLE(Segment)                      \
  OMNICRM_TABLE(Task)                         \
  OMNICRM_TABLE(SyncPlan)                     \
  OMNICRM_TABLE(SyncBatch)                    \
  OMNICRM_TABLE(SyncCursor)                   \
  OMNICRM_TABLE(Suppression)                  \
  OMNICRM_TABLE(AuditEntry)

}  // namespace omnicrm::repository
