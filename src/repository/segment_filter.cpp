#include "repository/segment_filter.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <string>

#include "core/errors.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/reflect.hpp"
#include "repository/contact_rows.hpp"
#include "repository/dialect.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t largest_filter = 65'536;
constexpr std::size_t most_conditions = 100;
constexpr std::size_t most_values = 100;
constexpr std::size_t longest_value = 1000;
constexpr int deepest = 8;

enum class Kind { name, text, list, choice, flag, time, count, custom };

/// What can be asked of a contact. `sql` is an expression over `c`, or over the rows of `from` for lists.
struct Field {
  std::string_view name;
  Kind kind;
  std::string_view sql;
  std::string_view from = {};
};

constexpr std::string_view email_rows =
    "contact_identities i WHERE i.user_id = c.user_id AND i.contact_id = c.id AND i.kind = 'email'";
constexpr std::string_view phone_rows =
    "contact_identities i WHERE i.user_id = c.user_id AND i.contact_id = c.id AND i.kind = 'phone'";
constexpr std::string_view tag_rows =
    "contact_tags l JOIN tags t ON t.user_id = l.user_id AND t.id = l.tag_id "
    "WHERE l.user_id = c.user_id AND l.contact_id = c.id";

constexpr Field fields[] = {
    {"display_name", Kind::name, "c.sort_name"},
    {"given_name", Kind::text, "lower(c.given_name)"},
    {"family_name", Kind::text, "lower(c.family_name)"},
    {"organization", Kind::text, "lower(c.organization)"},
    {"job_title", Kind::text, "lower(c.job_title)"},
    {"department", Kind::text, "lower(c.department)"},
    {"email", Kind::list, "i.value", email_rows},
    {"domain", Kind::list, "substr(i.value, instr(i.value, '@') + 1)", email_rows},
    {"phone", Kind::list, "i.match_key", phone_rows},
    {"tag", Kind::list, "t.sort_name", tag_rows},
    {"source", Kind::choice, "c.source"},
    {"pinned", Kind::flag, "c.pinned"},
    {"archived", Kind::flag, "c.archived"},
    {"created_at", Kind::time, "c.created_at"},
    {"updated_at", Kind::time, "c.updated_at"},
    {"last_interaction_at", Kind::time,
     "(SELECT MAX(p.occurred_at) FROM interaction_participants p WHERE p.user_id = c.user_id AND "
     "p.contact_id = c.id)"},
    {"interaction_count", Kind::count,
     "(SELECT COUNT(DISTINCT p.interaction_id) FROM interaction_participants p "
     "WHERE p.user_id = c.user_id AND p.contact_id = c.id)"},
};

enum class Op { eq, ne, contains, starts_with, in, lt, lte, gt, gte, exists };
constexpr std::array<std::string_view, 10> op_names{"eq", "ne",  "contains", "starts_with", "in",
                                                    "lt", "lte", "gt",       "gte",         "exists"};

bool allows(Kind kind, Op op) {
  const bool orders = op == Op::lt || op == Op::lte || op == Op::gt || op == Op::gte;
  switch (kind) {
    case Kind::name:
    case Kind::text:
    case Kind::list:
      return !orders;
    case Kind::choice:
      return op == Op::eq || op == Op::ne || op == Op::in;
    case Kind::flag:
      return op == Op::eq || op == Op::ne;
    case Kind::time:
      return orders || op == Op::exists;
    case Kind::count:
      return orders || op == Op::eq || op == Op::ne;
    case Kind::custom:
      return true;
  }
  return false;
}

/// "-30d", "+2h": a time that many units from now. Units: m(inutes), h, d, w.
std::optional<Timestamp> relative_time(std::string_view text, Timestamp now) {
  if (text.size() < 3 || (text[0] != '-' && text[0] != '+')) return std::nullopt;
  std::int64_t count = 0;
  const char* const last = text.data() + text.size() - 1;
  const auto parsed = std::from_chars(text.data() + 1, last, count);
  if (parsed.ec != std::errc() || parsed.ptr != last || count < 0 || count > 1'000'000) return std::nullopt;
  std::chrono::minutes unit{};
  switch (text.back()) {
    case 'm':
      unit = std::chrono::minutes(1);
      break;
    case 'h':
      unit = std::chrono::hours(1);
      break;
    case 'd':
      unit = std::chrono::days(1);
      break;
    case 'w':
      unit = std::chrono::weeks(1);
      break;
    default:
      return std::nullopt;
  }
  return now + unit * (text[0] == '-' ? -count : count);
}

