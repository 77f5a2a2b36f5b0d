// The words of a text as PostgreSQL's tsvector, in its binary form.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace omnicrm::repository {

/// Collects the words of a text's parts, each word once, and gives what `tsvectorrecv` reads
/// (https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/tsvector.c): the server
/// need not parse or sort. Within a tsvector's limits
/// (https://www.postgresql.org/docs/15/textsearch-limitations.html) every word of the text is found: what a
/// text too long for them loses first is the places of words, which only phrases ask for.
/// One thread at a time.
class TextVector {
 public:
  /// `word` alone, without a place or a weight.
  explicit TextVector(std::string_view word);

  /// The parts' weights, in the order in which they must be added.
  enum class Weight : std::uint8_t { a, b, c, d };
  void add(std::string_view text, Weight weight);

  [[nodiscard]] std::string bytes() const;

 private:
  struct Place {
    std::uint16_t place;  // two bits of weight, 14 of position
    std::uint32_t next;   // in `places_`
  };
  struct Word {
    std::string_view text;
    std::uint32_t first, last;  // in `places_`
    std::uint16_t count;
  };
  Word& word(std::string_view text);
  void add_place(Word& word, std::uint16_t position, Weight weight);
  [[nodiscard]] std::vector<const Word*> sorted(std::size_t& places) const;

  std::deque<std::string> texts_;  // what the words point into
  std::vector<Word> words_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<Place> places_;
  std::uint32_t position_ = 1;
};

}  // namespace omnicrm::repository
