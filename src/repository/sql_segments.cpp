#include "repository/sql_segments.hpp"

#include "repository/audit_log.hpp"
#include "repository/contact_list.hpp"
#include "repository/contact_validation.hpp"
#include "repository/cursor.hpp"
#include "repository/row.hpp"
#include "repository/segment_filter.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view list_name = "segments.list";
constexpr std::string_view list_sql =
    select_sql<Segment, "WHERE user_id = ? AND (name, id) > (?, ?) ORDER BY name, id LIMIT ?">();
constexpr std::string_view by_name_sql = "SELECT id FROM segments WHERE user_id = ? AND name = ?";

Result<Segment> find_segment(storage::Connection& connection, const Unit& unit, SegmentId id) {
  OMNICRM_ASSIGN(auto segment, find_row<Segment>(connection, unit.user(), id));
  if (!segment) return not_found("segment", id.to_string());
  return std::move(*segment);
}

Result<void> check_segment(storage::Connection& connection, const Unit& unit, Segment& segment) {
  OMNICRM_ASSIGN(segment.name, checked_text(segment.name, "name", 200));
  if (segment.name.empty()) return invalid("name", "is empty");
  OMNICRM_TRY(compile_segment(segment.filter, unit.now(), unit.dialect()));
  OMNICRM_ASSIGN(segment.filter, checked_json(segment.filter.text, "filter"));
  OMNICRM_ASSIGN(const auto other,
                 storage::query_one<SegmentId>(connection, by_name_sql, unit.user(), segment.name));
  if (other && *other != segment.id) {
    return failure(ErrorCode::already_exists, "name: there is a segment \"" + segment.name + "\" already");
  }
  return {};
}

Result<BoundSql> condition_of(const Json& filter, const Unit& unit) {
  OMNICRM_ASSIGN(const BoundSql compiled, compile_segment(filter, unit.now(), unit.dialect()));
  BoundSql condition;
  condition.add(" AND ").add(compiled);
  return condition;
}

}  // namespace

Result<Segment> SqlSegments::create(std::string_view name, const Json& filter) {
  return unit_.write([&](storage::Connection& connection) -> Result<Segment> {
    Segment segment;
    segment.name = name;
    segment.filter = filter;
    OMNICRM_TRY(check_segment(connection, unit_, segment));
    segment.id = unit_.make_id<SegmentId>();
    segment.created_at = segment.updated_at = unit_.now();
    OMNICRM_TRY(insert_row(connection, unit_.user(), segment));
    OMNICRM_TRY(audit_change(connection, unit_, "segments.create", "segment", segment.id.to_string()));
    return segment;
  });
}

Result<Segment> SqlSegments::get(SegmentId id) {
  return unit_.read([&](storage::Connection& connection) { return find_segment(connection, unit_, id); });
}

Result<Segment> SqlSegments::update(const Segment& changed) {
  return unit_.write([&](storage::Connection& connection) -> Result<Segment> {
    OMNICRM_ASSIGN(const Segment before, find_segment(connection, unit_, changed.id));
    if (before.version != changed.version) {
      return failure(ErrorCode::conflict, "segment " + changed.id.to_string() + " changed since it was read");
    }
    Segment segment = changed;
    segment.created_at = before.created_at;
    OMNICRM_TRY(check_segment(connection, unit_, segment));
    segment.version = before.version + 1;
    segment.updated_at = unit_.now();
    OMNICRM_TRY(update_row(connection, unit_.user(), segment));
    OMNICRM_TRY(audit_change(connection, unit_, "segments.update", "segment", segment.id.to_string()));
    return segment;
  });
}

Result<void> SqlSegments::remove(SegmentId id) {
  return unit_.write([&](storage::Connection& connection) -> Result<void> {
    OMNICRM_ASSIGN(const bool gone, delete_row<Segment>(connection, unit_.user(), id));
    if (!gone) return not_found("segment", id.to_string());
    return audit_change(connection, unit_, "segments.delete", "segment", id.to_string());
  });
}

Result<Page<Segment>> SqlSegments::list(const PageRequest& page) {
  OMNICRM_TRY(check_page(page));
  std::string name;
  SegmentId last;
  if (!page.cursor.empty()) {
    OMNICRM_ASSIGN(auto keys, read_cursor<std::string, SegmentId>(list_name, page.cursor));
    std::tie(name, last) = keys;
  }
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Segment>> {
    Page<Segment> answer;
    OMNICRM_ASSIGN(answer.items,
                   list_rows<Segment>(connection, list_sql, unit_.user(), name, last, page.limit + 1));
    if (std::ssize(answer.items) > page.limit) {
      answer.items.pop_back();
      answer.next = make_cursor(list_name, answer.items.back().name, answer.items.back().id);
    }
    return answer;
  });
}

Result<Page<Contact>> SqlSegments::contacts(SegmentId id, const PageRequest& page) {
  return unit_.read([&](storage::Connection& connection) -> Result<Page<Contact>> {
    OMNICRM_ASSIGN(const Segment segment, find_segment(connection, unit_, id));
    OMNICRM_ASSIGN(const BoundSql condition, condition_of(segment.filter, unit_));
    return list_contacts(connection, unit_, condition, ContactOrder::name, page,
                         "segments.contacts\n" + id.to_string());
  });
}

Result<Page<Contact>> SqlSegments::preview(const Json& filter, const PageRequest& page) {
  OMNICRM_ASSIGN(const BoundSql condition, condition_of(filter, unit_));
  return unit_.read([&](storage::Connection& connection) {
    return list_contacts(connection, unit_, condition, ContactOrder::name, page,
                         "segments.preview\n" + filter.text);
  });
}

Result<std::int64_t> SqlSegments::count(SegmentId id) {
  return unit_.read([&](storage::Connection& connection) -> Result<std::int64_t> {
    OMNICRM_ASSIGN(const Segment segment, find_segment(connection, unit_, id));
    OMNICRM_ASSIGN(const BoundSql condition, condition_of(segment.filter, unit_));
    BoundSql sql;
    sql.add(
        "SELECT COUNT(*) FROM contacts c WHERE c.user_id = ? AND c.deleted_at IS NULL "
        "AND c.merged_into IS NULL",
        unit_.user());
    sql.add(condition);
    OMNICRM_ASSIGN(storage::Query rows, sql.run(connection));
    OMNICRM_ASSIGN(const bool found, rows.next());
    return found ? rows.get<std::int64_t>(0) : 0;
  });
}

}  // namespace omnicrm::repository
