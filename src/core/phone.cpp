#include "core/phone.hpp"

#include <algorithm>
#include <array>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace omnicrm {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

// Where the extension starts, or the text's size. Everything after the first letter, ';', '#' or ',' that
// follows the number's digits is one if it looks like one.
std::size_t extension_at(std::string_view text) {
  constexpr std::array<std::string_view, 9> words{"extension", "ext", "ex", "x",    "durchwahl",
                                                  "dw",        "#",   ";",  "poste"};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_letter(text[i]) || text[i] == '#' || text[i] == ';') {
      const std::string_view rest = text.substr(i);
      return std::ranges::any_of(
                 words,
                 [&](std::string_view word) {
                   return rest.starts_with(word) &&
                          (rest.size() == word.size() || !is_letter(rest[word.size()]) || word == ";");
                 })
                 ? i
                 : text.size();
    }
  }
  return text.size();
}

// Arabic-Indic and Persian digits (U+0660.., U+06F0..); full-width ones are already ASCII after folding.
std::string with_ascii_digits(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0xd9 && next >= 0xa0 && next <= 0xa9) {
      out += static_cast<char>('0' + (next - 0xa0));
      ++i;
    } else if (byte == 0xdb && next >= 0xb0 && next <= 0xb9) {
      out += static_cast<char>('0' + (next - 0xb0));
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Result<std::string> normalize_phone(std::string_view text) {
  if (text.size() > 255) return invalid("phone", "is longer than 255 bytes");
  const std::string folded = with_ascii_digits(text::fold(text));
  std::string_view rest = text::trim(folded);
  for (const std::string_view scheme : {"tel:", "callto:", "sms:"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  rest = rest.substr(0, extension_at(rest));

  std::string digits;
  bool international = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (is_digit(rest[i])) {
      digits += rest[i];
    } else if (rest[i] == '+' && digits.empty()) {
      international = true;
    } else if (is_letter(rest[i])) {
      return invalid("phone", "contains letters");
    } else if (rest.substr(i).starts_with("(0)") && (international || digits.starts_with("00"))) {
      i += 2;  // "+49 (0)30": the trunk digit is dialled inside the country only
    }
  }
  if (!international && digits.starts_with("00")) {  // the international prefix in most countries
    international = true;
    digits.erase(0, 2);
  }
  if (digits.size() < 3) return invalid("phone", "has fewer than 3 digits");
  if (digits.size() > 15) return invalid("phone", "has more than 15 digits");
  return international ? "+" + digits : digits;
}

}  // namespace omnicrm
