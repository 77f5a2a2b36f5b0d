// https://www.w3.org/TR/trace-context/ and the cases of its test suite (w3c/trace-context, test/test.py).
#include <array>
#include <boost/test/unit_test.hpp>
#include <omnicrm/observe/trace.hpp>
#include <set>
#include <string>
#include <thread>

#include "noting_tracer.hpp"
#include "observe/span_scope.hpp"
#include "observe/thread_context.hpp"
#include "parts/fake_clock.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::observe;
using omnicrm::testing::SeededRandom;

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct Zeros final : Random {
  void fill(std::span<std::byte> out) override { std::fill(out.begin(), out.end(), std::byte{}); }
};

TraceContext parsed(std::string_view text) {
  const auto read = TraceContext::parse(text);
  BOOST_REQUIRE_MESSAGE(read.has_value(), text);
  return *read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trace)

BOOST_AUTO_TEST_CASE(the_specifications_examples_come_back_as_they_were) {
  for (const std::string_view text :
       {example, std::string_view("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        std::string_view("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")}) {
    BOOST_TEST(parsed(text).to_string() == text);
  }
  BOOST_TEST(parsed(example).trace_id_text() == "0af7651916cd43dd8448eb211c80319c");
  BOOST_TEST(parsed(example).span_id_text() == "b7ad6b7169203331");
  BOOST_TEST(parsed(example).is_sampled());
}

BOOST_AUTO_TEST_CASE(what_the_suite_takes_is_taken) {
  for (const std::string_view text : {
           "00-12345678901234567890123456789012-1234567890123456-00",
           "00-12345678901234567890123456789012-1234567890123456-ff",  // flags of the future
           "01-12345678901234567890123456789012-1234567890123456-01",
           "cc-12345678901234567890123456789012-1234567890123456-01",
           "cc-12345678901234567890123456789012-1234567890123456-01-",
           "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
           "fe-12345678901234567890123456789012-1234567890123456-01",
       }) {
    BOOST_TEST(parsed(text).trace_id_text() == "12345678901234567890123456789012", text);
    BOOST_TEST(parsed(text).span_id_text() == "1234567890123456", text);
  }
}

BOOST_AUTO_TEST_CASE(flags_that_are_not_known_are_not_sent_on) {
  BOOST_TEST(parsed("00-12345678901234567890123456789012-1234567890123456-ff").to_string() ==
             "00-12345678901234567890123456789012-1234567890123456-01");
  BOOST_TEST(parsed("00-12345678901234567890123456789012-1234567890123456-fe").to_string() ==
             "00-12345678901234567890123456789012-1234567890123456-00");
}

BOOST_AUTO_TEST_CASE(what_the_suite_refuses_is_refused) {
  for (const std::string_view text : {
           "",
           "00",
           "-",
           "00-12345678901234567890123456789012-1234567890123456",
           "00-12345678901234567890123456789012-1234567890123456-",
           // version
           ".0-12345678901234567890123456789012-1234567890123456-01",
           "0.-12345678901234567890123456789012-1234567890123456-01",
           "000-12345678901234567890123456789012-1234567890123456-01",
           "0000-12345678901234567890123456789012-1234567890123456-01",
           "0-12345678901234567890123456789012-1234567890123456-01",
           "ff-12345678901234567890123456789012-1234567890123456-01",
           "FE-12345678901234567890123456789012-1234567890123456-01",
           // more than version 00 has
           "00-12345678901234567890123456789012-1234567890123456-01.",
           "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
           "00-12345678901234567890123456789012-1234567890123456-01-",
           "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
           "cc-12345678901234567890123456789012-1234567890123456-0100",
           // trace id
           "00-00000000000000000000000000000000-1234567890123456-01",
           "00-.2345678901234567890123456789012-1234567890123456-01",
           "00-1234567890123456789012345678901.-1234567890123456-01",
           "00-123456789012345678901234567890123-1234567890123456-01",
           "00-1234567890123456789012345678901-1234567890123456-01",
           "00-ABCDEF78901234567890123456789012-1234567890123456-01",
           // parent id
           "00-12345678901234567890123456789012-0000000000000000-01",
           "00-12345678901234567890123456789012-.234567890123456-01",
           "00-12345678901234567890123456789012-123456789012345.-01",
           "00-12345678901234567890123456789012-12345678901234567-01",
           "00-12345678901234567890123456789012-123456789012345-01",
           "00-12345678901234567890123456789012-ABCDEF7890123456-01",
           // flags
           "00-12345678901234567890123456789012-1234567890123456-.0",
           "00-12345678901234567890123456789012-1234567890123456-0.",
           "00-12345678901234567890123456789012-1234567890123456-001",
           "00-12345678901234567890123456789012-1234567890123456-1",
           "00-12345678901234567890123456789012-1234567890123456-0A",
           // separators
           "00_12345678901234567890123456789012-1234567890123456-01",
           "00-12345678901234567890123456789012_1234567890123456-01",
           "00-12345678901234567890123456789012-1234567890123456_01",
           " 00-12345678901234567890123456789012-1234567890123456-01",
       }) {
    const auto read = TraceContext::parse(text);
    BOOST_TEST(!read.has_value(), text);
    if (!read) BOOST_TEST((read.error().code == ErrorCode::invalid_argument), text);
  }
}

BOOST_AUTO_TEST_CASE(new_ids_are_new_and_never_zeros) {
  SeededRandom random(7);
  std::set<std::string> seen;
  for (int round = 0; round < 1'000; ++round) {
    const TraceContext made = TraceContext::make(random);
    BOOST_TEST(made.is_valid());
    BOOST_TEST(made.is_sampled());
    BOOST_TEST((parsed(made.to_string()) == made));
    BOOST_TEST(seen.insert(made.trace_id_text()).second);
    const TraceContext below = made.child(random);
    BOOST_TEST((below.trace_id == made.trace_id));
    BOOST_TEST((below.span_id != made.span_id));
    BOOST_TEST(below.flags == made.flags);
  }
  Zeros zeros;
  BOOST_TEST(TraceContext::make(zeros, false).is_valid());
  BOOST_TEST(!TraceContext::make(zeros, false).is_sampled());
  BOOST_TEST(TraceContext{}.to_string().empty());
  BOOST_TEST(!TraceContext{}.is_valid());
}

BOOST_AUTO_TEST_CASE(scopes_nest_and_belong_to_their_thread) {
  BOOST_TEST(!current_trace().is_valid());
  BOOST_TEST(current_request().empty());
  {
    const RequestScope outer({.request = "r-1", .trace = parsed(example)});
    BOOST_TEST(current_request() == "r-1");
    {
      const RequestScope inner(
          {.request = {}, .trace = parsed("00-12345678901234567890123456789012-1234567890123456-01")});
      BOOST_TEST(current_request() == "r-1");
      BOOST_TEST(current_trace().span_id_text() == "1234567890123456");
      std::thread([] {
        BOOST_TEST(!current_trace().is_valid());
        BOOST_TEST(current_request().empty());
      }).join();
    }
    BOOST_TEST(current_trace().to_string() == example);
    ThreadContext other;
    other.job.bytes[0] = 1;
    {
      const ContextScope whole(other);
      BOOST_TEST(current_request().empty());
      BOOST_TEST(!current_trace().is_valid());
      BOOST_TEST((thread_context().job == other.job));
    }
    BOOST_TEST(thread_context().job.is_nil());
    {
      const UserScope user(other.job);
      BOOST_TEST((thread_context().user == other.job));
      BOOST_TEST(current_request() == "r-1");
    }
    BOOST_TEST(thread_context().user.is_nil());
    BOOST_TEST(current_request() == "r-1");
    const std::string long_one(127, 'a');
    const std::string longer = long_one + "\xc3\xa9 and more";
    const RequestScope cut({.request = longer, .trace = {}});
    BOOST_TEST(current_request() == long_one);  // not within a character
  }
  BOOST_TEST(!current_trace().is_valid());
  BOOST_TEST(current_request().empty());
}

BOOST_AUTO_TEST_CASE(a_span_is_the_current_one_until_it_ends) {
  omnicrm::testing::NotingTracer tracer;
  const TraceContext parent = parsed(example);
  {
    SpanScope span(&tracer, "job mail", SpanKind::consumer, parent, std::array{Field{"kind", "mail"}});
    BOOST_TEST((current_trace().trace_id == parent.trace_id));
    BOOST_TEST((current_trace().span_id != parent.span_id));
    span.set("attempt", "1");
    span.fail(Error{.code = ErrorCode::unavailable, .message = "gone"});
  }
  BOOST_TEST(tracer.log() == "start job mail;kind=mail;attempt=1;fail gone;end;");
  BOOST_TEST(!current_trace().is_valid());
  {
    SpanScope root(&tracer, "x", SpanKind::server, {});
    BOOST_TEST(current_trace().is_valid());
  }
  tracer.declines = true;
  for (Tracer* some : {static_cast<Tracer*>(&tracer), static_cast<Tracer*>(nullptr)}) {
    SpanScope span(some, "x", SpanKind::internal, parent);
    span.set("a", "b");
    span.fail(Error{});
    BOOST_TEST((current_trace() == parent));
  }
  SpanScope none(nullptr, "x", SpanKind::internal, {});
  BOOST_TEST(!current_trace().is_valid());
}

BOOST_AUTO_TEST_SUITE_END()