class Compiler {
 public:
  Compiler(Timestamp now, storage::Dialect dialect) : now_(now), dialect_(dialect_of(dialect)) {}

  Result<BoundSql> expression(const boost::json::value& value, const std::string& place, int depth) {
    if (!value.is_object()) return invalid(place, "expected an object");
    if (depth > deepest) return invalid(place, "is nested more than 8 levels deep");
    const boost::json::object& object = value.get_object();
    if (object.if_contains("field") != nullptr) return condition(object, place);
    if (object.size() != 1) return invalid(place, "expected one of all, any, not; or field, op and value");
    const std::string key(object.begin()->key());
    const boost::json::value& inner = object.begin()->value();
    if (key == "all") return several(inner, place + ".all", " AND ", depth);
    if (key == "any") return several(inner, place + ".any", " OR ", depth);
    if (key != "not")
      return invalid(place + '.' + key, "is not known; use all, any, not, or field, op and value");
    OMNICRM_ASSIGN(const BoundSql negated, expression(inner, place + ".not", depth + 1));
    BoundSql sql;
    sql.add("(NOT ").add(negated).add(")");
    return sql;
  }

 private:
  Result<BoundSql> several(const boost::json::value& list, const std::string& place, std::string_view joint,
                           int depth) {
    if (!list.is_array() || list.get_array().empty())
      return invalid(place, "expected a list of one or more filters");
    BoundSql sql;
    sql.add("(");
    for (std::size_t i = 0; i < list.get_array().size(); ++i) {
      OMNICRM_ASSIGN(const BoundSql part,
                     expression(list.get_array()[i], place + '[' + std::to_string(i) + ']', depth + 1));
      if (i > 0) sql.add(joint);
      sql.add(part);
    }
    sql.add(")");
    return sql;
  }

  Result<BoundSql> condition(const boost::json::object& object, const std::string& place) {
    if (++conditions_ > most_conditions) return invalid(place, "is one condition more than 100");
    const boost::json::value* value = nullptr;
    std::optional<Op> op;
    std::string name;
    for (const auto& [key, entry] : object) {
      if (key == "field" && entry.is_string()) {
        name = std::string(entry.get_string());
      } else if (key == "op" && entry.is_string()) {
        const auto found = std::find(op_names.begin(), op_names.end(), std::string_view(entry.get_string()));
        if (found == op_names.end()) {
          return invalid(place + ".op",
                         "must be eq, ne, contains, starts_with, in, lt, lte, gt, gte or exists");
        }
        op = static_cast<Op>(found - op_names.begin());
      } else if (key == "value") {
        value = &entry;
      } else {
        return invalid(place + '.' + std::string(key), "is not known, or not text");
      }
    }
    if (!op) return invalid(place + ".op", "is missing");
    if (name.starts_with("custom.")) return custom(name.substr(7), *op, value, place);
    const auto field =
        std::find_if(std::begin(fields), std::end(fields), [&](const Field& f) { return f.name == name; });
    if (field == std::end(fields)) return invalid(place + ".field", "there is no field \"" + name + '"');
    if (!allows(field->kind, *op)) {
      return invalid(place + ".op",
                     std::string(op_names[static_cast<std::size_t>(*op)]) + " does not go with " + name);
    }
    return of_field(*field, *op, value, place);
  }

