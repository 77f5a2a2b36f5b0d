// Tables, styles and JSON on standard output; what is said beside them goes to standard error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

/// Whether the stream is a terminal, and its width there.
[[nodiscard]] bool is_terminal(int descriptor);
[[nodiscard]] std::size_t terminal_width(int descriptor);

/// Escape sequences for a terminal; nothing in a pipe, or when NO_COLOR is set (no-color.org).
class Style {
 public:
  explicit Style(int descriptor);
  [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
  [[nodiscard]] std::string faint(std::string_view text) const { return wrap("2", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return wrap("31", text); }
  [[nodiscard]] std::string mark(std::string_view text) const { return wrap("1;33", text); }

 private:
  [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const;
  bool on_;
};

/// How a column behaves.
struct Column {
  std::string title;
  bool right = false;
  /// Gives up width first when the terminal is too narrow.
  bool flexible = false;
};

/// Rows of plain text under titles, no wider than the terminal; in a pipe nothing is cut.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells);
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  void print() const;

 private:
  [[nodiscard]] std::vector<std::size_t> widths() const;
  [[nodiscard]] std::string line(const std::vector<std::string>& cells,
                                 const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// One line to standard output.
void say(std::string_view line);
/// One line to standard error.
void note(std::string_view line);

}  // namespace cli
