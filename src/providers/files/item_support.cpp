#include "providers/files/item_support.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "core/text.hpp"
#include "model/json.hpp"
#include "model/json_tape.hpp"
#include "providers/files/text_source.hpp"

namespace omnicrm::files {

std::string hashed_id(std::string_view bytes) {
  return "sha256:" + sha256_hex(bytes);
}

std::string named_id(std::string_view name, std::string_view bytes) {
  name = text::trim(name);
  const bool usable =
      !name.empty() && text::is_utf8(name) &&
      std::none_of(name.begin(), name.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
  if (!usable) return hashed_id(bytes);
  return name.size() > longest_source_id ? hashed_id(name) : std::string(name);
}

Result<std::uint64_t> parse_position(std::string_view text) {
  std::uint64_t position = 0;
  if (text.empty()) return position;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size()) return invalid("position", "is not a number");
  return position;
}

void ObjectText::name(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  text_.append("\"").append(name).append("\":");
}

ObjectText& ObjectText::text(std::string_view name, std::string_view value) {
  this->name(name);
  text_ += json_text(value);
  return *this;
}

ObjectText& ObjectText::number(std::string_view name, std::uint64_t value) {
  this->name(name);
  text_ += std::to_string(value);
  return *this;
}

ObjectText& ObjectText::texts(std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) return *this;
  this->name(name);
  char before = '[';
  for (const std::string& value : values) {
    text_.append(1, before).append(json_text(value));
    before = ',';
  }
  text_ += ']';
  return *this;
}

Json ObjectText::finish() {
  text_ += '}';
  return Json{std::move(text_)};
}

std::string origin_text(const Json* origin, std::string_view name) {
  if (origin == nullptr) return {};
  const auto tape = JsonTape::parse(origin->text);
  if (!tape || (*tape)[0].kind != JsonNode::Kind::object) return {};
  for (std::uint32_t node = 1; node < tape->size(); node = (*tape)[node + 1].next) {
    const JsonNode& value = (*tape)[node + 1];
    if ((*tape)[node].text == name && value.kind == JsonNode::Kind::text) return std::string(value.text);
  }
  return {};
}

void start_item(sync::SourceItem& item, std::string_view service, std::string_view content_type) {
  item = sync::SourceItem{};
  item.service = service;
  item.content_type = content_type;
}

void poison(sync::SourceItem& item, std::string_view word, std::string_view detail) {
  item.state = RawEventState::poison;
  item.reason = std::string(word) + ": " + text::to_utf8(detail);
  item.payload.clear();
}

void too_large(sync::SourceItem& item, std::uint64_t bytes, std::uint64_t cap) {
  item.state = RawEventState::skipped;
  item.reason = "too_large: " + std::to_string(bytes) + " bytes, the cap is " + std::to_string(cap);
  item.payload.clear();
}

Result<FileBytes> FileBytes::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return system_failure(errno, "open", path);
  FileBytes file(path, descriptor);
  OMNICRM_ASSIGN(const std::string head, file.read(0, 2));
  file.utf16_ = head == "\xFF\xFE" || head == "\xFE\xFF";
  return file;
}

FileBytes::FileBytes(FileBytes&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      utf16_(other.utf16_) {}

FileBytes::~FileBytes() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::string> FileBytes::read(std::uint64_t begin, std::uint64_t end) const {
  if (utf16_) return read_utf16(begin, end);
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(descriptor_, bytes.data() + have, bytes.size() - have, static_cast<off_t>(begin + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(errno, "read", path_);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

Result<std::string> FileBytes::read_utf16(std::uint64_t begin, std::uint64_t end) const {
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path_, begin));
  while (source.position_at(source.window().size()) < end) {
    OMNICRM_ASSIGN(const bool more, source.grow());
    if (!more) break;
  }
  const std::string_view window = source.window();
  std::uint64_t at = source.position();
  std::size_t length = 0;
  while (length < window.size() && at < end) {
    // A code point has one unit in UTF-16 (2 bytes), or two if it has four bytes in UTF-8.
    const auto lead = static_cast<unsigned char>(window[length]);
    at += lead >= 0xF0 ? 4 : 2;
    do ++length;
    while (length < window.size() && (static_cast<unsigned char>(window[length]) & 0xC0) == 0x80);
  }
  return std::string(window.substr(0, length));
}

}  // namespace omnicrm::files
