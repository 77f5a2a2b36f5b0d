#include "model/json_tape.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>
#include <functional>

#include "core/errors.hpp"

namespace omnicrm {
namespace {

constexpr std::size_t max_nodes = std::size_t{4} << 20;

}  // namespace

// Called by boost::json::basic_parser for every token. The whole text is one buffer, so that pieces of a
// number are neighbours in it; only texts with escapes are put together in a buffer of our own.
struct TapeHandler {
  static constexpr std::size_t max_object_size = max_json_bytes;
  static constexpr std::size_t max_array_size = max_json_bytes;
  static constexpr std::size_t max_key_size = max_json_bytes;
  static constexpr std::size_t max_string_size = max_json_bytes;

  using Text = boost::json::string_view;
  using Failed = boost::json::error_code;

  explicit TapeHandler(std::string_view input) : input_(input) {
    // Small records have a node for each 8 bytes or so; large ones are mostly text.
    tape_.nodes_.reserve(std::min<std::size_t>(input.size() / 8 + 4, 1024));
  }

  JsonTape take() { return std::move(tape_); }

  bool on_document_begin(Failed&) { return true; }
  bool on_document_end(Failed&) { return true; }
  bool on_object_begin(Failed& failed) { return open(JsonNode::Kind::object, failed); }
  bool on_array_begin(Failed& failed) { return open(JsonNode::Kind::array, failed); }
  bool on_object_end(std::size_t count, Failed&) { return close(count); }
  bool on_array_end(std::size_t count, Failed&) { return close(count); }
  bool on_null(Failed& failed) { return add({}, failed); }
  bool on_bool(bool value, Failed& failed) {
    return add({.kind = JsonNode::Kind::boolean, .boolean = value, .text = {}}, failed);
  }

  bool on_key_part(Text part, std::size_t, Failed&) { return keep(part); }
  bool on_string_part(Text part, std::size_t, Failed&) { return keep(part); }
  bool on_key(Text last, std::size_t, Failed& failed) { return add_text(last, failed); }
  bool on_string(Text last, std::size_t, Failed& failed) { return add_text(last, failed); }

  bool on_number_part(Text part, Failed&) {
    if (number_ == nullptr) number_ = part.data();
    return true;
  }
  bool on_int64(std::int64_t, Text last, Failed& failed) { return add_number(last, failed); }
  bool on_uint64(std::uint64_t, Text last, Failed& failed) { return add_number(last, failed); }
  bool on_double(double, Text last, Failed& failed) { return add_number(last, failed); }
  bool on_comment_part(Text, Failed&) { return true; }
  bool on_comment(Text, Failed&) { return true; }

 private:
  bool add(JsonNode node, Failed& failed) {
    if (tape_.nodes_.size() == max_nodes) {
      failed = boost::json::make_error_code(boost::json::error::array_too_large);
      return false;
    }
    node.next = static_cast<std::uint32_t>(tape_.nodes_.size()) + 1;
    tape_.nodes_.push_back(node);
    return true;
  }

  bool open(JsonNode::Kind kind, Failed& failed) {
    open_.push_back(static_cast<std::uint32_t>(tape_.nodes_.size()));
    return add({.kind = kind, .text = {}}, failed);
  }
  bool close(std::size_t count) {
    JsonNode& node = tape_.nodes_[open_.back()];
    open_.pop_back();
    node.count = static_cast<std::uint32_t>(count);
    node.next = static_cast<std::uint32_t>(tape_.nodes_.size());
    return true;
  }

  bool keep(Text part) {
    if (part.empty()) return true;
    // Without escapes a text is never longer than it stood in the input, so this never grows.
    if (!tape_.unescaped_) tape_.unescaped_ = std::make_unique_for_overwrite<char[]>(input_.size());
    std::memcpy(tape_.unescaped_.get() + used_, part.data(), part.size());
    used_ += part.size();
    return true;
  }
  bool add_text(Text last, Failed& failed) {
    const std::less_equal<> not_after;
    const bool in_input = not_after(input_.data(), last.data()) &&
                          not_after(last.data() + last.size(), input_.data() + input_.size());
    if (used_ == begun_ && in_input)
      return add({.kind = JsonNode::Kind::text, .text = {last.data(), last.size()}}, failed);
    keep(last);
    const std::string_view text(tape_.unescaped_ ? tape_.unescaped_.get() + begun_ : "", used_ - begun_);
    begun_ = used_;
    return add({.kind = JsonNode::Kind::text, .text = text}, failed);
  }
  bool add_number(Text last, Failed& failed) {
    const char* start = number_ == nullptr ? last.data() : number_;
    number_ = nullptr;
    const std::string_view text(start, static_cast<std::size_t>(last.data() + last.size() - start));
    return add({.kind = JsonNode::Kind::number, .text = text}, failed);
  }

