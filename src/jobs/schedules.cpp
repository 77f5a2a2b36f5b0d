#include "jobs/schedules.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "core/base64.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "core/time_range.hpp"
#include "jobs/cron.hpp"
#include "jobs/job_row.hpp"
#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/reflect.hpp"
#include "storage/query.hpp"

namespace omnicrm::jobs {
namespace {

constexpr std::size_t longest_name = 200;
constexpr std::size_t longest_kind = 100;
constexpr std::int64_t widest_priority = 1'000'000'000;
constexpr std::int64_t most_previewed = 1'000;

#define OMNICRM_SCHEDULE_COLUMNS                                                                            \
  "user_id, id, version, name, kind, payload, cron, zone, catch_up, paused, is_unique, priority, next_at, " \
  "last_at, error, created_at, updated_at"

constexpr char insert_sql[] = "INSERT INTO schedules (" OMNICRM_SCHEDULE_COLUMNS
                              ") VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 'null', ?, ?)";
constexpr char find_sql[] = "SELECT " OMNICRM_SCHEDULE_COLUMNS " FROM schedules WHERE user_id = ? AND id = ?";
constexpr char list_sql[] =
    "SELECT " OMNICRM_SCHEDULE_COLUMNS " FROM schedules WHERE user_id = ? AND name > ? ORDER BY name LIMIT ?";
// Not next_at: a tick may have moved it on since the row was read.
constexpr char update_sql[] =
    "UPDATE schedules SET version = version + 1, name = ?, kind = ?, payload = ?, cron = ?, zone = ?, "
    "catch_up = ?, is_unique = ?, priority = ?, updated_at = ? WHERE user_id = ? AND id = ? AND version = ?";
constexpr char reckon_sql[] = "UPDATE schedules SET next_at = ? WHERE user_id = ? AND id = ? AND paused = 0";
constexpr char pause_sql[] =
    "UPDATE schedules SET version = version + 1, paused = 1, next_at = NULL, updated_at = ? "
    "WHERE user_id = ? AND id = ? AND paused = 0";
constexpr char resume_sql[] =
    "UPDATE schedules SET version = version + 1, paused = 0, next_at = ?, error = 'null', updated_at = ? "
    "WHERE user_id = ? AND id = ? AND paused = 1";
constexpr char due_sql[] = "SELECT " OMNICRM_SCHEDULE_COLUMNS
                           " FROM schedules WHERE paused = 0 AND next_at <= ? ORDER BY next_at LIMIT ?";
constexpr char ahead_sql[] = "SELECT " OMNICRM_SCHEDULE_COLUMNS
                             " FROM schedules WHERE paused = 0 AND last_at > ? ORDER BY last_at LIMIT ?";
constexpr char next_sql[] =
    "SELECT next_at FROM schedules WHERE paused = 0 AND next_at IS NOT NULL "
    "ORDER BY next_at LIMIT 1";
constexpr char advance_sql[] =
    "UPDATE schedules SET next_at = ?, last_at = ? "
    "WHERE user_id = ? AND id = ? AND paused = 0 AND version = ? AND next_at = ?";
constexpr char stop_sql[] =
    "UPDATE schedules SET version = version + 1, paused = 1, next_at = NULL, error = ?, updated_at = ? "
    "WHERE user_id = ? AND id = ? AND paused = 0 AND version = ? AND next_at = ?";

Result<ScheduleRow> read_schedule(const storage::Query& row) {
  ScheduleRow read;
  read.user = row.get<UserId>(0);
  Schedule& schedule = read.schedule;
  schedule.id = row.get<ScheduleId>(1);
  schedule.version = row.get<std::int64_t>(2);
  schedule.name = row.get<std::string>(3);
  schedule.kind = row.get<std::string>(4);
  schedule.payload = row.get<Json>(5);
  schedule.cron = row.get<std::string>(6);
  schedule.zone = row.get<std::string>(7);
  const auto catch_up = enum_from_name<CatchUp>(row.get<std::string>(8));
  if (!catch_up)
    return failure(ErrorCode::data_loss, "schedule " + schedule.id.to_string() + " has an unknown catch_up");
  schedule.catch_up = *catch_up;
  schedule.paused = row.get<bool>(9);
  schedule.unique = row.get<bool>(10);
  schedule.priority = row.get<std::int64_t>(11);
  schedule.next_at = row.get<std::optional<Timestamp>>(12);
  schedule.last_at = row.get<std::optional<Timestamp>>(13);
  schedule.error = row.get<Json>(14);
  schedule.created_at = row.get<Timestamp>(15);
  schedule.updated_at = row.get<Timestamp>(16);
  return read;
}

Result<std::vector<ScheduleRow>> read_all(storage::Query rows) {
  std::vector<ScheduleRow> all;
  while (true) {
    OMNICRM_ASSIGN(const bool more, rows.next());
    if (!more) return all;
    OMNICRM_ASSIGN(ScheduleRow row, read_schedule(rows));
    all.push_back(std::move(row));
  }
}

/// Brings a caller's fields into their form; gives what the expression means.
Result<Cron> check(storage::Connection& connection, UserId user, Schedule& schedule) {
  if (!text::is_utf8(schedule.name) || schedule.name.find('\0') != std::string::npos)
    return invalid("name", "must be UTF-8 without NUL");
  schedule.name = text::squeeze(text::normalize(schedule.name));
  if (schedule.name.empty() || schedule.name.size() > longest_name)
    return invalid("name", "must be 1 to 200 bytes");
  if (schedule.kind.empty() || schedule.kind.size() > longest_kind || !text::is_utf8(schedule.kind) ||
      schedule.kind.find('\0') != std::string::npos)
    return invalid("kind", "must be 1 to 100 bytes of UTF-8 without NUL");
  OMNICRM_ASSIGN(schedule.payload, checked_json(schedule.payload.text, "payload"));
  if (!is_json_object(schedule.payload.text)) return invalid("payload", "must be a JSON object");
  if (schedule.priority < -widest_priority || schedule.priority > widest_priority)
    return invalid("priority", "must be within 1,000,000,000 of 0");
  OMNICRM_ASSIGN(Cron cron, Cron::parse(schedule.cron, schedule.zone));
  OMNICRM_ASSIGN(const auto other, storage::query_one<ScheduleId>(
                                       connection, "SELECT id FROM schedules WHERE user_id = ? AND name = ?",
                                       user, schedule.name));
  if (other && *other != schedule.id) {
    return failure(ErrorCode::already_exists, "name: there is a schedule \"" + schedule.name + "\" already");
  }
  return cron;
}

tl::unexpected<Error> no_cursor() {
  return invalid("cursor", "is not a cursor of this list");
}

Result<std::string> read_cursor(const std::string& cursor) {
  constexpr std::string_view mark = "schedules.";
  if (!cursor.starts_with(mark)) return no_cursor();
  auto name = base64_decode(std::string_view(cursor).substr(mark.size()));
  if (!name || !text::is_utf8(*name) || name->find('\0') != std::string::npos) return no_cursor();
  return std::move(*name);
}

}  // namespace

Result<Schedule> create_schedule(storage::Connection& connection, UserId user, ScheduleId id,
                                 const Schedule& draft, Timestamp now) {
  Schedule made = draft;
  made.id = id;
  OMNICRM_ASSIGN(const Cron cron, check(connection, user, made));
  const auto next = made.paused ? std::nullopt : cron.next(now);
  OMNICRM_TRY(storage::run(connection, insert_sql, user, id, made.name, made.kind, made.payload, made.cron,
                           made.zone, enum_name(made.catch_up), made.paused, made.unique, made.priority, next,
                           now, now));
  return find_schedule(connection, user, id);
}

Result<Schedule> find_schedule(storage::Connection& connection, UserId user, ScheduleId id) {
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, find_sql, user, id));
  OMNICRM_ASSIGN(const bool found, rows.next());
  if (!found) return not_found("schedule", id.to_string());
  OMNICRM_ASSIGN(ScheduleRow row, read_schedule(rows));
  return std::move(row.schedule);
}

