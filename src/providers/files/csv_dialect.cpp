// Finding out how a table is written: its delimiter, its header, and what stands before it.
#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"
#include "providers/files/csv.hpp"
#include "providers/files/text_encoding.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t sample_rows = 30;
constexpr std::size_t max_preamble = 20;

using Rows = std::vector<std::vector<std::string>>;

bool is_blank(const std::vector<std::string>& row) {
  return std::all_of(row.begin(), row.end(),
                     [](const std::string& field) { return text::trim(field).empty(); });
}

/// The number of columns that most rows have, and how many rows those are.
std::pair<std::size_t, std::size_t> usual_width(const Rows& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& row : rows) {
    if (!is_blank(row)) ++counts[row.size()];
  }
  std::pair<std::size_t, std::size_t> best{0, 0};
  for (const auto& [width, count] : counts) {
    if (count > best.second || (count == best.second && width > best.first)) best = {width, count};
  }
  return best;
}

/// Values, not names: addresses, numbers, dates, links.
bool looks_like_data(std::string_view field) {
  field = text::trim(field);
  if (field.find('@') != std::string_view::npos || field.find("://") != std::string_view::npos) return true;
  if (field.size() > 100) return true;
  const auto digits = std::count_if(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits >= 4 && static_cast<std::size_t>(digits) * 2 >= field.size();
}

bool looks_like_header(const std::vector<std::string>& row) {
  std::size_t named = 0;
  for (const std::string& field : row) {
    if (looks_like_data(field)) return false;
    if (!text::trim(field).empty()) ++named;
  }
  return named * 2 >= row.size() && named > 0;
}

/// Rows that are wider than one column in the same way, the more the better; a tab or a bar is rarely chance.
char find_delimiter(std::string_view head) {
  if (text::starts_with_ignoring_case(head, "sep=") && head.size() > 4) return head[4];  // Excel
  char best = ',';
  std::size_t best_score = 0;
  for (const char candidate : {',', ';', '\t', '|'}) {
    const auto [width, count] = usual_width(split_csv(head, candidate, sample_rows));
    if (width < 2) continue;
    const std::size_t score = count * 1000 + std::min<std::size_t>(width, 999);
    if (score > best_score) {
      best_score = score;
      best = candidate;
    }
  }
  return best;
}

}  // namespace

Rows split_csv(std::string_view text, char delimiter, std::size_t limit) {
  Rows rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  bool fresh = true;
  for (std::size_t i = 0; i < text.size() && rows.size() < limit; ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        field += '"';
        ++i;
      } else if (c == '"') {
        quoted = false;
      } else {
        field += c;
      }
    } else if (c == '"' && fresh) {
      quoted = true;
      fresh = false;
    } else if (c == delimiter || c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
      row.push_back(std::move(field));
      field.clear();
      fresh = true;
      if (c == delimiter) continue;
      rows.push_back(std::move(row));
      row.clear();
    } else {
      field += c;
      fresh = false;
    }
  }
  if (rows.size() < limit && (!row.empty() || !field.empty())) {
    row.push_back(std::move(field));
    rows.push_back(std::move(row));
  }
  return rows;
}

CsvDialect detect_csv_dialect(std::string_view head, const CsvOptions& options) {
  CsvDialect out;
  out.delimiter = options.delimiter.value_or(find_delimiter(head));
  const Rows rows = split_csv(head, out.delimiter, sample_rows);
  out.columns = std::max<std::size_t>(1, usual_width(rows).first);
  std::size_t first = 0;
  // What stands before the table is narrower than it (LinkedIn: "Notes:", a sentence, a blank line).
  while (first < rows.size() && first < max_preamble &&
         (is_blank(rows[first]) || text::starts_with_ignoring_case(rows[first][0], "sep=") ||
          (out.columns > 2 && rows[first].size() * 2 < out.columns))) {
    ++first;
  }
  if (first == rows.size() || first == max_preamble) first = 0;
  // "Notes:" in a table of two columns would pass for a header.
  for (std::size_t i = first; i + 1 < rows.size() && i < max_preamble; ++i) {
    if (rows[i].size() == 1 && out.columns > 1 &&
        text::equals_ignoring_case(text::trim(rows[i][0]), "notes:")) {
      first = i + 1;
      while (first + 1 < rows.size() && (is_blank(rows[first]) || rows[first].size() < 2)) ++first;
    }
  }
  out.skip_rows = first;
  if (first < rows.size()) {
    out.columns = std::max(out.columns, rows[first].size());
    out.has_header = options.has_header.value_or(looks_like_header(rows[first]));
  }
  return out;
}

}  // namespace omnicrm::files
