#include "providers/files/text_encoding.hpp"

#include <iconv.h>

#include <cerrno>

#include "core/text.hpp"

namespace omnicrm::files {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// An iconv descriptor for its lifetime.
class Converter {
 public:
  explicit Converter(const std::string& from) : handle_(::iconv_open("UTF-8", from.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (valid()) ::iconv_close(handle_);
  }
  [[nodiscard]] bool valid() const noexcept { return handle_ != reinterpret_cast<iconv_t>(-1); }

  [[nodiscard]] std::string convert(std::string_view bytes) const {
    std::string out;
    out.reserve(bytes.size() + bytes.size() / 4);
    char* in = const_cast<char*>(bytes.data());  // iconv's signature; it does not write there
    std::size_t left = bytes.size();
    char block[1024];
    while (left > 0) {
      char* to = block;
      std::size_t room = sizeof(block);
      const std::size_t result = ::iconv(handle_, &in, &left, &to, &room);
      out.append(block, sizeof(block) - room);
      if (result != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      out.append(replacement);
      ++in;
      --left;
    }
    return out;
  }

 private:
  iconv_t handle_;
};

}  // namespace

std::string decode_charset(std::string_view bytes, std::string_view charset) {
  const std::string name = text::lower_ascii(charset);
  if (name.empty() || name == "utf-8" || name == "utf8" || name.size() > 40 ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.:") != std::string::npos) {
    return to_clean_utf8(bytes);
  }
  const Converter converter(name);
  return converter.valid() ? text::to_utf8(converter.convert(bytes)) : to_clean_utf8(bytes);
}

std::string to_clean_utf8(std::string_view bytes) {
  if (text::is_utf8(bytes)) {
    return bytes.find('\0') == std::string_view::npos ? std::string(bytes) : text::to_utf8(bytes);
  }
  const Converter converter("WINDOWS-1252");
  return text::to_utf8(converter.valid() ? converter.convert(bytes) : std::string(bytes));
}

std::string decode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size()) {
      const int high = hex(text[i + 1]);
      const int low = hex(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::size_t base64_size(std::string_view text) noexcept {
  std::size_t digits = 0;
  for (const char c : text) {
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/')
      ++digits;
  }
  return digits * 3 / 4;
}

}  // namespace omnicrm::files
