#include "core/base64.hpp"

#include <openssl/evp.h>

#include "core/errors.hpp"

namespace omnicrm {

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                      reinterpret_cast<const unsigned char*>(bytes.data()),
                                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(written));
  return text;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return failure(ErrorCode::data_loss, "base64 text has a broken length");
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (written < 0) return failure(ErrorCode::data_loss, "text is not base64");
  std::size_t size = static_cast<std::size_t>(written);  // OpenSSL counts the padding as zero bytes
  for (std::size_t end = text.size(); end > 0 && size > 0 && text[end - 1] == '='; --end) --size;
  bytes.resize(size);
  return bytes;
}

}  // namespace omnicrm
