#include <algorithm>

#include <omnicrm/observe/trace.hpp>

#include "core/errors.hpp"
#include "observe/hex.hpp"

namespace omnicrm::observe {
namespace {

// version "-" trace-id "-" parent-id "-" trace-flags (section 3.2)
constexpr std::size_t trace_at = 3;
constexpr std::size_t span_at = 36;
constexpr std::size_t flags_at = 53;
constexpr std::size_t size_of_00 = 55;
constexpr std::uint8_t no_version = 0xff;
constexpr std::uint8_t sampled_flag = 1;

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// Zeros are no id; a generator that gives nothing else is not asked forever.
void fill(Random& random, std::span<std::uint8_t> id) {
  random.fill(std::as_writable_bytes(id));
  if (is_zero(id)) id.back() = 1;
}

}  // namespace

bool TraceContext::is_valid() const noexcept {
  return !is_zero(trace_id) && !is_zero(span_id);
}

Result<TraceContext> TraceContext::parse(std::string_view traceparent) {
  const auto refuse = [](std::string_view why) { return invalid("traceparent", why); };
  if (traceparent.size() < size_of_00) return refuse("must have 55 characters");
  if (traceparent[trace_at - 1] != '-' || traceparent[span_at - 1] != '-' ||
      traceparent[flags_at - 1] != '-') {
    return refuse("must be version-trace-span-flags");
  }
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  TraceContext read;
  if (!read_hex(traceparent.substr(0, 2), version) ||
      !read_hex(traceparent.substr(trace_at, 32), read.trace_id) ||
      !read_hex(traceparent.substr(span_at, 16), read.span_id) ||
      !read_hex(traceparent.substr(flags_at, 2), flags)) {
    return refuse("must be lower-case hexadecimal digits");
  }
  if (version[0] == no_version) return refuse("version ff is forbidden");
  if (traceparent.size() > size_of_00 && (version[0] == 0 || traceparent[size_of_00] != '-'))
    return refuse("is too long");
  if (!read.is_valid()) return refuse("ids of zeros are none");
  read.flags = flags[0];
  return read;
}

std::string TraceContext::to_string() const {
  if (!is_valid()) return {};
  std::string out = "00-";
  write_hex(out, trace_id);
  out += '-';
  write_hex(out, span_id);
  return out += is_sampled() ? "-01" : "-00";
}

std::string TraceContext::trace_id_text() const {
  std::string out;
  write_hex(out, trace_id);
  return out;
}

std::string TraceContext::span_id_text() const {
  std::string out;
  write_hex(out, span_id);
  return out;
}

TraceContext TraceContext::make(Random& random, bool sampled) {
  TraceContext made;
  fill(random, made.trace_id);
  fill(random, made.span_id);
  made.flags = sampled ? sampled_flag : 0;
  return made;
}

TraceContext TraceContext::child(Random& random) const {
  TraceContext made = *this;
  fill(random, made.span_id);
  made.flags &= sampled_flag;
  return made;
}

}  // namespace omnicrm::observe
