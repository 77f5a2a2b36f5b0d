// Many threads, few connections: nobody is forgotten in the line, whoever leaves it passes the word on.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "postgres_fixture.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;
using namespace std::chrono_literals;
using namespace omnicrm::testing;

BOOST_FIXTURE_TEST_SUITE(postgres_pool, PostgresFixture)

// No sleep may hide a lost wake-up: the acquire timeout is longer than the test may take.
BOOST_AUTO_TEST_CASE(everybody_in_the_line_is_served) {
  storage.reset();
  options.pool_size = 2;
  options.acquire_timeout = 60s;
  open();
  constexpr std::size_t threads = 32;
  std::vector<std::int64_t> reads(threads);
  std::atomic<int> failed = 0;
  const auto started = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> readers;
    for (std::size_t thread = 0; thread < threads; ++thread) {
      readers.emplace_back([&, thread] {
        while (std::chrono::steady_clock::now() - started < 1s) {
          failed += number("SELECT 1").value_or(0) == 1 ? 0 : 1;
          ++reads[thread];
        }
      });
    }
  }
  BOOST_TEST(failed == 0);
  const auto [least, most] = std::ranges::minmax(reads);
  BOOST_TEST_MESSAGE("reads of a thread: " << least << " to " << most);
  BOOST_TEST(least > 0);
  BOOST_TEST((std::chrono::steady_clock::now() - started < 20s));
}

BOOST_AUTO_TEST_CASE(who_leaves_the_line_passes_the_word_on) {
  storage.reset();
  options.pool_size = 1;
  options.acquire_timeout = 60s;
  open();
  std::atomic<int> stopped = 0;
  std::atomic<int> failed = 0;
  {
    std::vector<std::jthread> readers;
    for (int thread = 0; thread < 16; ++thread) {
      readers.emplace_back([&, thread] {
        for (int turn = 0; turn < 50; ++turn) {
          std::stop_source stop;
          std::jthread asks;
          if (thread % 2 == 0) {
            asks = std::jthread([stop, turn]() mutable {
              std::this_thread::sleep_for(std::chrono::microseconds(turn * 37));
              stop.request_stop();
            });
          }
          const auto done = storage->read({.stop = stop.get_token()}, [](Connection& connection) {
            return storage::run(connection, "SELECT 1");
          });
          if (done) continue;
          ++(done.error().code == ErrorCode::cancelled ? stopped : failed);
        }
      });
    }
  }
  BOOST_TEST_MESSAGE(stopped << " left the line or their read");
  BOOST_TEST(failed == 0);
  BOOST_TEST(number("SELECT 1").value_or(0) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
