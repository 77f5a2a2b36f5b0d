// Messages of a mailbox on disk, one after the other, with memory for one message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <omnicrm/core/result.hpp>

namespace omnicrm::files {

/// One message as it stands in its file.
struct MailboxItem {
  std::string path;                ///< the file
  std::string bytes;               ///< the message without envelope line, unquoted; empty if `too_large`
  std::uint64_t position = 0;      ///< where it starts in the file (mbox: its "From " line)
  std::uint64_t next = 0;          ///< where the next one starts: open there to resume
  std::uint64_t size = 0;          ///< bytes of the message in the file, envelope line left out
  bool too_large = false;          ///< over `max_message_bytes`: passed over, not held in memory
  bool truncated = false;          ///< the file ends inside this message's header
  std::string envelope_date_line;  ///< mbox: the "From " line without "From "; else empty
  std::vector<std::string> flags;  ///< maildir: "seen", "replied", "flagged", "draft", "trashed", "passed"
};

struct MailboxLimits {
  std::uint64_t max_message_bytes = 25u << 20;
  std::size_t buffer_bytes = 256u << 10;  ///< read at a time; at least 8 KiB
};

/// Reads forward once; one thread at a time. Errors name the path, and for an mbox the byte: `not_found`,
/// `permission_denied` or `unavailable` from the operating system, `invalid_argument` for what is no
/// mailbox, `unavailable` for a file that shrinks while it is read, `failed_precondition` for an offset
/// where no message starts. After an error in a folder, `next` goes on with the next file.
class MailboxReader {
 public:
  virtual ~MailboxReader() = default;

  /// An mbox: mboxo or mboxrd (">From " loses one ">"). `offset` is 0 or an item's `next`.
  [[nodiscard]] static Result<std::unique_ptr<MailboxReader>> open_mbox(std::string path,
                                                                        std::uint64_t offset = 0,
                                                                        MailboxLimits limits = {});
  /// A maildir: the files in `cur` and `new`, ordered by path. `after` is the path of an item: reading goes
  /// on behind it. File names are held in memory, messages are not.
  [[nodiscard]] static Result<std::unique_ptr<MailboxReader>> open_maildir(const std::string& path,
                                                                           const std::string& after = {},
                                                                           MailboxLimits limits = {});
  /// One message in one file.
  [[nodiscard]] static Result<std::unique_ptr<MailboxReader>> open_eml(std::string path,
                                                                       MailboxLimits limits = {});
  /// The *.eml files of a folder and its subfolders (symbolic links to folders are not followed), ordered by
  /// path.
  [[nodiscard]] static Result<std::unique_ptr<MailboxReader>> open_eml_folder(std::string path,
                                                                              const std::string& after = {},
                                                                              MailboxLimits limits = {});

  /// Fills `item`, whose memory is reused. False at the end.
  [[nodiscard]] virtual Result<bool> next(MailboxItem& item) = 0;
};

}  // namespace omnicrm::files
