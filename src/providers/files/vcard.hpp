// vCard files (.vcf): versions 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), card by card.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <omnicrm/core/result.hpp>

#include "providers/files/contact_card.hpp"
#include "providers/files/content_lines.hpp"

namespace omnicrm::files {

/// One card of a file, or why it could not be read.
struct VCardItem {
  Result<ContactCard> card;
  std::uint64_t position = 0;  ///< where it begins
  std::uint64_t next = 0;      ///< where reading goes on: pass it to `open` to resume
};

/// Reads cards from a stream in bounded memory (one card, photos not kept). One thread at a time.
class VCardReader {
 public:
  /// Errors: as the operating system says.
  [[nodiscard]] static Result<VCardReader> open(const std::string& path, std::uint64_t position = 0);
  /// `bytes` must outlive the reader.
  [[nodiscard]] static VCardReader from_memory(std::string_view bytes, std::string name = "(memory)");

  /// The next card; false at the end. A broken card is an item with an error that names file, position and
  /// reason, and reading goes on behind it. Errors of the call itself: of the file.
  [[nodiscard]] Result<bool> next(VCardItem& item);

 private:
  explicit VCardReader(TextSource source);

  ComponentReader components_;
};

/// Turns the lines of one card into a `ContactCard`. Pure.
[[nodiscard]] ContactCard read_vcard(const Component& component);

}  // namespace omnicrm::files
