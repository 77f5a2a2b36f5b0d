#include "providers/files/mail_separator.hpp"

#include <algorithm>
#include <array>

#include "providers/files/mail_fields.hpp"

namespace omnicrm::files {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes the next word off the front.
std::string_view take_word(std::string_view& rest) noexcept {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

bool is_number(std::string_view word, std::size_t max_digits) noexcept {
  return !word.empty() && word.size() <= max_digits &&
         std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& list) noexcept {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// "12:34" or "12:34:56".
bool is_time(std::string_view word) noexcept {
  if (word.size() != 5 && word.size() != 8) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (i % 3 == 2 ? word[i] != ':' : word[i] < '0' || word[i] > '9') return false;
  return true;
}

/// asctime ("Thu Aug 22 12:36:23 2002", also with a zone before or after the year) or RFC 5322
/// ("Thu, 22 Aug 2002 12:36:23 +0100").
bool is_date(std::string_view text) noexcept {
  std::string_view day = take_word(text);
  if (day.ends_with(',')) day.remove_suffix(1);
  if (!is_one_of(day, kDays)) return false;
  std::string_view first = take_word(text);
  std::string_view second = take_word(text);
  if (is_number(first, 2)) std::swap(first, second);
  if (!is_one_of(first, kMonths) || !is_number(second, 2)) return false;
  bool time = false;
  bool year = false;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    time = time || is_time(word);
    year = year || (is_number(word, 4) && word.size() >= 2);
  }
  return time && year;
}

bool is_address(std::string_view word) noexcept {
  return word.find('@') != std::string_view::npos || word == "MAILER-DAEMON" || word == "-";
}

}  // namespace

bool is_mbox_separator(std::string_view line, std::string_view next_line) noexcept {
  if (!line.starts_with("From ")) return false;
  std::string_view rest = line.substr(5);
  const std::string_view whole = rest;
  const std::string_view sender = take_word(rest);
  // Some writers leave the sender out.
  if (is_date(rest) || is_date(whole)) return true;
  // A quoted local part may contain blanks: "From \"jane doe\"@example.org Thu Aug 22 ...".
  if (whole.starts_with('"')) {
    std::string_view behind = whole.substr(std::min(whole.rfind("\"@"), whole.size()));
    take_word(behind);
    if (is_date(behind)) return true;
  }
  return is_address(sender) && starts_like_field(next_line);
}

bool is_quoted_from(std::string_view line) noexcept {
  const std::size_t marks = line.find_first_not_of('>');
  return marks != std::string_view::npos && marks != 0 && line.substr(marks).starts_with("From ");
}

}  // namespace omnicrm::files