  std::string_view input_;
  JsonTape tape_;
  std::vector<std::uint32_t> open_;
  std::size_t begun_ = 0;  // of the text being put together, in the buffer of our own
  std::size_t used_ = 0;
  const char* number_ = nullptr;
};

namespace {

tl::unexpected<Error> refuse(std::string_view field, std::size_t position, std::string_view reason) {
  Error error{.code = ErrorCode::invalid_argument, .message = {}, .details = {}};
  error.message.append(field.empty() ? "JSON" : field).append(": at byte ").append(std::to_string(position));
  error.message.append(": ").append(reason);
  error.details = "{\"field\":" + json_text(field) + ",\"position\":" + std::to_string(position) + "}";
  return fail(std::move(error));
}

std::size_t first_bad_utf8(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const std::size_t length = utf8_length(at, end);
    if (length == 0) break;
    at += length;
  }
  return static_cast<std::size_t>(at - text.data());
}

std::string reason_of(boost::json::error_code code) {
  using boost::json::error;
  if (code == error::incomplete) return "ends too early";
  if (code == error::extra_data) return "more text after the value";
  if (code == error::too_deep) return "nested deeper than " + std::to_string(max_json_depth) + " levels";
  if (code == error::array_too_large) return "more than " + std::to_string(max_nodes) + " values";
  return code.message();
}

// One form for each number: integers as they stand, all else as the shortest text of its double.
void write_number(JsonWriter& out, std::string_view text) {
  double value = 0;
  if (text == "-0") return out.raw('0');
  if (text.find_first_of(".eE") == std::string_view::npos) return out.raw(text);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return out.raw(text);
  if (value == 0) value = 0;  // -0.0
  out.real(value);
}

}  // namespace

std::string_view kind_name(JsonNode::Kind kind) noexcept {
  constexpr std::array<std::string_view, 6> names{"null", "true or false", "number",
                                                  "text", "array",         "object"};
  return names[static_cast<std::size_t>(kind)];
}

Result<JsonTape> JsonTape::parse(std::string_view text, std::string_view field) {
  if (text.size() > max_json_bytes)
    return refuse(field, max_json_bytes, "longer than " + std::to_string(max_json_bytes >> 20) + " MiB");
  boost::json::parse_options options;
  options.max_depth = max_json_depth;
  try {
    boost::json::basic_parser<TapeHandler> parser(options, text);
    boost::json::error_code failed;
    const std::size_t consumed = parser.write_some(false, text.data(), text.size(), failed);
    if (!failed && consumed < text.size())
      failed = boost::json::make_error_code(boost::json::error::extra_data);
    if (!failed) return parser.handler().take();
    if (const std::size_t position = first_bad_utf8(text); position < text.size())
      return refuse(field, position, "not UTF-8");
    return refuse(field, consumed, reason_of(failed));
  } catch (const std::exception& thrown) {  // out of memory
    return failure(ErrorCode::resource_exhausted, std::string("reading JSON: ") + thrown.what());
  }
}

bool JsonTape::write_compact(JsonWriter& out, std::uint32_t node, std::string& reason) const {
  return write(out, node, false, 0, reason);
}

bool JsonTape::write_canonical(JsonWriter& out, std::uint32_t node, std::string& reason) const {
  return write(out, node, true, 0, reason);
}

bool JsonTape::write(JsonWriter& out, std::uint32_t node, bool canonical, std::size_t depth,
                     std::string& reason) const {
  const JsonNode& value = nodes_[node];
  switch (value.kind) {
    case JsonNode::Kind::null:
      out.raw("null");
      return true;
    case JsonNode::Kind::boolean:
      out.boolean(value.boolean);
      return true;
    case JsonNode::Kind::text:
      out.text(value.text);
      return true;
    case JsonNode::Kind::number:
      if (canonical) {
        write_number(out, value.text);
      } else {
        out.raw(value.text);
      }
      return true;
    case JsonNode::Kind::array:
    case JsonNode::Kind::object:
      break;
  }
  if (!canonical && depth == max_free_json_depth) {
    reason = "nested deeper than " + std::to_string(max_free_json_depth) + " levels";
    return false;
  }
  if (value.kind == JsonNode::Kind::object) return write_object(out, node, canonical, depth, reason);
  out.raw('[');
  for (std::uint32_t child = node + 1, index = 0; index < value.count; ++index, child = nodes_[child].next) {
    if (index != 0) out.raw(',');
    if (!write(out, child, canonical, depth + 1, reason)) return false;
  }
  out.raw(']');
  return true;
}

bool JsonTape::write_object(JsonWriter& out, std::uint32_t node, bool canonical, std::size_t depth,
                            std::string& reason) const {
  std::vector<std::uint32_t> names(nodes_[node].count);
  std::uint32_t child = node + 1;
  for (std::uint32_t& name : names) {
    name = child;
    child = nodes_[child + 1].next;
  }
  const auto before = [this](std::uint32_t a, std::uint32_t b) { return nodes_[a].text < nodes_[b].text; };
  std::vector<std::uint32_t> sorted = names;
  std::sort(sorted.begin(), sorted.end(), before);
  const auto twice = std::adjacent_find(
      sorted.begin(), sorted.end(),
      [this](std::uint32_t a, std::uint32_t b) { return nodes_[a].text == nodes_[b].text; });
  if (twice != sorted.end()) {
    reason = "the name " + json_text(nodes_[*twice].text) + " comes twice";
    return false;
  }
  out.raw('{');
  bool first = true;
  for (const std::uint32_t name : canonical ? sorted : names) {
    if (!first) out.raw(',');
    first = false;
    out.text(nodes_[name].text);
    out.raw(':');
    if (!write(out, name + 1, canonical, depth + 1, reason)) return false;
  }
  out.raw('}');
  return true;
}

}  // namespace omnicrm
