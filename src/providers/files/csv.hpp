// Tables in text files (.csv, .tsv): RFC 4180 and what programs write in its name, row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>

#include "providers/files/text_source.hpp"

namespace omnicrm::files {

struct CsvOptions {
  std::optional<char> delimiter;   ///< else found out: comma, semicolon, tab or bar
  std::optional<bool> has_header;  ///< else found out
  std::size_t max_field_bytes = std::size_t{1} << 20;
  std::size_t max_row_bytes = std::size_t{4} << 20;
};

/// One row, or why it could not be read.
struct CsvRow {
  Result<std::vector<std::string>> fields;  ///< well-formed UTF-8 without NUL
  std::uint64_t position = 0;               ///< where it begins
  std::uint64_t next = 0;                   ///< where reading goes on: pass it to `resume`
  std::uint64_t line = 0;  ///< the first of its lines, from 1; after `resume` counted from there
};

/// Reads rows from a stream in bounded memory (one row). A byte order mark (UTF-8, UTF-16) is understood;
/// bytes that are not UTF-8 are read as windows-1252. Lines before the header ("Notes:" and what follows it
/// in LinkedIn's exports, "sep=;") are left out. A quote that never ends spoils its own line only. One thread
/// at a time.
class CsvReader {
 public:
  /// Looks at the start of the file to find delimiter and header. Errors: as the operating system says.
  [[nodiscard]] static Result<CsvReader> open(const std::string& path, const CsvOptions& options = {});
  /// `bytes` must outlive the reader.
  [[nodiscard]] static Result<CsvReader> from_memory(std::string_view bytes, const CsvOptions& options = {});

  /// Goes on at a position that an earlier run handed out as `next`.
  [[nodiscard]] Result<void> resume(std::uint64_t position);

  /// Column names; "column 1", "column 2", ... where the file has none.
  [[nodiscard]] const std::vector<std::string>& header() const noexcept { return header_; }
  [[nodiscard]] bool has_header() const noexcept { return has_header_; }
  [[nodiscard]] char delimiter() const noexcept { return delimiter_; }

  /// The next row that is not blank; false at the end. A broken row is one with an error that names file,
  /// line, position and reason, and reading goes on behind it. Errors of the call itself: of the file.
  [[nodiscard]] Result<bool> next(CsvRow& row);

 private:
  enum class Scan { row, end, unbalanced, too_large };
  struct Scanned {
    Scan result = Scan::end;
    std::size_t bytes = 0;  // of the row with its line end
    std::size_t lines = 0;
    std::size_t first_line = 0;  // bytes of its first physical line
    std::size_t quote = 0;       // where the open quote stands
    std::size_t quote_line = 0;
  };

  CsvReader(TextSource source, const CsvOptions& options) : source_(std::move(source)), options_(options) {}
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] Result<Scanned> scan(std::vector<std::string>& fields);
  [[nodiscard]] Result<void> skip_line();
  [[nodiscard]] Result<void> broken(const Scanned& scanned, CsvRow& row);

  TextSource source_;
  CsvOptions options_;
  std::string_view memory_;
  bool in_memory_ = false;
  char delimiter_ = ',';
  bool has_header_ = false;
  std::vector<std::string> header_;
  std::uint64_t line_ = 1;
  std::size_t reread_ = 0;  // bytes that were read again after unbalanced quotes
};

/// What the start of a table says about it.
struct CsvDialect {
  char delimiter = ',';
  bool has_header = false;
  std::size_t skip_rows = 0;  ///< rows before the header or the first row
  std::size_t columns = 0;
};

/// `head`: the first some 64 KiB, as UTF-8.
[[nodiscard]] CsvDialect detect_csv_dialect(std::string_view head, const CsvOptions& options);

/// Takes complete rows out of `text`, at most `limit`; a simple reading for detection. Blank rows count.
[[nodiscard]] std::vector<std::vector<std::string>> split_csv(std::string_view text, char delimiter,
                                                              std::size_t limit);

}  // namespace omnicrm::files
