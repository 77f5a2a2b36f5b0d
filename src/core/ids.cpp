#include <openssl/evp.h>
#include <omnicrm/core/ids.hpp>

#include <algorithm>

#include "core/errors.hpp"

namespace omnicrm {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::array<std::size_t, 4> dash_after{4, 6, 8, 10};  // bytes before each dash of 8-4-4-4-12
constexpr std::size_t text_length = 36;

// Namespace of user ids that are made from other identifiers: version 5 of "users.omnicrm" under the DNS
// namespace. It must never change: it is part of every such user's key.
constexpr Uuid user_namespace{
    {0x20, 0xe1, 0xdf, 0x88, 0x19, 0x77, 0x5c, 0xe4, 0xbe, 0x01, 0x97, 0xe6, 0x5a, 0x6f, 0x42, 0x0d}};

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string Uuid::to_string() const {
  std::string text(text_length, '-');
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (std::ranges::find(dash_after, i) != dash_after.end()) ++at;
    text[at++] = digits[bytes[i] >> 4];
    text[at++] = digits[bytes[i] & 15];
  }
  return text;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto wrong = [] { return invalid("id", "not a UUID (8-4-4-4-12 hexadecimal digits)"); };
  if (text.size() != text_length) return wrong();
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (std::ranges::find(dash_after, i) != dash_after.end() && text[at++] != '-') return wrong();
    const int high = nibble(text[at++]);
    const int low = nibble(text[at++]);
    if (high < 0 || low < 0) return wrong();
    uuid.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return uuid;
}

Uuid Uuid::from_name(const Uuid& name_space, std::string_view name) {
  std::string input(reinterpret_cast<const char*>(name_space.bytes.data()), name_space.bytes.size());
  input += name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr);
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x50);  // version 5
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);  // RFC 9562 variant
  return uuid;
}

Result<UserId> user_id(std::string_view name) {
  if (name.empty()) return invalid("user", "is empty");
  if (name.size() > 255) return invalid("user", "is longer than 255 bytes");
  if (auto uuid = Uuid::parse(name)) return UserId{*uuid};
  return UserId{Uuid::from_name(user_namespace, name)};
}

}  // namespace omnicrm
