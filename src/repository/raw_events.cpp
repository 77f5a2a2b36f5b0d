#include "repository/raw_events.hpp"

#include <algorithm>

#include "core/base64.hpp"
#include "core/errors.hpp"
#include "core/zstd.hpp"
#include "model/json.hpp"
#include "model/json_list.hpp"
#include "model/reflect.hpp"
#include "repository/batch_changes.hpp"
#include "repository/dialect.hpp"
#include "repository/parameter_list.hpp"
#include "repository/row.hpp"
#include "repository/tables.hpp"
#include "storage/query.hpp"

namespace omnicrm::repository {
namespace {

// No item is kept above its cap (SyncSource::max_item_bytes); this only bounds what a damaged row can cost.
constexpr std::size_t payload_cap = std::size_t{1} << 30;

std::string_view as_text(std::span<const std::byte> blob) {
  return {reinterpret_cast<const char*>(blob.data()), blob.size()};
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Reads rows of "<columns of RawEvent>, payload".
Result<std::vector<StoredItem>> read_items(storage::Query& rows) {
  std::vector<StoredItem> items;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return items;
    StoredItem item;
    OMNICRM_ASSIGN(item.event, read_row<RawEvent>(rows.statement(), 0));
    const auto payload = rows.statement().get_blob(static_cast<int>(column_count<RawEvent>));
    if (!payload.empty()) {
      OMNICRM_ASSIGN(item.payload, zstd::decompress(as_text(payload), payload_cap));
    }
    items.push_back(std::move(item));
  }
}

const std::string& select_items() {
  static const std::string sql =
      "SELECT " + std::string(column_list<RawEvent>()) +
      ", (SELECT p.payload FROM raw_payloads p WHERE p.user_id = raw_events.user_id AND p.seq = "
      "raw_events.seq) FROM raw_events ";
  return sql;
}

/// Puts the bytes of an item in the place of those that are there; none takes them away.
Result<void> store_payload(storage::Connection& connection, UserId user, RawEventId id,
                           std::string_view compressed) {
  if (compressed.empty()) {
    return storage::run(connection,
                        "DELETE FROM raw_payloads WHERE user_id = ?1 AND seq = "
                        "(SELECT seq FROM raw_events WHERE user_id = ?1 AND id = ?2)",
                        user, id);
  }
  OMNICRM_ASSIGN(const std::int64_t replaced,
                 storage::execute(connection,
                                  "UPDATE raw_payloads SET payload = ?3 WHERE user_id = ?1 AND seq = "
                                  "(SELECT seq FROM raw_events WHERE user_id = ?1 AND id = ?2)",
                                  user, id, as_bytes(compressed)));
  if (replaced > 0) return {};
  return storage::run(connection,
                      "INSERT INTO raw_payloads (seq, user_id, payload) "
                      "SELECT seq, user_id, ?3 FROM raw_events WHERE user_id = ?1 AND id = ?2",
                      user, id, as_bytes(compressed));
}

/// Numbers for new rows, from one question.
class NextNumbers {
 public:
  Result<void> ask(storage::Connection& connection, std::size_t count) {
    OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, dialect_of(connection).next_raw_events, count));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) return {};
      numbers_.push_back(rows.get<std::int64_t>(0));
    }
  }
  std::int64_t take() { return last_ = given_ < numbers_.size() ? numbers_[given_++] : last_ + 1; }

 private:
  std::vector<std::int64_t> numbers_;
  std::size_t given_ = 0;
  std::int64_t last_ = 0;
};

constexpr std::string_view event_columns[] = {
    "seq",       "user_id",      "id",   "connection_id", "service", "source_id",          "state",
    "reason",    "content_type", "size", "content_hash",  "origin",  "normalizer_version", "batch_id",
    "created_at"};
constexpr std::string_view payload_columns[] = {"seq", "user_id", "payload"};

/// A row and its bytes, to be sent with others.
Result<void> insert_event(storage::Statement& statement, UserId user, std::int64_t seq,
                          const RawEvent& event) {
  const std::string_view state = enum_name(event.state);
  int at = 0;
  const auto bind = [&](const auto& value) { storage::bind_value(statement, at++, value); };
  bind(seq), bind(user), bind(event.id), bind(event.connection_id), bind(event.service),
      bind(event.source_id);
  bind(state), bind(event.reason), bind(event.content_type), bind(event.size), bind(event.content_hash);
  bind(event.origin), bind(event.normalizer_version), bind(event.batch_id), bind(event.created_at);
  OMNICRM_TRY(statement.step());
  statement.reset();
  return {};
}

