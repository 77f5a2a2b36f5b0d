// A JSON text, read once into a flat list of nodes: every name is kept, also one that comes twice, and
// numbers keep their text, so that nothing is lost before the record says what it wants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>

#include "model/json_writer.hpp"

namespace omnicrm {

/// How deep JSON may nest that is read into a record, and free JSON (`Json`) in it. Free JSON is held
/// shallower, so that it can be read again from inside whatever record holds it.
inline constexpr std::size_t max_json_depth = 64;
inline constexpr std::size_t max_free_json_depth = 32;
inline constexpr std::size_t max_json_bytes = std::size_t{64} << 20;

struct JsonNode {
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  /// Elements of an array, members of an object.
  std::uint32_t count = 0;
  /// Index of the node after this one and all inside it.
  std::uint32_t next = 0;
  /// Of a text: without quotes and escapes. Of a number: as it stood.
  std::string_view text;
};

/// The word for it in messages: "text", "number" ...
[[nodiscard]] std::string_view kind_name(JsonNode::Kind kind) noexcept;

/// Node 0 is the value; an array's elements follow it, an object's members follow as name, value, name,
/// value. Borrows the text that was parsed. Immutable after `parse`.
class JsonTape {
 public:
  /// Errors: `invalid_argument` with the position in bytes (RFC 8259 grammar, UTF-8, depth, size).
  /// `field` is named in the message when not empty.
  static Result<JsonTape> parse(std::string_view text, std::string_view field = {});

  [[nodiscard]] const JsonNode& operator[](std::uint32_t node) const { return nodes_[node]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }

  /// Writes a value without white space, numbers as they stood. False, with the reason, when it nests too
  /// deep or an object in it has a name twice.
  bool write_compact(JsonWriter& out, std::uint32_t node, std::string& reason) const;
  /// The same with members in the order of their names' bytes and numbers in one form each.
  bool write_canonical(JsonWriter& out, std::uint32_t node, std::string& reason) const;

 private:
  friend struct TapeHandler;
  bool write(JsonWriter& out, std::uint32_t node, bool canonical, std::size_t depth,
             std::string& reason) const;
  bool write_object(JsonWriter& out, std::uint32_t node, bool canonical, std::size_t depth,
                    std::string& reason) const;

  std::vector<JsonNode> nodes_;
  std::unique_ptr<char[]> unescaped_;
};

}  // namespace omnicrm
