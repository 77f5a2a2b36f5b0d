#include "storage/postgres/pg_error.hpp"

#include <boost/json.hpp>
#include <utility>

#include <fmt/format.h>

namespace omnicrm::storage {
namespace {

/// A row for one SQLSTATE (five characters) or a whole class (two). PostgreSQL, appendix A.
struct Row {
  std::string_view state;
  ErrorCode code;
  std::string_view reason;
  bool retryable = false;
  bool needs_user = false;
  PgTrouble trouble = PgTrouble::statement;
};

using enum ErrorCode;

constexpr Row rows[] = {
    {"08", unavailable, "the connection failed", true, false, PgTrouble::lost},
    {"0A", unsupported, "not supported by the server"},
    {"21", internal, "refused by the server"},
    {"22", invalid_argument, "not a value of its type"},
    {"22021", invalid_argument, "text that is not UTF-8"},
    {"22023", failed_precondition, "not a setting of the server, or the database is not migrated", false,
     true},
    {"23", invalid_argument, "refused by the schema"},
    {"23001", failed_precondition, "refers to a row that is not there"},
    {"23503", failed_precondition, "refers to a row that is not there"},
    {"23505", already_exists, "already there"},
    {"23P01", already_exists, "already there"},
    {"25", internal, "wrong transaction state"},
    {"25006", unavailable, "the server is read-only", true, false},
    {"25P03", unavailable, "idle in a transaction for too long", true, false, PgTrouble::lost},
    {"28", permission_denied, "the server refused to let us in", false, true},
    {"2D", internal, "refused by the server"},
    {"3D000", not_found, "no such database", false, true},
    {"3F000", failed_precondition, "no such schema: the database is not migrated", false, true},
    {"40", unavailable, "rolled back", true, false, PgTrouble::conflict},
    {"40001", unavailable, "in conflict with another transaction", true, false, PgTrouble::conflict},
    {"40003", unavailable, "the outcome of the commit is not known", false, true, PgTrouble::lost},
    {"40P01", unavailable, "deadlock with another transaction", true, false, PgTrouble::conflict},
    {"42", internal, "refused by the server"},
    {"42501", permission_denied, "not allowed", false, true},
    {"53", resource_exhausted, "the server is out of resources", true, false},
    {"53100", resource_exhausted, "the server's disk is full", false, true},
    {"53200", resource_exhausted, "the server is out of memory", true, false},
    {"53300", unavailable, "the server has no connection left", true, false},
    {"54", resource_exhausted, "value too large"},
    {"55", failed_precondition, "wrong state"},
    {"55006", unavailable, "in use", true, false},
    {"55P03", unavailable, "locked by another transaction for too long", true, false},
    {"57014", deadline_exceeded, "took too long", true, false},
    {"57P01", unavailable, "the server shuts down", true, false, PgTrouble::lost},
    {"57P02", unavailable, "the server crashed", true, false, PgTrouble::lost},
    {"57P03", unavailable, "the server starts or stops", true, false, PgTrouble::lost},
    {"57P04", not_found, "the database was dropped", false, true, PgTrouble::lost},
    {"57P05", unavailable, "idle for too long", true, false, PgTrouble::lost},
    {"58", unavailable, "the server's system failed", true, false},
    {"58P01", data_loss, "a file of the server is missing", false, true},
    {"72", unavailable, "snapshot too old", true, false, PgTrouble::conflict},
    {"P0", failed_precondition, "refused by the schema"},
    {"XX", internal, "a bug of the server"},
    {"XX001", data_loss, "damaged table", false, true},
    {"XX002", data_loss, "damaged index", false, true},
};

constexpr Row unknown{"", internal, "refused by the server"};
constexpr Row broken{"", unavailable, "the connection broke", true, false, PgTrouble::lost};

const Row& row_of(std::string_view state) {
  if (state.empty()) return broken;
  const Row* best = &unknown;
  for (const Row& row : rows) {
    if (row.state == state) return row;
    if (row.state == state.substr(0, 2)) best = &row;
  }
  return *best;
}

std::string_view field(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

PgFailure pg_failure(std::string_view sqlstate, std::string_view message, const PgPlace& place,
                     std::string_view doing) {
  Row row = row_of(sqlstate);
  if (sqlstate == "25006" && !place.may_write) {
    row = {"", failed_precondition, "a read transaction cannot write"};
  }
  // "cached plan must not change result type", and a prepared statement that a pooler has elsewhere.
  if (sqlstate == "26000" || (sqlstate == "0A000" && message.find("cached plan") != std::string_view::npos)) {
    row = {"", unavailable, "the tables changed under a statement", true, false, PgTrouble::stale_plan};
  }
  boost::json::object details{{"path", place.name}};
  if (!sqlstate.empty()) details["sqlstate"] = sqlstate;
  std::string text = fmt::format("{}: {}: {}", place.name, row.reason, first_line(message));
  constexpr std::size_t longest_quote = 200;
  if (!doing.empty()) text += fmt::format(" [{}]", doing.substr(0, longest_quote));
  return {row.trouble, Error{.code = row.code,
                             .message = std::move(text),
                             .details = boost::json::serialize(details),
                             .retryable = row.retryable,
                             .needs_user = row.needs_user}};
}

// Only the primary message: DETAIL quotes the rows' values.
PgFailure pg_failure(const PGconn* connection, const PGresult* result, const PgPlace& place,
                     std::string_view doing) {
  const std::string_view state = result == nullptr ? std::string_view() : field(result, PG_DIAG_SQLSTATE);
  if (state.empty()) {
    const char* const said = result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(connection);
    PgFailure failure = pg_failure(state, said, place, doing);
    // libpq's own complaint about a call of ours, over a connection that is fine. (A result without a state
    // is about a reply that did not come: seen after a restart, with a connection that still called itself
    // well.)
    if (result == nullptr && PQstatus(connection) == CONNECTION_OK) {
      failure.trouble = PgTrouble::statement;
      failure.error.code = internal;
      failure.error.retryable = false;
    }
    return failure;
  }
  PgFailure failure = pg_failure(state, field(result, PG_DIAG_MESSAGE_PRIMARY), place, doing);
  // In whatever language the server says it.
  if (state == "0A000" && field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery") {
    failure.trouble = PgTrouble::stale_plan;
    failure.error.code = unavailable;
    failure.error.retryable = true;
  }
  const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == "FATAL" || severity == "PANIC") failure.trouble = PgTrouble::lost;
  const std::string_view constraint = field(result, PG_DIAG_CONSTRAINT_NAME);
  if (!constraint.empty()) {
    boost::json::object details = boost::json::parse(failure.error.details).as_object();
    details["constraint"] = constraint;
    details["table"] = field(result, PG_DIAG_TABLE_NAME);
    failure.error.details = boost::json::serialize(details);
  }
  return failure;
}

Error connect_error(std::string_view message, const PgPlace& place) {
  // "... FATAL:  28P01: password authentication failed for user ..."; of several hosts the last one counts.
  std::string_view state;
  std::string_view reason = message;
  const auto fatal = message.rfind("FATAL:");
  if (fatal != std::string_view::npos) {
    std::string_view rest = message.substr(fatal + 6);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.size() > 7 && rest[5] == ':') {
      state = rest.substr(0, 5);
      reason = rest.substr(7);
    }
  }
  if (state.empty()) {
    std::string text(reason);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    for (char& c : text) {
      if (c == '\n' || c == '\t') c = ' ';
    }
    // libpq's own refusals: of the other side's certificate, or of its having none.
    const bool is_tls =
        text.find("certificate") != std::string::npos || text.find("SSL was required") != std::string::npos;
    return Error{.code = is_tls ? permission_denied : unavailable,
                 .message = fmt::format("{}: cannot connect: {}", place.name, text),
                 .details = boost::json::serialize(boost::json::object{{"path", place.name}}),
                 .retryable = !is_tls,
                 .needs_user = is_tls};
  }
  return pg_failure(state, reason, place, {}).error;
}

}  // namespace omnicrm::storage
