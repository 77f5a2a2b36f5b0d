#include "core/sha256.hpp"

#include <openssl/evp.h>

#include <cstdlib>

namespace omnicrm {
namespace {

// Fetched once: the implicit fetch of EVP_sha256() costs more than hashing a short text. Never freed, so
// that nothing of ours runs at exit.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

// OpenSSL fails here only without memory or without SHA-256; no digest could be right then.
void require(int ok) {
  if (ok != 1) std::abort();
}

EVP_MD_CTX* as_context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

Sha256Digest sha256(std::string_view data) {
  Sha256Digest digest;
  require(EVP_Digest(data.data(), data.size(), digest.data(), nullptr, algorithm(), nullptr));
  return digest;
}

std::string to_hex(const Sha256Digest& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(digest.size() * 2);
  for (const std::uint8_t byte : digest) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string sha256_hex(std::string_view data) {
  return to_hex(sha256(data));
}

void Sha256::Free::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(as_context(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  start();
}

void Sha256::start() {
  require(EVP_DigestInit_ex2(as_context(context_.get()), algorithm(), nullptr));
}

Sha256& Sha256::update(std::string_view part) {
  require(EVP_DigestUpdate(as_context(context_.get()), part.data(), part.size()));
  return *this;
}

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  require(EVP_DigestFinal_ex(as_context(context_.get()), digest.data(), nullptr));
  start();
  return digest;
}

}  // namespace omnicrm