Result<void> insert_payload(storage::Statement& statement, UserId user, std::int64_t seq,
                            std::string_view compressed) {
  storage::bind_value(statement, 0, seq);
  storage::bind_value(statement, 1, user);
  storage::bind_value(statement, 2, as_bytes(compressed));
  OMNICRM_TRY(statement.step());
  statement.reset();
  return {};
}

/// What names an item among a user's.
std::string source_key(ConnectionId connection, std::string_view service, std::string_view source_id) {
  return connection.to_string() + std::string(service) + '\n' + std::string(source_id);
}

std::string revision_of(const RawEvent& event) {
  const auto fields = json_object_fields(event.origin.text, "origin");
  if (!fields) return {};
  for (const auto& [name, value] : *fields) {
    if (name == "revision") return json_to_text(value, name).value_or(std::string());
  }
  return {};
}

}  // namespace

bool takes_place(const RawEvent& item, const RawEvent& known) {
  if (item.state != RawEventState::pending) return false;
  if (known.content_hash.empty()) return true;
  if (item.service == "mail" || item.content_hash == known.content_hash) return false;
  const std::string revision = revision_of(item);
  return revision.empty() || revision >= revision_of(known);
}

Result<std::set<std::string>> RawEvents::known_sources(std::span<const NewItem> items) {
  std::map<std::pair<ConnectionId, std::string_view>, std::vector<std::string_view>> asked;
  for (const NewItem& item : items)
    asked[{item.event->connection_id, item.event->service}].push_back(item.event->source_id);
  const std::string sql =
      "SELECT source_id FROM raw_events WHERE user_id = ? AND connection_id = ? AND service = ? AND "
      "source_id" +
      std::string(dialect_of(connection_).in_texts);
  std::set<std::string> known;
  for (const auto& [place, names] : asked) {
    const std::string list = json_list(names);
    OMNICRM_ASSIGN(auto rows,
                   storage::Query::run(connection_, sql, unit_.user(), place.first, place.second, list));
    while (true) {
      OMNICRM_ASSIGN(const bool more, rows.next());
      if (!more) break;
      known.insert(source_key(place.first, place.second, rows.statement().get_text(0)));
    }
  }
  return known;
}

Result<std::vector<Put>> RawEvents::put(std::span<const NewItem> items) {
  OMNICRM_ASSIGN(auto known, known_sources(items));
  NextNumbers numbers;
  OMNICRM_TRY(numbers.ask(connection_, items.size()));
  OMNICRM_ASSIGN(const auto events, connection_.prepare_insert("raw_events", event_columns));
  OMNICRM_ASSIGN(const auto payloads, connection_.prepare_insert("raw_payloads", payload_columns));
  std::vector<Put> outcomes;
  outcomes.reserve(items.size());
  for (const NewItem& item : items) {
    RawEvent& event = *item.event;
    event.id = unit_.make_id<RawEventId>();
    event.batch_id = unit_.batch();
    event.created_at = unit_.now();
    if (!known.insert(source_key(event.connection_id, event.service, event.source_id)).second) {
      OMNICRM_ASSIGN(const Put put, put_again(event, item.compressed));
      outcomes.push_back(put);
      continue;
    }
    const std::int64_t seq = numbers.take();
    OMNICRM_TRY(insert_event(*events, unit_.user(), seq, event));
    if (!item.compressed.empty()) OMNICRM_TRY(insert_payload(*payloads, unit_.user(), seq, item.compressed));
    outcomes.push_back({});
  }
  return outcomes;
}

Result<Put> RawEvents::put_again(RawEvent& event, std::string_view compressed) {
  OMNICRM_ASSIGN(auto known, find(event.connection_id, event.service, event.source_id));
  if (!known) return failure(ErrorCode::internal, "raw event neither inserted nor found");
  event.id = known->id;
  const bool newer = takes_place(event, *known);
  OMNICRM_ASSIGN(const bool abandoned, is_abandoned(*known));
  if (!newer && !abandoned) return Put{.outcome = PutOutcome::known};
  const bool own = known->batch_id == unit_.batch();
  OMNICRM_ASSIGN(const std::string before, raw_event_image(connection_, unit_.user(), known->id));
  if (newer) {
    OMNICRM_TRY(storage::run(
        connection_,
        "UPDATE raw_events SET state = 'pending', reason = '', content_type = ?, size = ?, content_hash = ?, "
        "origin = ?, normalizer_version = 0 WHERE user_id = ? AND id = ?",
        event.content_type, event.size, event.content_hash, event.origin, unit_.user(), known->id));
    OMNICRM_TRY(store_payload(connection_, unit_.user(), known->id, compressed));
  }
  if (abandoned) {
    OMNICRM_TRY(storage::run(connection_, "UPDATE raw_events SET batch_id = ? WHERE user_id = ? AND id = ?",
                             *unit_.batch(), unit_.user(), known->id));
  }
  if (own) return Put{.outcome = PutOutcome::changed, .replaced = known->state};
  OMNICRM_TRY(
      record_change(connection_, unit_,
                    {.table = "raw_events", .row_id = known->id.value, .before = before, .after = "{}"}));
  return Put{.outcome = PutOutcome::changed};
}

