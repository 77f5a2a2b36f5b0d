#include "providers/files/csv.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/text_encoding.hpp"

namespace omnicrm::files {
namespace {

constexpr std::size_t head_bytes = std::size_t{64} << 10;
constexpr std::size_t max_columns = 10'000;
constexpr std::size_t max_reread = std::size_t{64} << 20;

}  // namespace

Result<CsvReader> CsvReader::open(const std::string& path, const CsvOptions& options) {
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path));
  CsvReader reader(std::move(source), options);
  OMNICRM_TRY(reader.prepare());
  return reader;
}

Result<CsvReader> CsvReader::from_memory(std::string_view bytes, const CsvOptions& options) {
  CsvReader reader(TextSource::from_memory(bytes), options);
  reader.memory_ = bytes;
  reader.in_memory_ = true;
  OMNICRM_TRY(reader.prepare());
  return reader;
}

Result<void> CsvReader::prepare() {
  while (source_.window().size() < head_bytes) {
    OMNICRM_ASSIGN(const bool more, source_.grow());
    if (!more) break;
  }
  const CsvDialect dialect = detect_csv_dialect(source_.window().substr(0, head_bytes), options_);
  delimiter_ = dialect.delimiter;
  has_header_ = dialect.has_header;
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < dialect.skip_rows + (has_header_ ? 1 : 0); ++i) {
    OMNICRM_ASSIGN(const Scanned scanned, scan(fields));
    if (scanned.result != Scan::row) break;
    source_.consume(scanned.bytes);
    line_ += scanned.lines;
  }
  if (has_header_) {
    header_ = std::move(fields);
    for (std::string& name : header_) name = text::squeeze(name);
  }
  for (std::size_t i = header_.size(); i < dialect.columns; ++i) header_.emplace_back();
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (header_[i].empty()) header_[i] = "column " + std::to_string(i + 1);
  }
  return {};
}

Result<void> CsvReader::resume(std::uint64_t position) {
  if (in_memory_) {
    source_ = TextSource::from_memory(memory_, position);
  } else {
    OMNICRM_ASSIGN(source_, TextSource::open(source_.name(), position));
  }
  line_ = 1;
  return {};
}

namespace {

/// One row in the making. Quotes count at the start of a field only; what follows a closing quote is kept as
/// it is.
struct RowBuilder {
  enum class At { start, plain, quoted, after_quote };

  char delimiter;
  std::vector<std::string>& fields;
  std::string field;
  At at = At::start;

  void end_field() {
    if (fields.size() < max_columns) fields.push_back(to_clean_utf8(field));
    field.clear();
    at = At::start;
  }

  /// Takes a byte inside quotes; true if it takes the one behind it too.
  [[nodiscard]] bool take_quoted(char c, char after) {
    if (c != '"' || after == '"') field += c;
    if (c == '"' && after != '"') at = At::after_quote;
    return c == '"' && after == '"';
  }

  /// Takes a byte outside of quotes that is no line end; true if it opens a quote.
  [[nodiscard]] bool take_plain(char c) {
    if (c == '\r') return false;  // half of a CR LF
    if (c == delimiter) {
      end_field();
      return false;
    }
    if (c == '"' && (at == At::start || (at == At::plain && text::trim(field).empty()))) {
      field.clear();
      at = At::quoted;
      return true;
    }
    field += c;
    if (at == At::start) at = At::plain;
    return false;
  }
};

}  // namespace

