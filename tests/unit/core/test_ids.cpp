#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <omnicrm/core/ids.hpp>
#include <set>
#include <thread>
#include <vector>

#include "core/id_generator.hpp"

using omnicrm::ContactId;
using omnicrm::IdGenerator;
using omnicrm::Timestamp;
using omnicrm::Uuid;

namespace {

class HandClock final : public omnicrm::Clock {
 public:
  Timestamp now() override { return at; }
  std::chrono::steady_clock::time_point steady_now() override { return {}; }
  Timestamp at = omnicrm::from_micros(1'645'557'742'000'123);
};

class Fixed final : public omnicrm::Random {
 public:
  void fill(std::span<std::byte> out) override {
    for (auto& byte : out) byte = std::byte{0xff};
  }
};

std::int64_t millis_of(const Uuid& id) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 6; ++i) value = value << 8 | id.bytes[i];
  return value;
}

void check_version_7(const Uuid& id) {
  BOOST_TEST_REQUIRE((id.bytes[6] >> 4) == 7);
  BOOST_TEST_REQUIRE((id.bytes[8] >> 6) == 2);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ids_suite)

BOOST_AUTO_TEST_CASE(uuids_are_read_and_written) {
  const std::string text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";  // RFC 9562 appendix A.6
  const auto id = Uuid::parse(text);
  BOOST_TEST_REQUIRE(id.has_value());
  BOOST_TEST(id->to_string() == text);
  BOOST_TEST((Uuid::parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F") == id));
  BOOST_TEST(Uuid{}.is_nil());
  BOOST_TEST(Uuid{}.to_string() == "00000000-0000-0000-0000-000000000000");
  for (const char* wrong :
       {"", "017f22e2", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", "017f22e2-79b0-7cc3-98c4+dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}"}) {
    BOOST_TEST(!Uuid::parse(wrong).has_value(), wrong);
  }
}

BOOST_AUTO_TEST_CASE(names_become_version_5) {
  const Uuid dns = Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8").value();
  BOOST_TEST(Uuid::from_name(dns, "www.example.com").to_string() ==
             "2ed6657d-e927-568b-95e1-2665a8aea6a2");  // RFC 9562 appendix A.4
}

BOOST_AUTO_TEST_CASE(users_keep_their_id_for_ever) {
  BOOST_TEST(omnicrm::user_id("ada@example.org")->to_string() == "2b04316e-e68f-5cbc-996b-9e8147364310");
  const std::string uuid = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  BOOST_TEST(omnicrm::user_id(uuid)->to_string() == uuid);
  BOOST_TEST(!omnicrm::user_id("").has_value());
  BOOST_TEST(!omnicrm::user_id(std::string(256, 'u')).has_value());
  BOOST_TEST(omnicrm::user_id(std::string(255, 'u')).has_value());
}

BOOST_AUTO_TEST_CASE(an_id_carries_the_time_to_the_microsecond) {
  const auto clock = std::make_shared<HandClock>();
  IdGenerator generator(clock, std::make_shared<Fixed>());
  const auto id = generator.make<ContactId>();
  check_version_7(id.value);
  BOOST_TEST(millis_of(id.value) == 1'645'557'742'000);
  // 123 us of 1,000 are 503 of 4,096; the counter starts below 8,192.
  BOOST_TEST(id.to_string() == "017f22e2-79b0-71f7-9fff-ffffffffffff");
}

BOOST_AUTO_TEST_CASE(ids_only_grow_while_the_clock_stands_or_goes_back) {
  const auto clock = std::make_shared<HandClock>();
  IdGenerator generator(clock, omnicrm::system_random());
  Uuid last;
  for (int i = 0; i < 50'000; ++i) {  // over the counter's end several times
    if (i == 20'000) clock->at -= std::chrono::hours(1);
    if (i == 40'000) clock->at = omnicrm::from_micros(-5);  // before 1970
    const Uuid next = generator.next();
    check_version_7(next);
    BOOST_TEST_REQUIRE((next > last));
    last = next;
  }
  clock->at = omnicrm::from_micros(1'645'557'750'000'000);
  BOOST_TEST(millis_of(generator.next()) == 1'645'557'750'000);
}

BOOST_AUTO_TEST_CASE(threads_never_get_the_same_id) {
  IdGenerator generator(omnicrm::system_clock(), omnicrm::system_random());
  std::vector<std::vector<Uuid>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5000; ++i) mine.push_back(generator.next());
      });
    }
  }
  std::set<Uuid> all;
  for (const auto& mine : made) {
    BOOST_TEST(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  BOOST_TEST(all.size() == 20'000U);
}

BOOST_AUTO_TEST_CASE(a_forked_child_makes_other_ids) {
  const auto clock = std::make_shared<HandClock>();
  IdGenerator generator(clock, omnicrm::system_random());
  const auto random = omnicrm::system_random();
  BOOST_TEST(!generator.next().is_nil());
  BOOST_TEST(random->next() != random->next());
  int ends[2];
  BOOST_TEST_REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    const Uuid id = generator.next();
    const std::uint64_t number = random->next();
    const bool written = ::write(ends[1], id.bytes.data(), 16) == 16 && ::write(ends[1], &number, 8) == 8;
    ::_exit(written ? 0 : 1);
  }
  Uuid theirs;
  std::uint64_t their_number = 0;
  BOOST_TEST_REQUIRE(::read(ends[0], theirs.bytes.data(), 16) == 16);
  BOOST_TEST_REQUIRE(::read(ends[0], &their_number, 8) == 8);
  int status = -1;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  BOOST_TEST(status == 0);
  BOOST_TEST((generator.next() != theirs));
  BOOST_TEST(random->next() != their_number);
}

BOOST_AUTO_TEST_SUITE_END()