Result<Schedule> update_schedule(storage::Connection& connection, UserId user, const Schedule& changed,
                                 Timestamp now) {
  OMNICRM_ASSIGN(const Schedule before, find_schedule(connection, user, changed.id));
  const auto changed_since = [&] {
    return failure(ErrorCode::conflict, "schedule " + changed.id.to_string() + " changed since it was read");
  };
  if (before.version != changed.version) return changed_since();
  Schedule schedule = changed;
  OMNICRM_ASSIGN(const Cron cron, check(connection, user, schedule));
  OMNICRM_ASSIGN(const std::int64_t written,
                 storage::execute(connection, update_sql, schedule.name, schedule.kind, schedule.payload,
                                  schedule.cron, schedule.zone, enum_name(schedule.catch_up), schedule.unique,
                                  schedule.priority, now, user, schedule.id, before.version));
  if (written == 0) return changed_since();  // a tick stopped it meanwhile
  if (schedule.cron != before.cron || schedule.zone != before.zone)
    OMNICRM_TRY(storage::run(connection, reckon_sql, cron.next(now), user, schedule.id));
  return find_schedule(connection, user, schedule.id);
}

Result<void> remove_schedule(storage::Connection& connection, UserId user, ScheduleId id) {
  OMNICRM_ASSIGN(
      const std::int64_t gone,
      storage::execute(connection, "DELETE FROM schedules WHERE user_id = ? AND id = ?", user, id));
  if (gone == 0) return not_found("schedule", id.to_string());
  return {};
}

