#include "text.hpp"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

#include "omnicrm.h"
#include "result.hpp"

namespace omnicrm::capi {
namespace {

// As deep as the operations' own JSON may be.
constexpr std::size_t deepest = 64;

/// A parsed document: its parser owns it.
class Document {
 public:
  explicit Document(std::string_view text) : padded_(text) {
    code_ = parser_.allocate(text.size(), deepest);
    if (code_ == simdjson::SUCCESS) code_ = parser_.parse(padded_).get(root_);
    if (code_ == simdjson::MEMALLOC) throw std::bad_alloc();
  }

  [[nodiscard]] simdjson::error_code code() const noexcept { return code_; }
  [[nodiscard]] const simdjson::dom::element& root() const noexcept { return root_; }

 private:
  simdjson::dom::parser parser_;
  simdjson::padded_string padded_;
  simdjson::dom::element root_;
  simdjson::error_code code_ = simdjson::SUCCESS;
};

constexpr bool is_size(std::size_t size) {
  return size == OCRM_NUL || size <= std::size_t{PTRDIFF_MAX};
}

/// Empty, or names that each begin with '/', in which '~' is followed by 0 or 1.
bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

}  // namespace

Result<std::string_view> bytes_of(const char* data, std::size_t size, std::string_view field) {
  if (data != nullptr && !is_size(size)) return invalid(field, "no text is as long as its size says");
  return bytes_or_none(data, size);
}

std::string_view bytes_or_none(const char* data, std::size_t size) noexcept {
  if (data == nullptr || !is_size(size)) return {};
  return {data, size == OCRM_NUL ? std::strlen(data) : size};
}

Result<std::string_view> text_of(const char* data, std::size_t size, std::string_view field) {
  OCRM_ASSIGN(const std::string_view text, bytes_of(data, size, field));
  if (!simdjson::validate_utf8(text.data(), text.size())) return invalid(field, "is not UTF-8");
  return text;
}

std::string readable(std::string_view text) {
  std::string kept(text);
  if (simdjson::validate_utf8(kept.data(), kept.size())) return kept;
  for (char& byte : kept) {
    if (static_cast<unsigned char>(byte) >= 0x80) byte = '?';
  }
  return kept;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char letter : readable(text)) {
    if (letter == '"' || letter == '\\') {
      out += {'\\', letter};
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += {'\\',
              'u',
              '0',
              '0',
              digits[static_cast<std::size_t>(letter) >> 4],
              digits[static_cast<std::size_t>(letter) & 15]};
    } else {
      out += letter;
    }
  }
  return out + '"';
}

bool is_json(std::string_view text) {
  return Document(text).code() == simdjson::SUCCESS;
}

bool is_json_object(std::string_view text) {
  const Document document(text);
  return document.code() == simdjson::SUCCESS && document.root().is_object();
}

Result<std::string> json_value(std::string_view text, std::string_view pointer) {
  const Document document(text);
  if (document.code() != simdjson::SUCCESS)
    return invalid("json", std::string("is not JSON: ") + simdjson::error_message(document.code()));
  if (!is_pointer(pointer)) return invalid("pointer", "is not a JSON pointer (RFC 6901)");
  simdjson::dom::element found = document.root();
  if (!pointer.empty() && document.root().at_pointer(pointer).get(found) != simdjson::SUCCESS)
    return failure(ErrorCode::not_found, "the JSON has nothing at " + std::string(pointer));
  if (std::string_view value; found.get(value) == simdjson::SUCCESS) return std::string(value);
  return simdjson::minify(found);
}

}  // namespace omnicrm::capi
