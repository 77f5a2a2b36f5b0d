#include "observe/context_logger.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observe/redact.hpp"
#include "observe/thread_context.hpp"

namespace omnicrm::observe {
namespace {

/// The fields of one line and the texts that they are views of.
class Line {
 public:
  explicit Line(std::span<const Field> own) {
    fields_.reserve(own.size() + most_ids);
    texts_.reserve(own.size() + most_ids);  // views into it stay
    for (const Field& field : own) add(field);
    add_context(thread_context());
  }

  [[nodiscard]] std::span<const Field> fields() const noexcept { return fields_; }

 private:
  static constexpr std::size_t most_ids = 7;

  void add(const Field& field) {
    if (is_private_name(field.name) && !field.value.empty()) {
      fields_.push_back({field.name, redacted_mark});
    } else if (auto clean = redacted(field.value)) {
      fields_.push_back({field.name, texts_.emplace_back(std::move(*clean))});
    } else {
      fields_.push_back(field);
    }
  }

  void add_id(std::string_view name, std::string text) {
    const bool is_there = std::ranges::find(fields_, name, &Field::name) != fields_.end();
    if (!is_there) fields_.push_back({name, texts_.emplace_back(std::move(text))});
  }

  void add_context(const ThreadContext& context) {
    if (!context.job.is_nil()) add_id("job", context.job.to_string());
    if (!context.kind.empty()) add_id("kind", std::string(context.kind));
    if (!context.user.is_nil()) add_id("user", context.user.to_string());
    if (!context.batch.is_nil()) add_id("batch", context.batch.to_string());
    if (!context.request.empty()) {
      // A host's text: what it may hold nobody knows.
      add_id("request", redacted(context.request).value_or(std::string(context.request)));
    }
    if (context.trace.is_valid()) {
      add_id("trace_id", context.trace.trace_id_text());
      add_id("span_id", context.trace.span_id_text());
    }
  }

  std::vector<Field> fields_;
  std::vector<std::string> texts_;
};

class ContextLogger final : public Logger {
 public:
  explicit ContextLogger(std::shared_ptr<Logger> sink) : sink_(std::move(sink)) {}

  [[nodiscard]] bool wants(Level level) const noexcept override { return sink_->wants(level); }
  void write(Level level, std::string_view area, std::string_view message) noexcept override {
    record(level, area, message, {});
  }
  void record(Level level, std::string_view area, std::string_view message,
              std::span<const Field> fields) noexcept override {
    if (!sink_->wants(level)) return;
    try {
      const std::optional<std::string> clean = redacted(message);
      const Line line(fields);
      sink_->record(level, area, clean ? std::string_view(*clean) : message, line.fields());
    } catch (...) {
      // No memory to make the line safe: it is lost rather than written as it came.
    }
  }

 private:
  const std::shared_ptr<Logger> sink_;
};

}  // namespace

std::shared_ptr<Logger> context_logger(std::shared_ptr<Logger> sink) {
  return std::make_shared<ContextLogger>(std::move(sink));
}

}  // namespace omnicrm::observe
