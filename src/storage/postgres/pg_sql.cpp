#include "storage/postgres/pg_sql.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace omnicrm::storage {
namespace {

constexpr int most_parameters = 65'535;  // the protocol counts them in 16 bits

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The end of a quoted piece that begins at `at`; doubled quotes stand for one, and with `escapes` a
/// backslash takes the next character with it.
std::size_t after_quote(std::string_view sql, std::size_t at, bool escapes) {
  const char quote = sql[at];
  for (std::size_t i = at + 1; i < sql.size(); ++i) {
    if (escapes && sql[i] == '\\') {
      ++i;
    } else if (sql[i] == quote) {
      if (i + 1 < sql.size() && sql[i + 1] == quote) {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return sql.size();
}

std::size_t after_comment(std::string_view sql, std::size_t at) {
  if (sql[at] == '-') return std::min(sql.find('\n', at), sql.size());
  int depth = 0;  // they nest
  for (std::size_t i = at; i < sql.size();) {
    const std::string_view two = sql.substr(i, 2);
    if (two == "/*") {
      ++depth;
      i += 2;
    } else if (two == "*/") {
      i += 2;
      if (--depth == 0) return i;
    } else {
      ++i;
    }
  }
  return sql.size();
}

/// $tag$ ... $tag$; `at` itself when none begins there.
std::size_t after_dollar_quote(std::string_view sql, std::size_t at) {
  std::size_t end = at + 1;
  while (end < sql.size() && is_name(sql[end])) ++end;
  if (end >= sql.size() || sql[end] != '$') return at;
  if (end > at + 1 && sql[at + 1] >= '0' && sql[at + 1] <= '9') return at;
  const std::string_view tag = sql.substr(at, end + 1 - at);
  const auto close = sql.find(tag, end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

/// Where what begins at `at` and is not code ends (literal, quoted name, comment); `at` when it is code.
std::size_t after_text(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  const char before = at > 0 ? sql[at - 1] : ' ';
  if (c == '\'') {
    const bool escapes = (before == 'E' || before == 'e') && (at < 2 || !is_name(sql[at - 2]));
    return after_quote(sql, at, escapes);
  }
  if (c == '"') return after_quote(sql, at, false);
  const std::string_view two = sql.substr(at, 2);
  if (two == "--" || two == "/*") return after_comment(sql, at);
  if (c == '$' && !is_name(before)) return after_dollar_quote(sql, at);
  return at;
}

/// The first words in upper case, without comments.
std::string first_words(std::string_view sql, int count) {
  std::string words;
  std::size_t at = 0;
  while (count > 0 && at < sql.size()) {
    if (is_space(sql[at]) || sql[at] == '(') {
      ++at;
    } else if (sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*") {
      at = after_comment(sql, at);
    } else if (is_name(sql[at])) {
      if (!words.empty()) words += ' ';
      for (; at < sql.size() && is_name(sql[at]); ++at) {
        const char c = sql[at];
        words += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      }
      --count;
    } else {
      break;
    }
  }
  return words;
}

bool is_blank(std::string_view sql) {
  std::size_t at = 0;
  while (at < sql.size()) {
    if (is_space(sql[at]) || sql[at] == ';') {
      ++at;
      continue;
    }
    if (sql.substr(at, 2) != "--" && sql.substr(at, 2) != "/*") return false;
    at = after_comment(sql, at);
  }
  return true;
}

/// A body of work must not end the transaction it is in, nor leave anything behind on the connection.
Result<void> check_kind(std::string_view statement) {
  static constexpr std::array<std::string_view, 16> refused = {
      "BEGIN",   "START", "COMMIT", "END",     "ROLLBACK", "ABORT",      "SAVEPOINT", "RELEASE",
      "PREPARE", "SET",   "RESET",  "DISCARD", "LISTEN",   "DEALLOCATE", "COPY",      "UNLISTEN"};
  const std::string word = first_words(statement, 1);
  if (std::find(refused.begin(), refused.end(), word) == refused.end()) return {};
  if (word == "SET" && first_words(statement, 2) == "SET LOCAL") return {};
  return failure(ErrorCode::internal, fmt::format("{} cannot stand in a body of work", word));
}

}  // namespace

Result<std::vector<std::string_view>> split_script(std::string_view sql) {
  std::vector<std::string_view> statements;
  std::size_t begin = 0;
  const auto close = [&](std::size_t end) -> Result<void> {
    const std::string_view statement = sql.substr(begin, end - begin);
    begin = end + 1;
    if (is_blank(statement)) return {};
    statements.push_back(statement);
    return check_kind(statement);
  };
  for (std::size_t at = 0; at < sql.size();) {
    if (const std::size_t end = after_text(sql, at); end != at) {
      at = end;
      continue;
    }
    if (sql[at] == ';') OMNICRM_TRY(close(at));
    ++at;
  }
  if (begin < sql.size()) OMNICRM_TRY(close(sql.size()));
  return statements;
}

Result<PgSql> translate_statement(std::string_view sql) {
  OMNICRM_ASSIGN(const auto statements, split_script(sql));
  if (statements.empty()) return failure(ErrorCode::internal, "an empty SQL statement");
  if (statements.size() > 1) {
    return failure(ErrorCode::internal, fmt::format("more than one SQL statement: {}", sql.substr(0, 200)));
  }
  const std::string_view from = statements.front();
  PgSql to;
  to.text.reserve(from.size() + 16);
  for (std::size_t at = 0; at < from.size();) {
    if (const std::size_t end = after_text(from, at); end != at) {
      to.text += from.substr(at, end - at);
      at = end;
      continue;
    }
    if (from[at] != '?') {
      to.text += from[at++];
      continue;
    }
    if (at + 1 < from.size() && from[at + 1] == '?') {
      to.text += '?';
      at += 2;
      continue;
    }
    int number = to.parameters + 1;  // as SQLite counts: one more than the largest so far
    const auto read = std::from_chars(from.data() + at + 1, from.data() + from.size(), number);
    if (number < 1 || number > most_parameters) {
      return failure(ErrorCode::internal, fmt::format("no such parameter: {}", sql.substr(0, 200)));
    }
    at = static_cast<std::size_t>(read.ptr - from.data());
    if (read.ec == std::errc::invalid_argument) number = to.parameters + 1;
    to.parameters = std::max(to.parameters, number);
    to.text += fmt::format("${}", number);
  }
  return to;
}

}  // namespace omnicrm::storage
