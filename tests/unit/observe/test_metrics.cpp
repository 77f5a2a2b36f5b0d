#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <omnicrm/observe/metrics.hpp>
#include <string>
#include <thread>
#include <vector>

#include "exposition_reader.hpp"

namespace {

using namespace omnicrm::observe;
using omnicrm::testing::ExpositionReader;
using omnicrm::testing::ReadExposition;
using Labels = std::map<std::string, std::string>;

ReadExposition read(const Metrics& metrics) {
  return ExpositionReader::read(metrics.text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(nothing_counted_is_an_empty_text) {
  BOOST_TEST(prometheus_metrics()->text().empty());
  BOOST_TEST(no_metrics()->text().empty());
}

BOOST_AUTO_TEST_CASE(the_text_is_what_the_format_says) {
  const auto metrics = prometheus_metrics();
  metrics->counter({.name = "jobs_total", .help = "Jobs."}, std::array{Label{"kind", "a"}})->add(3);
  metrics->gauge({.name = "ready"}, {})->set(-1.5);
  const auto histogram = metrics->histogram({.name = "run_seconds", .help = "Time."},
                                            std::array{Label{"kind", "a"}}, std::array{0.1, 2.5});
  for (const double value : {0.05, 0.1, 0.2, 100.0}) histogram->observe(value);
  BOOST_TEST(metrics->text() ==
             "# HELP jobs_total Jobs.\n"
             "# TYPE jobs_total counter\n"
             "jobs_total{kind=\"a\"} 3\n"
             "# TYPE ready gauge\n"
             "ready -1.5\n"
             "# HELP run_seconds Time.\n"
             "# TYPE run_seconds histogram\n"
             "run_seconds_bucket{kind=\"a\",le=\"0.1\"} 2\n"
             "run_seconds_bucket{kind=\"a\",le=\"2.5\"} 3\n"
             "run_seconds_bucket{kind=\"a\",le=\"+Inf\"} 4\n"
             "run_seconds_sum{kind=\"a\"} 100.35\n"
             "run_seconds_count{kind=\"a\"} 4\n");
}

BOOST_AUTO_TEST_CASE(escapes_come_back_as_what_they_were) {
  const auto metrics = prometheus_metrics();
  const std::string wild = "a\"b\\c\nd\\ne \xc3\xa9 \xf0\x9f\x98\x80 {},=";
  metrics->gauge({.name = "wild", .help = "one\\two\nthree \"four\""}, std::array{Label{"kind", wild}})
      ->set(1);
  metrics->gauge({.name = "broken"}, std::array{Label{"kind", "\xff\xfe"}})->set(1);
  const ReadExposition told = read(*metrics);
  BOOST_TEST(told.helps.at("wild") == "one\\two\nthree \"four\"");
  BOOST_TEST(told.find("wild", {{"kind", wild}}).value_or(0) == 1);
  BOOST_TEST(told.find("broken", {{"kind", "\xef\xbf\xbd\xef\xbf\xbd"}}).value_or(0) == 1);
}

BOOST_AUTO_TEST_CASE(numbers_are_exact) {
  const auto metrics = prometheus_metrics();
  const auto gauge = metrics->gauge({.name = "value"}, {});
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {0.0, 1.0, -1.0, 0.1, 1e300, -1e-300, 123456789012345.0, 1e15, 9007199254740993.0,
                             infinity, -infinity, 1.0 / 3.0}) {
    gauge->set(value);
    BOOST_TEST(read(*metrics).find("value").value() == value);
  }
  gauge->set(std::numeric_limits<double>::quiet_NaN());
  BOOST_TEST(std::isnan(read(*metrics).find("value").value()));
}

BOOST_AUTO_TEST_CASE(a_counter_only_grows) {
  const auto metrics = prometheus_metrics();
  const auto counter = metrics->counter({.name = "c_total"}, {});
  double last = 0;
  for (const double amount : {1.0, 0.0, 0.25, 2.5, 1e17, 1e-9}) {
    counter->add(amount);
    const double now = read(*metrics).find("c_total").value();
    BOOST_TEST(now >= last);
    last = now;
  }
  for (const double refused :
       {-1.0, -0.5, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    counter->add(refused);
    BOOST_TEST(read(*metrics).find("c_total").value() == last);
  }
  const auto small = metrics->counter({.name = "small_total"}, {});
  small->add();
  small->add(0.5);
  BOOST_TEST(read(*metrics).find("small_total").value() == 1.5);
}

BOOST_AUTO_TEST_CASE(buckets_hold_all_that_is_below_them) {
  const auto metrics = prometheus_metrics();
  // What does not rise is no bound.
  const auto histogram = metrics->histogram(
      {.name = "h"}, {}, std::array{1.0, 1.0, 0.5, 2.0, std::numeric_limits<double>::infinity()});
  for (const double value : {-5.0, 1.0, 1.5, 2.0, 2.1, 1e9}) histogram->observe(value);
  histogram->observe(std::numeric_limits<double>::quiet_NaN());
  const ReadExposition told = read(*metrics);
  BOOST_TEST(told.samples.size() == 5u);
  BOOST_TEST(told.find("h_bucket", {{"le", "1"}}).value() == 2);
  BOOST_TEST(told.find("h_bucket", {{"le", "2"}}).value() == 4);
  BOOST_TEST(told.find("h_bucket", {{"le", "+Inf"}}).value() == 6);
  BOOST_TEST(told.find("h_count").value() == 6);
  BOOST_TEST(told.find("h_sum").value() == -5.0 + 1.0 + 1.5 + 2.0 + 2.1 + 1e9);
  const auto without_bounds = metrics->histogram({.name = "g"}, {}, {});
  without_bounds->observe(3);
  BOOST_TEST(read(*metrics).find("g_bucket", {{"le", "+Inf"}}).value() == 1);
}

BOOST_AUTO_TEST_CASE(the_same_name_and_labels_are_the_same_instrument) {
  const auto metrics = prometheus_metrics();
  const auto first = metrics->counter({.name = "c_total"}, std::array{Label{"a", "1"}, Label{"b", "2"}});
  const auto second = metrics->counter({.name = "c_total"}, std::array{Label{"b", "2"}, Label{"a", "1"}});
  BOOST_TEST(first.get() == second.get());
  const auto other = metrics->counter({.name = "c_total"}, std::array{Label{"a", "2"}, Label{"b", "1"}});
  BOOST_TEST(first.get() != other.get());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_told_is_dropped_and_never_null) {
  const auto metrics = prometheus_metrics();
  metrics->counter({.name = "c_total"}, {})->add();
  metrics->histogram({.name = "h"}, {}, {})->observe(1);
  const std::string before = metrics->text();
  const auto gauge = [&](std::string_view name, std::vector<Label> labels = {}) {
    const auto made = metrics->gauge({.name = name}, labels);
    BOOST_REQUIRE(made);
    made->set(1);
  };
  gauge("c_total");  // a counter
  gauge("h_count");  // the histogram's
  gauge("");
  gauge("1abc");
  gauge("a-b");
  gauge("a\nb 1");
  gauge("ok", {{"1", "x"}});
  gauge("ok", {{"__name__", "x"}});
  gauge("ok", {{"le", "x"}});
  gauge("ok", {{"a:b", "x"}});
  gauge("ok", {{"a", "x"}, {"a", "y"}});
  metrics->gauge({.name = "x_sum"}, {})->set(1);
  metrics->histogram({.name = "x"}, {}, {})->observe(1);  // would write x_sum, too
  BOOST_TEST(read(*metrics).samples.size() == ExpositionReader::read(before).samples.size() + 1);
  BOOST_TEST(metrics->text().starts_with(before));
}

BOOST_AUTO_TEST_CASE(a_flood_of_labels_ends_as_other) {
  const auto metrics = prometheus_metrics();
  for (int number = 0; number < 5'000; ++number) {
    const std::string kind = "kind" + std::to_string(number);
    metrics->counter({.name = "c_total"}, std::array{Label{"kind", kind}})->add();
  }
  const ReadExposition told = read(*metrics);
  BOOST_TEST(told.samples.size() == 1'001u);
  BOOST_TEST(told.find("c_total", {{"kind", "other"}}).value() == 4'000);
  BOOST_TEST(told.find("c_total", {{"kind", "kind999"}}).value() == 1);
}

BOOST_AUTO_TEST_CASE(many_threads_lose_nothing_while_it_is_read) {
  const auto metrics = prometheus_metrics();
  constexpr int threads = 8;
  constexpr int rounds = 20'000;
  std::atomic<bool> over = false;
  std::vector<std::string> problems;
  std::thread reader([&] {
    double last = 0;
    while (!over) {
      const ReadExposition told = read(*metrics);
      const double now = told.find("c_total").value_or(0);
      if (now < last) problems.push_back("the counter went back");
      last = now;
      if (told.find("h_bucket", {{"le", "+Inf"}}) != told.find("h_count")) {
        problems.push_back("the count is not the last bucket");
      }
      if (told.find("h_bucket", {{"le", "1"}}).value_or(0) > told.find("h_count").value_or(0)) {
        problems.push_back("a bucket has more than all of them");
      }
    }
  });
  std::vector<std::thread> writers;
  for (int number = 0; number < threads; ++number) {
    writers.emplace_back([&, number] {
      const auto counter = metrics->counter({.name = "c_total"}, {});
      const auto halves = metrics->counter({.name = "halves_total"}, {});
      const auto histogram = metrics->histogram({.name = "h"}, {}, std::array{1.0, 2.0});
      const auto gauge = metrics->gauge({.name = "g"}, {});
      for (int round = 0; round < rounds; ++round) {
        counter->add();
        halves->add(0.5);
        histogram->observe(number % 4);
        gauge->set(round);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  over = true;
  reader.join();
  BOOST_TEST(problems.empty());
  const ReadExposition told = read(*metrics);
  BOOST_TEST(told.find("c_total").value() == threads * rounds);
  BOOST_TEST(told.find("halves_total").value() == threads * rounds / 2);
  BOOST_TEST(told.find("h_count").value() == threads * rounds);
  BOOST_TEST(told.find("h_bucket", {{"le", "1"}}).value() == threads * rounds / 2);
  BOOST_TEST(told.find("h_sum").value() == threads / 4 * (0 + 1 + 2 + 3) * rounds);
}

BOOST_AUTO_TEST_CASE(no_metrics_keep_nothing_and_say_so) {
  const auto metrics = no_metrics();
  BOOST_TEST(!metrics->is_on());
  BOOST_TEST(prometheus_metrics()->is_on());
  metrics->counter({.name = "c_total"}, {})->add();
  metrics->gauge({.name = "g"}, {})->set(1);
  metrics->histogram({.name = "h"}, {}, std::array{1.0})->observe(1);
  BOOST_TEST(metrics->text().empty());
}

BOOST_AUTO_TEST_SUITE_END()
