#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <omnicrm/observe/logger.hpp>
#include <omnicrm/observe/trace.hpp>
#include <string>
#include <vector>

#include "observe/context_logger.hpp"
#include "observe/thread_context.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::observe;

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A sink that knows fields.
struct Noting final : Logger {
  struct Line {
    std::string area;
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
  };

  [[nodiscard]] bool wants(Level level) const noexcept override { return level >= least; }
  void write(Level, std::string_view, std::string_view) noexcept override {
    BOOST_ERROR("not without fields");
  }
  void record(Level, std::string_view area, std::string_view message,
              std::span<const Field> fields) noexcept override {
    Line& line = lines.emplace_back();
    line.area = area;
    line.message = message;
    for (const Field& field : fields) line.fields.emplace_back(field.name, field.value);
  }

  Level least = Level::debug;
  std::vector<Line> lines;
};

/// A sink from before there were fields.
struct Plain final : Logger {
  [[nodiscard]] bool wants(Level) const noexcept override { return true; }
  void write(Level, std::string_view, std::string_view message) noexcept override {
    lines.emplace_back(message);
  }
  std::vector<std::string> lines;
};

/// What is written to standard error meanwhile.
template <class Work>
std::string standard_error_of(Work work) {
  std::FILE* const file = std::tmpfile();
  BOOST_REQUIRE(file != nullptr);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  std::string text(static_cast<std::size_t>(std::ftell(file)), 0);
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

ThreadContext a_jobs_context() {
  ThreadContext context;
  context.job = *Uuid::parse("00000000-0000-7000-8000-000000000001");
  context.user = *Uuid::parse("00000000-0000-7000-8000-000000000002");
  context.batch = *Uuid::parse("00000000-0000-7000-8000-000000000003");
  context.kind = "mail";
  context.request = "r-1";
  context.trace = *TraceContext::parse(example);
  return context;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(logger)

BOOST_AUTO_TEST_CASE(a_line_carries_the_ids_of_its_thread) {
  const auto sink = std::make_shared<Noting>();
  const auto log = context_logger(sink);
  log->write(Level::info, "jobs", "idle");
  const ThreadContext context = a_jobs_context();
  {
    const ContextScope scope(context);
    log->record(Level::info, "jobs", "done", std::array{Field{"attempt", "2"}, Field{"kind", "own"}});
  }
  log->write(Level::info, "jobs", "idle again");
  BOOST_REQUIRE(sink->lines.size() == 3u);
  BOOST_TEST(sink->lines[0].fields.empty());
  BOOST_TEST(sink->lines[2].fields.empty());
  BOOST_TEST(sink->lines[1].message == "done");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"attempt", "2"},
      {"kind", "own"},
      {"job", "00000000-0000-7000-8000-000000000001"},
      {"user", "00000000-0000-7000-8000-000000000002"},
      {"batch", "00000000-0000-7000-8000-000000000003"},
      {"request", "r-1"},
      {"trace_id", "0af7651916cd43dd8448eb211c80319c"},
      {"span_id", "b7ad6b7169203331"}};
  BOOST_TEST((sink->lines[1].fields == expected));
}

