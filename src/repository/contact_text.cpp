#include "repository/contact_text.hpp"

#include <utf8proc.h>

#include "core/phone.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"
#include "repository/contact_identities.hpp"
#include "repository/dialect.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t most_words = 16;
constexpr std::size_t longest_field = 2000;

/// Letters of scripts that write without spaces: kana, CJK ideographs, Hangul (also as folded into jamo),
/// Thai, Lao, Khmer, Myanmar.
bool stands_alone(utf8proc_int32_t c) {
  return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7FF) ||
         (c >= 0x1100 && c <= 0x11FF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF);
}

/// Calls `each(letter bytes, letter)`.
template <class F>
void for_each_letter(std::string_view text, F&& each) {
  while (!text.empty()) {
    utf8proc_int32_t letter = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &letter);
    if (size <= 0) return;  // folded text is UTF-8
    each(text.substr(0, static_cast<std::size_t>(size)), letter);
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::size_t letter_count(std::string_view text) {
  std::size_t count = 0;
  for_each_letter(text, [&](std::string_view, utf8proc_int32_t) { ++count; });
  return count;
}

/// A word; and when its script has no spaces, all its endings, so that every part of it begins a word.
void add_word(std::string& words, std::string_view word) {
  words += gap;
  words += word;
  std::vector<std::string_view> endings;
  std::size_t offset = 0;
  for_each_letter(word, [&](std::string_view bytes, utf8proc_int32_t letter) {
    if (offset > 0 && stands_alone(letter) && endings.size() < 16) endings.push_back(word.substr(offset));
    offset += bytes.size();
  });
  for (const std::string_view ending : endings) {
    words += gap;
    words += ending;
  }
}

void add_text(std::string& words, std::string_view text) {
  if (text.empty()) return;
  const std::string folded = text::squeeze(text::fold(text::cut(text, longest_field)));
  for (const std::string_view word : text::split(folded, ' ')) {
    if (!word.empty()) add_word(words, word);
  }
}

void add_points(std::string& words, const std::vector<ContactPoint>& points) {
  for (const ContactPoint& point : points) add_text(words, point.value);
}

}  // namespace

std::string indexed_words(const Contact& contact) {
  std::string words;
  if (!is_live(contact)) return words;
  add_text(words, contact.display_name);
  for (const std::string Contact::*part :
       {&Contact::given_name, &Contact::middle_name, &Contact::family_name}) {
    if (contact.display_name.find(contact.*part) == std::string::npos) add_text(words, contact.*part);
  }
  add_text(words, contact.nickname);
  add_points(words, contact.emails);
  add_points(words, contact.phones);
  for (const ContactPoint& phone : contact.phones) {
    if (const auto digits = normalize_phone(phone.value); digits && *digits != phone.value)
      add_text(words, *digits);
  }
  add_points(words, contact.handles);
  add_text(words, contact.organization);
  add_text(words, contact.job_title);
  words += gap;
  return words;
}

std::string contact_token(const UserId& user) {
  const Sha256Digest digest = sha256(
      std::string_view(reinterpret_cast<const char*>(user.value.bytes.data()), user.value.bytes.size()));
  std::string token;
  for (std::size_t i = 0; i < 6; i += 2) {
    const utf8proc_int32_t letter = 0x20000 + (((digest[i] << 8) | digest[i + 1]) & 0x7FFF);
    utf8proc_uint8_t bytes[4];
    const auto size = utf8proc_encode_char(letter, bytes);
    token.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  return token;
}

std::string with_leading_gap(std::string_view word) {
  const std::size_t count = letter_count(word);
  return std::string(gap.substr(0, count < 3 ? 3 - count : 0)) + std::string(word);
}

std::vector<std::string> search_words(std::string_view text) {
  const std::string folded = text::squeeze(text::fold(text::to_utf8(text::cut(text, longest_field))));
  std::vector<std::string> words;
  for (const std::string_view word : text::split(folded, ' ')) {
    if (!word.empty() && words.size() < most_words) words.emplace_back(word);
  }
  return words;
}

Result<void> reindex_contact(storage::Connection& connection, const Unit& unit, ContactId contact,
                             const std::string& before, const std::string& after) {
  if (before == after) return {};
  return dialect_of(connection).reindex_contact(connection, unit.user(), contact, before, after);
}

}  // namespace omnicrm::repository