  Result<BoundSql> of_field(const Field& field, Op op, const boost::json::value* value,
                            const std::string& place) {
    BoundSql left;
    left.add(field.sql);
    if (field.kind != Kind::list) {
      if (op == Op::exists) return existence(left, value, place);
      return compared(field, left, op, value, place);
    }
    // A list matches when one of its entries does; `ne` when none is equal.
    const bool negative = op == Op::ne;
    BoundSql sql;
    if (op == Op::exists) {
      OMNICRM_ASSIGN(const bool wanted, flag(value, place));
      sql.add(wanted ? "(EXISTS (SELECT 1 FROM " : "(NOT EXISTS (SELECT 1 FROM ").add(field.from).add("))");
      return sql;
    }
    OMNICRM_ASSIGN(const BoundSql entry, compared(field, left, negative ? Op::eq : op, value, place));
    sql.add(negative ? "(NOT EXISTS (SELECT 1 FROM " : "(EXISTS (SELECT 1 FROM ").add(field.from);
    sql.add(" AND ").add(entry).add("))");
    return sql;
  }

  Result<BoundSql> custom(const std::string& name, Op op, const boost::json::value* value,
                          const std::string& place) {
    const bool is_name = std::none_of(name.begin(), name.end(), [](char c) {
      return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    });
    if (name.empty() || name.size() > 100 || !is_name) {
      return invalid(place + ".field", "is not the name of a custom field");
    }
    if (op == Op::exists) return existence(dialect_.custom_value(name, CustomKind::anything), value, place);
    if (value == nullptr) return invalid(place + ".value", "is missing");
    const bool is_list = value->is_array() && !value->get_array().empty();
    const CustomKind kind = kind_of(is_list ? value->get_array().front() : *value);
    if (kind != CustomKind::text && (op == Op::contains || op == Op::starts_with))
      return invalid(place + ".value", "must be text");
    if (is_list) {
      for (const boost::json::value& each : value->get_array())
        if (kind_of(each) != kind) return invalid(place + ".value", "holds values of several kinds");
    }
    return compared(Field{"custom", Kind::custom, {}}, dialect_.custom_value(name, kind), op, value, place);
  }

  /// Like is compared with like.
  static CustomKind kind_of(const boost::json::value& value) {
    if (value.is_bool()) return CustomKind::flag;
    return value.is_number() ? CustomKind::number : CustomKind::text;
  }

  static Result<bool> flag(const boost::json::value* value, const std::string& place) {
    if (value == nullptr) return true;
    if (!value->is_bool()) return invalid(place + ".value", "must be true or false");
    return value->get_bool();
  }

  static Result<BoundSql> existence(const BoundSql& left, const boost::json::value* value,
                                    const std::string& place) {
    OMNICRM_ASSIGN(const bool wanted, flag(value, place));
    BoundSql sql;
    sql.add(wanted ? "(COALESCE(CAST(" : "(NOT COALESCE(CAST(").add(left).add(" AS TEXT) <> '', FALSE))");
    return sql;
  }

  Result<BoundSql> compared(const Field& field, const BoundSql& left, Op op, const boost::json::value* value,
                            const std::string& place) {
    const std::string value_place = place + ".value";
    if (value == nullptr) return invalid(value_place, "is missing");
    BoundSql sql;
    if (op == Op::in) {
      if (!value->is_array() || value->get_array().empty() || value->get_array().size() > most_values) {
        return invalid(value_place, "must be a list of 1 to 100 values");
      }
      sql.add("(COALESCE(").add(left).add(" IN (");
      for (std::size_t i = 0; i < value->get_array().size(); ++i) {
        OMNICRM_ASSIGN(const BoundSql right,
                       bound(field, op, value->get_array()[i], value_place + '[' + std::to_string(i) + ']'));
        if (i > 0) sql.add(", ");
        sql.add(right);
      }
      sql.add("), FALSE))");
      return sql;
    }
    OMNICRM_ASSIGN(const BoundSql right, bound(field, op, *value, value_place));
    sql.add(op == Op::ne ? "(NOT COALESCE(" : "(COALESCE(");
    switch (op) {
      case Op::contains:
        sql.add("instr(").add(left).add(", ").add(right).add(") > 0");
        break;
      case Op::starts_with:
        sql.add("substr(").add(left).add(", 1, length(").add(right).add(")) = ").add(right);
        break;
      case Op::lt:
        sql.add(left).add(" < ").add(right);
        break;
      case Op::lte:
        sql.add(left).add(" <= ").add(right);
        break;
      case Op::gt:
        sql.add(left).add(" > ").add(right);
        break;
      case Op::gte:
        sql.add(left).add(" >= ").add(right);
        break;
      default:
        sql.add(left).add(" = ").add(right);
    }
    // A domain means its sub-domains too.
    if (field.name == "domain" && op == Op::eq) {
      sql.add(" OR substr(").add(left).add(", length(").add(left).add(") - length(").add(right);
      sql.add(")) = '.' || ").add(right);
    }
    sql.add(", FALSE))");
    return sql;
  }

