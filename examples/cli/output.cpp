#include "output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "text.hpp"

namespace cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

void put(std::FILE* file, std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), file);
  std::fputc('\n', file);
}

}  // namespace

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

Style::Style(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  on_ = is_terminal(descriptor) && (no_color == nullptr || *no_color == '\0');
}

std::string Style::wrap(std::string_view code, std::string_view text) const {
  if (!on_) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = plain(cell);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    std::size_t width = width_of(columns_[column].title);
    for (const auto& row : rows_) width = std::max(width, width_of(row[column]));
    widths.push_back(width);
  }
  if (!is_terminal(STDOUT_FILENO)) return widths;
  const std::size_t room = terminal_width(STDOUT_FILENO);
  while (true) {
    const std::size_t all = std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
    if (all <= room) return widths;
    std::size_t widest = columns_.size();
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      if (!columns_[column].flexible || widths[column] <= narrowest) continue;
      if (widest == columns_.size() || widths[column] > widths[widest]) widest = column;
    }
    if (widest == columns_.size()) return widths;
    widths[widest] -= std::min(all - room, widths[widest] - narrowest);
  }
}

std::string Table::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::string cell = cut(cells[column], widths[column]);
    const std::string filling(widths[column] - std::min(widths[column], width_of(cell)), ' ');
    if (column != 0) line.append(gap, ' ');
    line += columns_[column].right ? filling + cell : cell + filling;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

void Table::print() const {
  const auto sizes = widths();
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  say(Style(STDOUT_FILENO).bold(line(titles, sizes)));
  for (const auto& row : rows_) say(line(row, sizes));
}

void say(std::string_view line) {
  put(stdout, line);
}
void note(std::string_view line) {
  put(stderr, line);
}

}  // namespace cli