Result<bool> RawEvents::is_abandoned(const RawEvent& known) {
  if (known.state != RawEventState::pending || !known.batch_id || known.batch_id == unit_.batch())
    return false;
  // Its own batch settles it, or another one that brought newer bytes.
  OMNICRM_ASSIGN(const auto running,
                 storage::query_one<std::int64_t>(
                     connection_,
                     "SELECT 1 FROM sync_batches WHERE user_id = ?1 AND id = ?2 AND state = 'running' "
                     "UNION ALL SELECT 1 FROM batch_changes c JOIN sync_batches b ON b.user_id = c.user_id "
                     "AND b.id = c.batch_id WHERE c.user_id = ?1 AND c.table_name = 'raw_events' "
                     "AND c.row_id = ?3 AND b.state = 'running'",
                     unit_.user(), *known.batch_id, known.id));
  return !running.has_value();
}

Result<bool> RawEvents::is_pending(const RawEvent& event) {
  OMNICRM_ASSIGN(const auto found,
                 storage::query_one<std::int64_t>(
                     connection_,
                     "SELECT 1 FROM raw_events WHERE user_id = ? AND id = ? AND state = 'pending' "
                     "AND content_hash = ?",
                     unit_.user(), event.id, event.content_hash));
  return found.has_value();
}

Result<std::vector<StoredItem>> RawEvents::pending(RawEventId from, RawEventId to) {
  static const std::string sql =
      select_items() +
      "WHERE user_id = ? AND batch_id = ? AND id BETWEEN ? AND ? AND state = 'pending' "
      "ORDER BY id";
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, sql, unit_.user(), *unit_.batch(), from, to));
  return read_items(rows);
}

Result<std::optional<StoredItem>> RawEvents::pending(RawEventId id) {
  static const std::string sql = select_items() + "WHERE user_id = ? AND id = ? AND state = 'pending'";
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, sql, unit_.user(), id));
  OMNICRM_ASSIGN(auto items, read_items(rows));
  if (items.empty()) return std::optional<StoredItem>{};
  return std::optional<StoredItem>(std::move(items.front()));
}

Result<std::vector<StoredItem>> RawEvents::series(ConnectionId connection, std::string_view service,
                                                  std::string_view series) {
  // Every source id of the series starts with its name; the prefix range may hold other series too, which the
  // caller tells apart by its normalizer's `series_length`.
  const std::string after = std::string(series) + "\U0010FFFF";
  static const std::string sql = select_items() +
                                 "WHERE user_id = ? AND connection_id = ? AND service = ? AND source_id >= ? "
                                 "AND source_id < ? ORDER BY source_id";
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection_, sql, unit_.user(), connection, service, series, after));
  return read_items(rows);
}

Result<std::optional<RawEvent>> RawEvents::find(ConnectionId connection, std::string_view service,
                                                std::string_view source_id) {
  static const std::string sql = "SELECT " + std::string(column_list<RawEvent>()) +
                                 " FROM raw_events WHERE user_id = ? AND connection_id = ? AND service = ? "
                                 "AND source_id = ?";
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection_, sql, unit_.user(), connection, service, source_id));
  OMNICRM_ASSIGN(const bool more, rows.next());
  if (!more) return std::optional<RawEvent>{};
  OMNICRM_ASSIGN(RawEvent event, read_row<RawEvent>(rows.statement(), 0));
  return std::optional<RawEvent>(std::move(event));
}

Result<std::map<std::string, RawEvent, std::less<>>> RawEvents::find(
    ConnectionId connection, std::string_view service, std::span<const std::string> source_ids) {
  std::map<std::string, RawEvent, std::less<>> found;
  if (source_ids.empty()) return found;
  const std::string sql =
      "SELECT " + std::string(column_list<RawEvent>()) +
      " FROM raw_events WHERE user_id = ? AND connection_id = ? AND service = ? AND source_id" +
      std::string(dialect_of(connection_).in_texts);
  const std::string list = json_list(source_ids);
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_, sql, unit_.user(), connection, service, list));
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return found;
    OMNICRM_ASSIGN(RawEvent event, read_row<RawEvent>(rows.statement(), 0));
    std::string source_id = event.source_id;
    found.emplace(std::move(source_id), std::move(event));
  }
}

