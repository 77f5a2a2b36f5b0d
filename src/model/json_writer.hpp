// Appends JSON to a string: numbers, texts, ids and times in their JSON form, without temporaries.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/time.hpp>

namespace omnicrm {

/// Writes into room reserved at the end of a string and gives the rest back when it goes out of scope.
/// Until then the string must not be touched. One thread at a time.
class JsonWriter {
 public:
  /// `expected`: about how many bytes will be written.
  explicit JsonWriter(std::string& out, std::size_t expected = 512) : out_(out), start_(out.size()) {
    grow(expected);
  }
  ~JsonWriter() { out_.resize(size()); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void raw(std::string_view text) {
    if (text.empty()) return;  // may be a null pointer, which memcpy must not see
    reserve(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void raw(char c) {
    reserve(1);
    *at_++ = c;
  }

  void boolean(bool value) { raw(value ? std::string_view("true") : std::string_view("false")); }

  template <std::integral T>
  void integer(T value) {
    reserve(24);
    at_ = std::to_chars(at_, end_, value).ptr;
  }

  /// The shortest text that reads back as the same double. Must be finite.
  void real(double value) {
    reserve(32);
    at_ = std::to_chars(at_, end_, value).ptr;
  }

  /// A text in quotes (RFC 8259 section 7). Bytes that are not UTF-8 become U+FFFD.
  void text(std::string_view text);

  /// In quotes.
  void uuid(const Uuid& id);
  void timestamp(Timestamp at);
  void date(Date day);

  /// For what comes before an element: a comma unless it is the first in its array or object.
  void comma_unless_after(char opening) {
    if (at_[-1] != opening) raw(',');
  }

  /// Room for `bytes` more.
  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
      grow(bytes);
  }

 private:
  [[nodiscard]] std::size_t size() const {
    return at_ == nullptr ? start_ : static_cast<std::size_t>(at_ - out_.data());
  }
  void grow(std::size_t bytes);
  void escape(unsigned char c);

  std::string& out_;
  std::size_t start_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

/// Length of the well-formed UTF-8 sequence at `at` (RFC 3629 section 4), 0 when there is none.
[[nodiscard]] std::size_t utf8_length(const char* at, const char* end) noexcept;

/// `text` in quotes.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace omnicrm