  /// The value as a bound parameter, in the form in which the field is compared.
  Result<BoundSql> bound(const Field& field, Op op, const boost::json::value& value,
                         const std::string& place) {
    BoundSql sql;
    switch (field.kind) {
      case Kind::flag:
        if (!value.is_bool()) return invalid(place, "must be true or false");
        return sql.add("?", value.get_bool());
      case Kind::count:
        return number(value, place);
      case Kind::time: {
        OMNICRM_ASSIGN(const Timestamp at, time(value, place));
        return sql.add("?", at);
      }
      case Kind::custom:
        if (value.is_bool()) return sql.add("?", value.get_bool());
        if (value.is_number()) return number(value, place);
        break;
      default:
        break;
    }
    OMNICRM_ASSIGN(const std::string text, text_value(value, place));
    if (field.kind == Kind::custom) return sql.add("?", text);
    if (field.kind == Kind::choice) {
      if (!enum_from_name<Origin>(text)) return invalid(place, "must be one of " + enum_list<Origin>());
      return sql.add("?", text);
    }
    if (field.kind == Kind::text || field.name == "email" || field.name == "domain") {
      return sql.add("?", text::lower_ascii(text));
    }
    if (field.name != "phone") return sql.add("?", sort_name(text));
    if (op == Op::contains || op == Op::starts_with) return sql.add("?", text);
    const auto digits = normalize_phone(text);
    if (!digits) return invalid(place, "is not a telephone number");
    return sql.add("?", *digits);
  }

  static Result<BoundSql> number(const boost::json::value& value, const std::string& place) {
    BoundSql sql;
    if (value.is_int64()) return sql.add("?", value.get_int64());
    if (value.is_double()) return sql.add("CAST(? AS DOUBLE PRECISION)", value.get_double());
    return invalid(place, "must be a number");
  }

  Result<Timestamp> time(const boost::json::value& value, const std::string& place) const {
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      if (const auto relative = relative_time(text, now_)) return *relative;
      if (const auto absolute = parse_timestamp(text)) return *absolute;
    }
    return invalid(place,
                   "must be a time such as 2026-01-31T09:00:00Z, 2026-01-31 or -30d (units m, h, d, w)");
  }

  static Result<std::string> text_value(const boost::json::value& value, const std::string& place) {
    if (!value.is_string()) return invalid(place, "must be text");
    if (value.get_string().size() > longest_value) return invalid(place, "is over 1,000 bytes");
    if (value.get_string().empty()) return invalid(place, "is empty; use exists");
    if (value.get_string().find('\0') != std::string_view::npos) return invalid(place, "holds a NUL");
    return std::string(value.get_string());
  }

  Timestamp now_;
  const RepositoryDialect& dialect_;
  std::size_t conditions_ = 0;
};

}  // namespace

Result<BoundSql> compile_segment(const Json& filter, Timestamp now, storage::Dialect dialect) {
  if (filter.text.size() > largest_filter) return invalid("filter", "is over 64 KiB");
  OMNICRM_TRY(checked_json(filter.text, "filter"));
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(filter.text, error);
  if (error) return invalid("filter", "is not JSON");
  if (value.is_object() && value.get_object().empty()) {
    BoundSql everybody;
    everybody.add("(TRUE)");
    return everybody;
  }
  return Compiler(now, dialect).expression(value, "filter", 1);
}

}  // namespace omnicrm::repository
