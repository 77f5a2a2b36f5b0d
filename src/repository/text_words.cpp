#include "repository/text_words.hpp"

#include <utf8proc.h>

#include "core/text.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::size_t longest_word = 500;

bool is_ascii_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool is_word(utf8proc_int32_t letter) {
  const utf8proc_category_t category = utf8proc_category(letter);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO) ||
         category == UTF8PROC_CATEGORY_CO;
}

/// How many bytes of the word that goes on at `text`; 0 when none does.
std::size_t word_step(std::string_view text) {
  if ((text[0] & 0x80) == 0) return is_ascii_word(text[0]) ? 1 : 0;
  utf8proc_int32_t letter = 0;
  const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &letter);
  return size > 0 && is_word(letter) ? static_cast<std::size_t>(size) : 0;
}

}  // namespace

void for_each_text_word(std::string_view folded, FunctionRef<void(std::string_view)> each) {
  std::size_t begin = 0;
  std::size_t at = 0;
  while (at < folded.size()) {
    if (const std::size_t step = word_step(folded.substr(at)); step > 0) {
      at += step;
      continue;
    }
    if (at > begin) each(text::cut(folded.substr(begin, at - begin), longest_word));
    begin = ++at;
    while (begin < folded.size() && (folded[begin] & 0xC0) == 0x80) begin = ++at;  // the rest of that letter
  }
  if (at > begin) each(text::cut(folded.substr(begin, at - begin), longest_word));
}

}  // namespace omnicrm::repository
