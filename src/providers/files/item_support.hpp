// What the readers of all formats share: names for items, their origin, bytes out of a file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm::files {

/// Longer names of items are replaced by their hash.
inline constexpr std::size_t longest_source_id = 900;

/// "sha256:" and the digest of `bytes`.
[[nodiscard]] std::string hashed_id(std::string_view bytes);
/// `name` if it can stand as a source id (not empty, UTF-8 without control characters), its hash if it is too
/// long, else the hash of `bytes`.
[[nodiscard]] std::string named_id(std::string_view name, std::string_view bytes);

/// A position as a reader wrote it; 0 for an empty one. Errors: `invalid_argument`.
[[nodiscard]] Result<std::uint64_t> parse_position(std::string_view text);

/// A JSON object that is written member by member.
class ObjectText {
 public:
  ObjectText& text(std::string_view name, std::string_view value);
  ObjectText& number(std::string_view name, std::uint64_t value);
  /// Left out if there is none.
  ObjectText& texts(std::string_view name, const std::vector<std::string>& values);
  [[nodiscard]] Json finish();

 private:
  void name(std::string_view name);
  std::string text_ = "{";
};

/// The text member of an object that `ObjectText` wrote; empty if there is none.
[[nodiscard]] std::string origin_text(const Json* origin, std::string_view name);

/// Makes `item` a new pending one.
void start_item(sync::SourceItem& item, std::string_view service, std::string_view content_type);
/// Marks an item that cannot be read. `word`: a stable one ("truncated").
void poison(sync::SourceItem& item, std::string_view word, std::string_view detail);
/// Marks an item over the cap.
void too_large(sync::SourceItem& item, std::uint64_t bytes, std::uint64_t cap);

/// Any part of a file, for items whose place is known. One thread at a time.
class FileBytes {
 public:
  [[nodiscard]] static Result<FileBytes> open(const std::string& path);
  FileBytes(FileBytes&& other) noexcept;
  FileBytes& operator=(FileBytes&&) = delete;
  ~FileBytes();

  /// The bytes from `begin` up to `end`, or up to the end of the file; UTF-16 becomes UTF-8.
  [[nodiscard]] Result<std::string> read(std::uint64_t begin, std::uint64_t end) const;

 private:
  FileBytes(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
  [[nodiscard]] Result<std::string> read_utf16(std::uint64_t begin, std::uint64_t end) const;

  std::string path_;
  int descriptor_;
  bool utf16_ = false;
};

}  // namespace omnicrm::files