Result<void> RawEvents::settle(RawEventId id, RawEventState state, std::string_view reason,
                               std::int64_t version) {
  OMNICRM_TRY(storage::run(connection_,
                           "UPDATE raw_events SET state = ?, reason = ?, normalizer_version = ? "
                           "WHERE user_id = ? AND id = ?",
                           enum_name(state), reason, version, unit_.user(), id));
  return {};
}

Result<void> RawEvents::settle_many(std::span<const RawEventId> ids, RawEventState state,
                                    std::string_view reason, std::int64_t version) {
  constexpr std::size_t at_once = 64;
  static const std::string sql =
      "UPDATE raw_events SET state = ?, reason = ?, normalizer_version = ? WHERE user_id = ? AND id IN " +
      parameter_list(at_once);
  while (!ids.empty()) {
    if (ids.size() == 1) return settle(ids.front(), state, reason, version);
    const auto some = ids.first(std::min(ids.size(), at_once));
    ids = ids.subspan(some.size());
    OMNICRM_ASSIGN(auto update,
                   storage::Query::run(connection_, sql, enum_name(state), reason, version, unit_.user()));
    bind_list(update.statement(), 4, at_once, some);
    OMNICRM_TRY(update.next());
  }
  return {};
}

Result<RawEventCounts> RawEvents::counts(BatchId batch) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection_,
                                                "SELECT state, COUNT(*) FROM raw_events "
                                                "WHERE user_id = ? AND batch_id = ? GROUP BY state",
                                                unit_.user(), batch));
  RawEventCounts counts;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return counts;
    const std::string state = rows.get<std::string>(0);
    const auto number = rows.get<std::int64_t>(1);
    if (state == "pending") counts.pending = number;
    if (state == "normalized") counts.normalized = number;
    if (state == "skipped") counts.skipped = number;
    if (state == "poison") counts.poison = number;
    if (state == "gone") counts.gone = number;
  }
}

Result<std::map<std::string, std::int64_t>> RawEvents::reasons(BatchId batch) {
  OMNICRM_ASSIGN(auto rows,
                 storage::Query::run(connection_,
                                     "SELECT reason, COUNT(*) FROM raw_events WHERE user_id = ? "
                                     "AND batch_id = ? AND state IN ('skipped', 'poison') GROUP BY reason",
                                     unit_.user(), batch));
  std::map<std::string, std::int64_t> reasons;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return reasons;
    const std::string reason = rows.get<std::string>(0);
    reasons[reason.substr(0, reason.find(':'))] += rows.get<std::int64_t>(1);
  }
}

// An image is the record, a line feed, and the payload in base64.
Result<std::string> raw_event_image(storage::Connection& connection, UserId user, RawEventId id) {
  static const std::string sql = select_items() + "WHERE user_id = ? AND id = ?";
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, sql, user, id));
  OMNICRM_ASSIGN(const bool more, rows.next());
  if (!more) return not_found("raw event", id.to_string());
  OMNICRM_ASSIGN(const RawEvent event, read_row<RawEvent>(rows.statement(), 0));
  const auto payload = rows.statement().get_blob(static_cast<int>(column_count<RawEvent>));
  return to_json(event) + "\n" + base64_encode(as_text(payload));
}

Result<void> restore_raw_event(storage::Connection& connection, UserId user, RawEventId id,
                               std::string_view image) {
  const std::size_t end = image.find('\n');
  if (end == std::string_view::npos)
    return failure(ErrorCode::data_loss, "the image of a raw event is broken");
  OMNICRM_ASSIGN(const RawEvent event, from_json<RawEvent>(image.substr(0, end)));
  OMNICRM_ASSIGN(const std::string payload, base64_decode(image.substr(end + 1)));
  OMNICRM_TRY(storage::run(connection,
                           "UPDATE raw_events SET state = ?, reason = ?, content_type = ?, size = ?, "
                           "content_hash = ?, origin = ?, normalizer_version = ?, batch_id = ? "
                           "WHERE user_id = ? AND id = ?",
                           enum_name(event.state), event.reason, event.content_type, event.size,
                           event.content_hash, event.origin, event.normalizer_version, event.batch_id, user,
                           id));
  return store_payload(connection, user, id, payload);
}

}  // namespace omnicrm::repository
