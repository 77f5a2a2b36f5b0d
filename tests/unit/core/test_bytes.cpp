// Digests and compression.
#include <zstd.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <thread>

#include "core/sha256.hpp"
#include "core/zstd.hpp"

namespace zstd = omnicrm::zstd;
using omnicrm::ErrorCode;

namespace {

constexpr std::size_t mega = 1024 * 1024;

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// A frame whose header does not say how much is in it, as a stream writes it.
std::string streamed(std::string_view data) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  std::string out(ZSTD_compressBound(data.size()) + 64, '\0');
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ZSTD_inBuffer from{data.data(), data.size(), 0};
  ZSTD_compressStream2(context, &to, &from, ZSTD_e_continue);
  ZSTD_compressStream2(context, &to, &from, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bytes_suite)

BOOST_AUTO_TEST_CASE(sha256_gives_the_published_digests) {  // FIPS 180-4 examples
  BOOST_TEST(omnicrm::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(omnicrm::sha256_hex("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  omnicrm::Sha256 parts;
  BOOST_TEST((parts.update("a").update("").update("bc").finish() == omnicrm::sha256("abc")));
  BOOST_TEST((parts.update("abc").finish() == omnicrm::sha256("abc")));  // starts anew
  std::string million(1'000'000, 'a');
  BOOST_TEST(omnicrm::sha256_hex(million) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(what_is_compressed_comes_back) {
  for (const std::size_t size : {0UL, 1UL, 1000UL, 70'000UL, 3 * mega}) {
    const std::string data = noise(size / 2, 5) + std::string(size - size / 2, 'x');
    const auto small = zstd::compress(data);
    BOOST_TEST_REQUIRE(small.has_value());
    BOOST_TEST((zstd::decompress(*small, data.size()).value() == data));
    BOOST_TEST((zstd::decompress(streamed(data), 3 * mega).value() == data));
  }
  const auto one = zstd::compress("one ", 1).value();
  const auto two = zstd::compress("two", 19).value();
  BOOST_TEST(zstd::decompress(one + two, 7).value() == "one two");
}

BOOST_AUTO_TEST_CASE(a_bomb_does_not_go_off) {
  const std::string zeros(64 * mega, '\0');
  const std::string known = zstd::compress(zeros).value();
  const std::string unknown = streamed(zeros);
  BOOST_TEST(known.size() < 20'000U);
  for (const std::string& bomb : {known, unknown, zstd::compress("x").value() + known}) {
    const auto content = zstd::decompress(bomb, mega);
    BOOST_TEST_REQUIRE(!content.has_value());
    BOOST_TEST((content.error().code == ErrorCode::resource_exhausted));
  }
  BOOST_TEST((zstd::decompress(unknown, zeros.size()).value() == zeros));  // exactly the cap is allowed
  BOOST_TEST(!zstd::decompress(unknown, zeros.size() - 1).has_value());
}

BOOST_AUTO_TEST_CASE(damage_is_noticed_wherever_it_is) {
  const std::string data = noise(5000, 9) + std::string(5000, 'y');
  const std::string good = zstd::compress(data).value();
  for (std::size_t length = 0; length < good.size(); length += 97) {
    const auto content = zstd::decompress(good.substr(0, length), mega);
    BOOST_TEST_REQUIRE(!content.has_value());
    BOOST_TEST((content.error().code == ErrorCode::data_loss));
  }
  for (std::size_t at = 0; at < good.size(); at += 61) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    const auto content = zstd::decompress(bad, mega);
    BOOST_TEST_REQUIRE((!content.has_value() || *content == data));  // a bit without meaning may stay unseen
  }
  BOOST_TEST((zstd::decompress("no frame at all", mega).error().code == ErrorCode::data_loss));
  BOOST_TEST(zstd::decompress(good, mega).has_value());  // the context is fit for use after all that
}

BOOST_AUTO_TEST_CASE(threads_have_contexts_of_their_own) {
  std::vector<int> right(4, 0);
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < right.size(); ++i) {
      threads.emplace_back([&right, i] {
        for (unsigned round = 0; round < 50; ++round) {
          const std::string data = noise(2000, i * 100 + round);
          right[i] += zstd::decompress(zstd::compress(data).value(), mega).value() == data ? 1 : 0;
        }
      });
    }
  }
  for (const int count : right) BOOST_TEST(count == 50);
}

BOOST_AUTO_TEST_SUITE_END()
