#include "repository/cursor.hpp"

#include <array>
#include <cstring>

#include "core/sha256.hpp"

namespace omnicrm::repository {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t checksum_size = 6;
constexpr std::size_t longest_cursor = 16'384;

constexpr std::array<std::int16_t, 256> digits = [] {
  std::array<std::int16_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int16_t>(i);
  }
  return table;
}();

std::string encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) text += alphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0) text += alphabet[(bits << (6 - count)) & 63];
  return text;
}

/// Empty when `text` is not what `encode` makes.
std::string decode(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = digits[static_cast<unsigned char>(c)];
    if (digit < 0) return {};
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xff);
    }
  }
  if (encode(bytes) != text) return {};  // stray bits at the end
  return bytes;
}

std::string checksum(std::string_view query, std::string_view values) {
  Sha256 hash;
  hash.update(query).update(std::string_view("\0", 1)).update(values);
  const Sha256Digest digest = hash.finish();
  return std::string(reinterpret_cast<const char*>(digest.data()), checksum_size);
}

template <class T>
void append_number(std::string& bytes, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((value >> shift) & 0xff);
  }
}

template <class T>
T read_number(std::string_view bytes) {
  T value = 0;
  for (const char c : bytes.substr(0, sizeof(T)))
    value = static_cast<T>((value << 8) | static_cast<unsigned char>(c));
  return value;
}

constexpr std::string_view foreign = "is not one of this list; start again without a cursor";

}  // namespace

Result<void> check_page(const PageRequest& page) {
  if (page.limit < 1 || page.limit > 1000) return invalid("limit", "must be 1 to 1,000");
  return {};
}

void CursorWriter::add(std::int64_t value) {
  bytes_ += 'i';
  append_number(bytes_, static_cast<std::uint64_t>(value));
}

void CursorWriter::add(std::string_view value) {
  bytes_ += 't';
  append_number(bytes_, static_cast<std::uint32_t>(value.size()));
  bytes_ += value;
}

void CursorWriter::add(const Uuid& value) {
  bytes_ += 'u';
  bytes_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

std::string CursorWriter::finish(std::string_view query) const {
  return encode(checksum(query, bytes_) + bytes_);
}

Result<CursorReader> CursorReader::open(std::string_view query, std::string_view cursor) {
  if (cursor.size() > longest_cursor) return invalid("cursor", foreign);
  CursorReader reader;
  reader.bytes_ = decode(cursor);
  if (reader.bytes_.size() < checksum_size) return invalid("cursor", foreign);
  const std::string_view values = std::string_view(reader.bytes_).substr(checksum_size);
  if (checksum(query, values) != reader.bytes_.substr(0, checksum_size)) return invalid("cursor", foreign);
  reader.position_ = checksum_size;
  return reader;
}

Result<std::int64_t> CursorReader::take_int() {
  const std::string_view rest = std::string_view(bytes_).substr(position_);
  if (rest.size() < 9 || rest[0] != 'i') return invalid("cursor", foreign);
  position_ += 9;
  return static_cast<std::int64_t>(read_number<std::uint64_t>(rest.substr(1)));
}

Result<std::string> CursorReader::take_text() {
  const std::string_view rest = std::string_view(bytes_).substr(position_);
  if (rest.size() < 5 || rest[0] != 't') return invalid("cursor", foreign);
  const std::size_t size = read_number<std::uint32_t>(rest.substr(1));
  if (rest.size() - 5 < size) return invalid("cursor", foreign);
  position_ += 5 + size;
  return std::string(rest.substr(5, size));
}

Result<Uuid> CursorReader::take_uuid() {
  const std::string_view rest = std::string_view(bytes_).substr(position_);
  Uuid uuid;
  if (rest.size() < 1 + uuid.bytes.size() || rest[0] != 'u') return invalid("cursor", foreign);
  std::memcpy(uuid.bytes.data(), rest.data() + 1, uuid.bytes.size());
  position_ += 1 + uuid.bytes.size();
  return uuid;
}

}  // namespace omnicrm::repository
