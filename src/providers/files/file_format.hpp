// What a file is, by its first bytes, and by its name where bytes do not tell.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace omnicrm::files {

/// How much of a file `detect_format` wants to see.
inline constexpr std::size_t format_head_bytes = std::size_t{8} << 10;

struct FileFormat {
  /// "mbox", "eml", "ics", "vcf", "csv" or "ignored".
  std::string_view format = "ignored";
  /// For "ignored": why.
  std::string note;
};

/// `name`: the file's name without its folder. `head`: its first bytes. Pure.
[[nodiscard]] FileFormat detect_format(std::string_view name, std::string_view head);

/// The ending of a name in lower case, without the dot: "eml". Empty if it has none that looks like one.
[[nodiscard]] std::string file_ending(std::string_view name);

/// What a person calls the folder of a scope: "Sent" for `Sent.mbox`, "Archive/2002" for `.Archive.2002`,
/// "INBOX" for `INBOX.mbox/mbox` and for the maildir `Maildir`.
[[nodiscard]] std::string folder_label(std::string_view path);

}  // namespace omnicrm::files
