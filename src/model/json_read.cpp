#include "model/json_read.hpp"

#include <charconv>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace omnicrm::json_detail {
namespace {

// What the caller gave, short enough for a message.
std::string shown(std::string_view text) {
  const std::string_view start = text::cut(text, 40);
  return json_text(start) + (start.size() < text.size() ? "..." : "");
}

bool is_whole(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

Error Reader::error() const {
  std::string path;
  // NOLINTNEXTLINE(modernize-loop-convert): clang 14 cannot read libstdc++'s <ranges>
  for (auto part = path_.rbegin(); part != path_.rend(); ++part) {
    if (!path.empty() && !part->starts_with('[')) path += '.';
    path += *part;
  }
  return invalid(path.empty() ? "JSON" : path, reason_).value();
}

bool Reader::expected(std::string_view what, std::uint32_t node) {
  return refuse("expected " + std::string(what) + ", got " + std::string(kind_name(tape_[node].kind)));
}

bool Reader::wrong_name(std::uint32_t node, const std::string& allowed) {
  return refuse("expected one of " + allowed + "; got " + shown(tape_[node].text));
}

bool Reader::read_integer(std::uint32_t node, std::int64_t low, std::int64_t high, std::int64_t& value) {
  if (tape_[node].kind != JsonNode::Kind::number) return expected("integer", node);
  const std::string_view text = tape_[node].text;
  const auto out_of_range = [&] {
    return refuse("out of range: " + shown(text) + " is not between " + std::to_string(low) + " and " +
                  std::to_string(high));
  };
  if (is_whole(text)) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc{} || value < low || value > high) return out_of_range();
    return true;
  }
  // 5.0 and 1e3 are integers too (JSON Schema 2020-12 section 6.1.1), as far as a double holds them exactly.
  constexpr double exact = 9007199254740992.0;  // 2^53
  double real = 0;
  if (!read_real(node, real)) return false;
  if (real != std::trunc(real)) return refuse("expected integer, got " + shown(text));
  if (real < -exact || real > exact) return out_of_range();
  value = static_cast<std::int64_t>(real);
  return (value >= low && value <= high) || out_of_range();
}

bool Reader::read_real(std::uint32_t node, double& value) {
  if (!expect(node, JsonNode::Kind::number)) return false;
  const std::string_view text = tape_[node].text;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} || refuse("out of range: " + shown(text));
}

bool Reader::read_free(std::uint32_t node, Json& value) {
  value.text.clear();
  JsonWriter out(value.text);
  return tape_.write_compact(out, node, reason_);
}

bool Reader::read_uuid(std::uint32_t node, Uuid& value) {
  if (!expect(node, JsonNode::Kind::text)) return false;
  const auto read = Uuid::parse(tape_[node].text);
  if (!read) return refuse("expected a UUID, got " + shown(tape_[node].text));
  value = *read;
  return true;
}

bool Reader::read_timestamp(std::uint32_t node, Timestamp& value) {
  if (!expect(node, JsonNode::Kind::text)) return false;
  const auto read = parse_timestamp(tape_[node].text);
  if (!read) return refuse("expected a time such as 2002-08-22T12:36:23Z, got " + shown(tape_[node].text));
  value = *read;
  return true;
}

bool Reader::read_date(std::uint32_t node, Date& value) {
  if (!expect(node, JsonNode::Kind::text)) return false;
  const auto read = parse_date(tape_[node].text);
  if (!read) return refuse("expected a day such as 2002-08-22, got " + shown(tape_[node].text));
  value = *read;
  return true;
}

}  // namespace omnicrm::json_detail