Result<Page<Schedule>> list_schedules(storage::Connection& connection, UserId user, const PageRequest& page) {
  if (page.limit < 1 || page.limit > 1'000) return invalid("limit", "must be 1 to 1,000");
  std::string after;
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(after, read_cursor(page.cursor));
  }
  OMNICRM_ASSIGN(auto rows, storage::Query::run(connection, list_sql, user, after, page.limit + 1));
  OMNICRM_ASSIGN(auto found, read_all(std::move(rows)));
  Page<Schedule> answer;
  for (ScheduleRow& row : found) {
    if (std::ssize(answer.items) == page.limit) {
      answer.next = "schedules." + base64_encode(answer.items.back().name);
      break;
    }
    answer.items.push_back(std::move(row.schedule));
  }
  return answer;
}

Result<Schedule> pause_schedule(storage::Connection& connection, UserId user, ScheduleId id, Timestamp now) {
  OMNICRM_TRY(storage::run(connection, pause_sql, now, user, id));
  return find_schedule(connection, user, id);
}

Result<Schedule> resume_schedule(storage::Connection& connection, UserId user, ScheduleId id, Timestamp now) {
  OMNICRM_ASSIGN(const Schedule before, find_schedule(connection, user, id));
  OMNICRM_ASSIGN(const Cron cron, Cron::parse(before.cron, before.zone));
  OMNICRM_TRY(storage::run(connection, resume_sql, cron.next(now), now, user, id));
  return find_schedule(connection, user, id);
}

Result<std::vector<Timestamp>> preview_schedule(const SchedulePreview& wanted, Timestamp now) {
  if (wanted.count < 1 || wanted.count > most_previewed) return invalid("count", "must be 1 to 1,000");
  if (wanted.after && !is_writable(*wanted.after))
    return invalid("after", "must be within the years 1 to 9999");
  OMNICRM_ASSIGN(const Cron cron, Cron::parse(wanted.cron, wanted.zone));
  std::vector<Timestamp> times;
  auto next = cron.next(wanted.after.value_or(now));
  for (; next && std::ssize(times) < wanted.count; next = cron.next(*next)) times.push_back(*next);
  return times;
}

Result<std::optional<Timestamp>> next_due(storage::Connection& connection) {
  return storage::query_one<Timestamp>(connection, next_sql);
}

Result<std::vector<ScheduleRow>> due_schedules(storage::Connection& connection, Timestamp now,
                                               Timestamp ahead, std::size_t limit) {
  OMNICRM_ASSIGN(auto due, storage::Query::run(connection, due_sql, now, limit));
  OMNICRM_ASSIGN(auto all, read_all(std::move(due)));
  OMNICRM_ASSIGN(auto set_back, storage::Query::run(connection, ahead_sql, ahead, limit));
  OMNICRM_ASSIGN(auto others, read_all(std::move(set_back)));
  for (ScheduleRow& row : others)
    if (row.schedule.next_at > now) all.push_back(std::move(row));  // others are in the list already
  return all;
}

Result<bool> advance_schedule(storage::Connection& connection, const ScheduleRow& read,
                              std::optional<Timestamp> next, std::optional<Timestamp> last) {
  const Schedule& schedule = read.schedule;
  OMNICRM_ASSIGN(const std::int64_t moved, storage::execute(connection, advance_sql, next, last, read.user,
                                                            schedule.id, schedule.version, schedule.next_at));
  return moved > 0;
}

Result<bool> stop_schedule(storage::Connection& connection, const ScheduleRow& read, const Error& error,
                           Timestamp now) {
  const Schedule& schedule = read.schedule;
  const std::string text = error_json(error);
  OMNICRM_ASSIGN(const std::int64_t stopped,
                 storage::execute(connection, stop_sql, text, now, read.user, schedule.id, schedule.version,
                                  schedule.next_at));
  return stopped > 0;
}

}  // namespace omnicrm::jobs