/// Reads one row from the start of the window, without consuming it.
Result<CsvReader::Scanned> CsvReader::scan(std::vector<std::string>& fields) {
  fields.clear();
  Scanned out;
  RowBuilder row{delimiter_, fields, {}};
  for (std::size_t i = 0;; ++i) {
    std::string_view window = source_.window();
    if (i + 1 >= window.size()) {  // one byte ahead, for CR LF and doubled quotes
      OMNICRM_TRY(source_.grow());
      window = source_.window();
    }
    out.bytes = i;
    if (i >= window.size()) {
      if (out.first_line == 0) out.first_line = i;
      ++out.lines;
      const bool open = row.at == RowBuilder::At::quoted;
      if (i > 0 && !open) row.end_field();
      out.result = open ? Scan::unbalanced : i > 0 ? Scan::row : Scan::end;
      return out;
    }
    const char c = window[i];
    const char after = i + 1 < window.size() ? window[i + 1] : '\0';
    const bool line_end = c == '\n' || (c == '\r' && after != '\n');
    if (line_end) {
      ++out.lines;
      if (out.first_line == 0) out.first_line = i + 1;
    }
    if (row.at == RowBuilder::At::quoted) {
      if (row.take_quoted(c, after)) ++i;
    } else if (line_end) {
      row.end_field();
      out.bytes = i + 1;
      out.result = Scan::row;
      return out;
    } else if (row.take_plain(c)) {
      out.quote = i;
      out.quote_line = out.lines;
    }
    if (row.field.size() > options_.max_field_bytes || i > options_.max_row_bytes) {
      out.result = row.at == RowBuilder::At::quoted ? Scan::unbalanced : Scan::too_large;
      out.bytes = i + 1;
      return out;
    }
  }
}

/// Reads over the rest of a line that is too long to be kept.
Result<void> CsvReader::skip_line() {
  for (;;) {
    const std::string_view window = source_.window();
    const std::size_t end = window.find_first_of("\r\n");
    // A CR at the end of the window may be half of a CR LF.
    if (end != std::string_view::npos && (window[end] == '\n' || end + 1 < window.size())) {
      const bool pair = window[end] == '\r' && window[end + 1] == '\n';
      source_.consume(end + (pair ? 2 : 1));
      return {};
    }
    source_.consume(end == std::string_view::npos ? window.size() : end);
    OMNICRM_ASSIGN(const bool more, source_.grow());
    if (more) continue;
    source_.consume(source_.window().size());
    return {};
  }
}

Result<void> CsvReader::broken(const Scanned& scanned, CsvRow& row) {
  const bool unbalanced = scanned.result == Scan::unbalanced;
  const std::size_t where = unbalanced ? scanned.quote : 0;
  const std::uint64_t line = line_ + (unbalanced ? scanned.quote_line : 0);
  const std::string reason =
      unbalanced ? "a quote that opens here is not closed" : "a field or row is too long";
  row.fields = at_position(ErrorCode::invalid_argument, source_.name(), source_.position_at(where),
                           "line " + std::to_string(line) + ": " + reason);
  if (scanned.first_line == 0) {
    ++line_;
    source_.consume(scanned.bytes);
    return skip_line();
  }
  // The rest of the broken line is lost; what follows is read again as if the quote were not there.
  const bool again = reread_ <= max_reread;
  const std::size_t skip = again ? scanned.first_line : scanned.bytes;
  reread_ += scanned.bytes - skip;
  line_ += again ? 1 : scanned.lines;
  source_.consume(skip);
  return {};
}

Result<bool> CsvReader::next(CsvRow& row) {
  std::vector<std::string> fields;
  for (;;) {
    row.position = source_.position();
    row.line = line_;
    OMNICRM_ASSIGN(const Scanned scanned, scan(fields));
    if (scanned.result == Scan::end) return false;
    if (scanned.result != Scan::row) {
      OMNICRM_TRY(broken(scanned, row));
      row.next = source_.position();
      return true;
    }
    source_.consume(scanned.bytes);
    line_ += scanned.lines;
    const bool blank = std::all_of(fields.begin(), fields.end(),
                                   [](const std::string& field) { return text::trim(field).empty(); });
    if (blank) continue;
    row.next = source_.position();
    row.fields = std::move(fields);
    return true;
  }
}

}  // namespace omnicrm::files