BOOST_AUTO_TEST_CASE(what_nobody_wants_is_not_made) {
  const auto sink = std::make_shared<Noting>();
  sink->least = Level::warning;
  const auto log = context_logger(sink);
  BOOST_TEST(!log->wants(Level::info));
  log->write(Level::info, "jobs", "not heard");
  log->write(Level::warning, "jobs", "heard");
  BOOST_TEST(sink->lines.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_canary_reaches_no_sink) {
  const std::string canary = "q7Zt5canaryX9";
  const auto noting = std::make_shared<Noting>();
  const auto plain = std::make_shared<Plain>();
  const std::string request = "Bearer " + canary;
  const RequestScope scope({.request = request, .trace = {}});
  const std::array fields = {Field{"password", canary}, Field{"body", canary},
                             Field{"url", "pg://a:q7Zt5canaryX9@h/"}, Field{"empty_token", ""},
                             Field{"count", "3"}};
  const std::string written = standard_error_of([&] {
    for (const auto& sink : {std::shared_ptr<Logger>(noting), std::shared_ptr<Logger>(plain),
                             stderr_logger(Level::debug), stderr_logger(Level::debug, LogFormat::json)}) {
      const auto log = context_logger(sink);
      log->write(Level::error, "auth", "refused with Authorization: Bearer " + canary);
      log->record(Level::error, "auth", R"(answer {"access_token":")" + canary + "\"}", fields);
    }
  });
  BOOST_TEST(std::count(written.begin(), written.end(), '\n') == 4);
  BOOST_TEST(written.find(canary) == std::string::npos, written);
  BOOST_TEST(plain->lines.size() == 2u);
  for (const std::string& line : plain->lines) {
    BOOST_TEST(line.find(canary) == std::string::npos, line);
    BOOST_TEST(line.find("[redacted]") != std::string::npos, line);
  }
  BOOST_REQUIRE(noting->lines.size() == 2u);
  for (const Noting::Line& line : noting->lines) {
    BOOST_TEST(line.message.find(canary) == std::string::npos);
    for (const auto& [name, value] : line.fields) BOOST_TEST(value.find(canary) == std::string::npos, name);
  }
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"password", "[redacted]"}, {"body", "[redacted]"}, {"url", "pg://a:[redacted]@h/"},
      {"empty_token", ""},        {"count", "3"},         {"request", "Bearer [redacted]"}};
  BOOST_TEST((noting->lines[1].fields == expected));
}

BOOST_AUTO_TEST_CASE(a_sink_without_fields_has_them_in_its_text) {
  const auto sink = std::make_shared<Plain>();
  const auto log = context_logger(sink);
  log->record(
      Level::info, "jobs", "two\nlines\x1b[31m",
      std::array{Field{"note", "two words"}, Field{"quote", "a\"b\\c"}, Field{"none", ""}, Field{"n", "1"}});
  BOOST_REQUIRE(sink->lines.size() == 1u);
  BOOST_TEST(sink->lines[0] == R"(two\nlines\x1b[31m note="two words" quote="a\"b\\c" none="" n=1)");
}

BOOST_AUTO_TEST_CASE(a_json_line_is_an_object_on_one_line) {
  const std::string written = standard_error_of([] {
    const auto log = context_logger(stderr_logger(Level::info, LogFormat::json));
    const ThreadContext context = a_jobs_context();
    const ContextScope scope(context);
    log->record(Level::warning, "jobs", "a \"b\"\n\x01\xff\\ \xc3\xa9 %v {}",
                std::array{Field{"note", "x\ty"}});
    log->write(Level::debug, "jobs", "below");
  });
  BOOST_REQUIRE(std::count(written.begin(), written.end(), '\n') == 1);
  const auto line = boost::json::parse(written).as_object();
  BOOST_TEST(line.at("level").as_string() == "warning");
  BOOST_TEST(line.at("area").as_string() == "jobs");
  BOOST_TEST(line.at("message").as_string() == "a \"b\"\n\x01\xef\xbf\xbd\\ \xc3\xa9 %v {}");
  BOOST_TEST(line.at("note").as_string() == "x\ty");
  BOOST_TEST(line.at("job").as_string() == "00000000-0000-7000-8000-000000000001");
  BOOST_TEST(line.at("trace_id").as_string() == "0af7651916cd43dd8448eb211c80319c");
  const std::string time(line.at("time").as_string());
  BOOST_TEST(time.size() == std::string_view("2026-01-31T12:00:00.000000Z").size());
  BOOST_TEST(time.back() == 'Z');
}

BOOST_AUTO_TEST_CASE(a_text_line_is_one_line) {
  const std::string written = standard_error_of([] {
    const auto log = stderr_logger(Level::info);
    log->record(Level::info, "jobs", "forged\n2026-01-01 error auth: root", std::array{Field{"n", "1"}});
    log->write(Level::error, "jobs", "{} %s");
  });
  BOOST_TEST(std::count(written.begin(), written.end(), '\n') == 2);
  BOOST_TEST(written.find("Z info jobs: forged\\n2026-01-01 error auth: root n=1\n") != std::string::npos,
             written);
  BOOST_TEST(written.find("Z error jobs: {} %s\n") != std::string::npos, written);
}

BOOST_AUTO_TEST_SUITE_END()
