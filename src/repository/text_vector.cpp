#include "repository/text_vector.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "repository/text_words.hpp"

namespace omnicrm::repository {
namespace {

// tsearch/ts_type.h: MAXENTRYPOS, MAXNUMPOS, MAXSTRPOS.
constexpr std::uint32_t highest_position = (1U << 14U) - 1;
constexpr std::size_t most_places = 255;
constexpr std::size_t most_bytes = (1U << 20U) - 1;
// A word keeps room for one place of each part: what asks for a part finds it there.
constexpr std::size_t most_places_before_parts = most_places - 4;
constexpr std::uint32_t none = UINT32_MAX;

/// Where the words of a part stand that stand too far behind to be counted. Each part has its own, as a word
/// keeps one place only once, and they are apart, so that they are no phrase.
constexpr std::uint32_t last_position(TextVector::Weight weight) {
  return highest_position - 2 * (3U - static_cast<std::uint32_t>(weight));
}
constexpr std::uint32_t last_counted = last_position(TextVector::Weight::a) - 2;

constexpr std::uint16_t marked(std::uint32_t position, TextVector::Weight weight) {
  return static_cast<std::uint16_t>((3U - static_cast<std::uint32_t>(weight)) << 14U | position);
}

/// What the server stores of a word: its bytes, and its places at an even address.
std::size_t stored_size(std::size_t length, std::size_t places) {
  return length + (length & 1U) + (places == 0 ? 0 : 2 + 2 * places);
}

void append_short(std::string& to, std::uint16_t value) {
  to += static_cast<char>(value >> 8U);
  to += static_cast<char>(value & 0xFFU);
}

}  // namespace

TextVector::TextVector(std::string_view word) {
  this->word(texts_.emplace_back(word));
}

TextVector::Word& TextVector::word(std::string_view text) {
  const auto [known, is_new] = numbers_.emplace(text, static_cast<std::uint32_t>(words_.size()));
  if (is_new) words_.push_back({text, none, none, 0});
  return words_[known->second];
}

void TextVector::add_place(Word& word, std::uint16_t position, Weight weight) {
  const std::uint16_t place = marked(position, weight);
  if (word.last != none) {
    const bool is_first_of_part = (places_[word.last].place ^ place) >> 14U != 0;
    if (places_[word.last].place == place) return;
    if (word.count >= most_places_before_parts && !is_first_of_part) return;
    places_[word.last].next = static_cast<std::uint32_t>(places_.size());
  } else {
    word.first = static_cast<std::uint32_t>(places_.size());
  }
  word.last = static_cast<std::uint32_t>(places_.size());
  ++word.count;
  places_.push_back({place, none});
}

void TextVector::add(std::string_view text, Weight weight) {
  if (text.empty()) {
    ++position_;
    return;
  }
  for_each_text_word(texts_.emplace_back(text::fold(text)), [&](std::string_view each) {
    const std::uint32_t at = position_ <= last_counted ? position_++ : last_position(weight);
    add_place(word(each), static_cast<std::uint16_t>(at), weight);
  });
  ++position_;  // no phrase across parts
}

/// By their bytes, as the server has them; as many as there is room for. `places`: how many each may keep.
std::vector<const TextVector::Word*> TextVector::sorted(std::size_t& places) const {
  std::vector<const Word*> kept;
  kept.reserve(words_.size());
  for (places = most_places; places > 1; places = places > 4 ? places / 4 : 1) {
    std::size_t size = 0;
    for (const Word& word : words_)
      size += stored_size(word.text.size(), std::min<std::size_t>(word.count, places));
    if (size < most_bytes) break;
  }
  std::size_t size = 0;
  for (const Word& word : words_) {
    size += stored_size(word.text.size(), std::min<std::size_t>(word.count, places));
    if (size >= most_bytes) break;
    kept.push_back(&word);
  }
  std::ranges::sort(kept, {}, [](const Word* word) { return word->text; });
  return kept;
}

std::string TextVector::bytes() const {
  std::size_t most = 0;
  const auto words = sorted(most);
  std::string bytes;
  bytes.reserve(4 + 16 * words.size() + 2 * places_.size());
  append_short(bytes, static_cast<std::uint16_t>(words.size() >> 16U));
  append_short(bytes, static_cast<std::uint16_t>(words.size() & 0xFFFFU));
  for (const Word* word : words) {
    bytes.append(word->text).push_back('\0');
    const auto count = std::min<std::size_t>(word->count, most);
    append_short(bytes, static_cast<std::uint16_t>(count));
    std::uint32_t at = word->first;
    for (std::size_t i = 0; i < count; ++i, at = places_[at].next) append_short(bytes, places_[at].place);
  }
  return bytes;
}

}  // namespace omnicrm::repository
