// Distributed traces: W3C Trace Context, carried from a call to the jobs that it enqueues.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <omnicrm/core/clock.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/observe/logger.hpp>

namespace omnicrm::observe {

/// Which trace, and which span of it: the header `traceparent` of https://www.w3.org/TR/trace-context/ (Level
/// 1). A default one is no trace. `tracestate`, the vendors' list beside it, is the host's business. @since
/// 0.1
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  /// Bit 0: sampled. The others are reserved: kept when read, not sent on (section 3.2.2.5).
  std::uint8_t flags = 0;

  /// Both ids are there (section 3.2.2.3 and 3.2.2.4: all zeros is none).
  [[nodiscard]] bool is_valid() const noexcept;
  [[nodiscard]] bool is_sampled() const noexcept { return (flags & 1U) != 0; }

  /// Reads a `traceparent`. Version 00 is exactly 55 characters of lower-case hexadecimal digits and dashes;
  /// of a later version the first 55 are read and the rest, which must begin with a dash, is left
  /// (section 4.3); version ff and ids of zeros are refused. Errors: `invalid_argument`.
  [[nodiscard]] static Result<TraceContext> parse(std::string_view traceparent);
  /// Version 00: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01". Empty when not valid.
  [[nodiscard]] std::string to_string() const;
  /// 32 hexadecimal digits.
  [[nodiscard]] std::string trace_id_text() const;
  /// 16 hexadecimal digits.
  [[nodiscard]] std::string span_id_text() const;

  /// A trace of its own.
  [[nodiscard]] static TraceContext make(Random& random, bool sampled = true);
  /// Another span of this trace, below this one.
  [[nodiscard]] TraceContext child(Random& random) const;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// Where a span stands, as OpenTelemetry has it. @since 0.1
enum class SpanKind { internal, server, client, producer, consumer };

/// Work that takes time, of a trace. Ends when it is destroyed. One thread at a time. Functions do not throw.
/// @since 0.1
class Span {
 public:
  virtual ~Span() = default;
  /// The span's own ids: the parent of what happens within it.
  [[nodiscard]] virtual TraceContext context() const noexcept = 0;
  virtual void set(std::string_view name, std::string_view value) noexcept = 0;
  /// What it failed with; a span that hears none went well.
  virtual void fail(const Error& error) noexcept = 0;
};

/// Receives spans: a host's bridge to its tracing library (OpenTelemetry). Thread-safe, does not throw.
/// @since 0.1
class Tracer {
 public:
  virtual ~Tracer() = default;
  /// `name` is of a small set (`contacts.create`, `job import_files`). A `parent` that is not valid: the span
  /// begins a trace. Null: not traced; then the parent stays the current one.
  [[nodiscard]] virtual std::unique_ptr<Span> start(std::string_view name, SpanKind kind,
                                                    const TraceContext& parent,
                                                    std::span<const Field> attributes) noexcept = 0;
};

/// The span that the calling thread works in; not valid when there is none. @since 0.1
[[nodiscard]] const TraceContext& current_trace() noexcept;
/// The id of the request that the calling thread works for; empty when there is none. Borrowed from the scope
/// that set it. @since 0.1
[[nodiscard]] std::string_view current_request() noexcept;

/// While it lives, the calling thread works for this request in this trace: calls of sessions, the jobs that
/// they enqueue and all log lines carry both. Scopes nest and end in reverse order, on the thread that made
/// them.
///
///     observe::RequestScope scope({.request = id, .trace =
///     observe::TraceContext::parse(header).value_or({})}); session.call("contacts.create", body);
///
/// @since 0.1
class RequestScope {
 public:
  struct What {
    /// Borrowed while the scope lives; cut at 128 bytes. Empty: as before.
    std::string_view request = {};
    /// Not valid: as before.
    TraceContext trace = {};
  };

  explicit RequestScope(const What& what) noexcept;
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string_view request_before_;
  TraceContext trace_before_;
};

}  // namespace omnicrm::observe
