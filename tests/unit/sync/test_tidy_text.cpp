// Whatever a host's source or normalizer says, what is kept is UTF-8 without NUL.
#include <boost/test/unit_test.hpp>

#include "sync/plugin_calls.hpp"
#include "sync/tidy_text.hpp"

using namespace omnicrm;
using namespace omnicrm::sync;

namespace {

const std::string bad("a\0b\xff", 4);
const std::string good = "a\uFFFDb\uFFFD";

class BadNormalizer final : public Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return "text/plain"; }
  Result<ItemFacts> facts(const RawItem&) const override {
    ItemFacts facts;
    facts.title = bad;
    facts.labels = {"fine", bad};
    facts.participants.push_back({});
    facts.participants[0].name = bad;
    return facts;
  }
  Result<Normalized> normalize(std::span<const RawItem>, const NormalizeOptions&) const override {
    Normalized made;
    made.reason = bad;
    made.interactions.push_back({});
    made.interactions[0].interaction.body = bad;
    made.interactions[0].interaction.labels = {bad};
    made.interactions[0].documents.push_back({});
    made.interactions[0].documents[0].filename = bad;
    made.contacts.push_back({});
    made.contacts[0].contact.note = bad;
    made.contacts[0].contact.emails.push_back({bad, "", true});
    made.contacts[0].tags = {bad};
    return made;
  }
};

class BadReader final : public SourceReader {
 public:
  explicit BadReader(std::string position = "1") : position_(std::move(position)) {}
  Result<bool> next(SourceItem& item) override {
    item.source_id = bad;
    item.reason = bad;
    item.payload = bad;
    item.next = position_;
    return true;
  }

 private:
  std::string position_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tidy_texts)

BOOST_AUTO_TEST_CASE(of_a_source) {
  BadReader reader;
  SourceItem item;
  BOOST_REQUIRE(next_item(reader, item).value());
  BOOST_TEST(item.source_id == good);
  BOOST_TEST(item.reason == good);
  BOOST_TEST(item.payload == bad);  // bytes are kept as they are
}

// Mended it would be another place; on PostgreSQL it could not be kept.
BOOST_AUTO_TEST_CASE(a_position_is_never_mended) {
  for (const std::string& position : {bad, std::string("1\0", 2)}) {
    BadReader reader(position);
    SourceItem item;
    const auto read = next_item(reader, item);
    BOOST_REQUIRE(!read);
    BOOST_TEST((read.error().code == ErrorCode::invalid_argument));
    BOOST_TEST(read.error().message.find("next") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(of_facts) {
  const auto facts = facts_of(BadNormalizer(), {});
  BOOST_REQUIRE(facts);
  BOOST_TEST(facts->title == good);
  BOOST_TEST(facts->labels[0] == "fine");
  BOOST_TEST(facts->labels[1] == good);
  BOOST_TEST(facts->participants[0].name == good);
}

BOOST_AUTO_TEST_CASE(of_records) {
  const RawItem item{};
  const auto made = normalize(BadNormalizer(), std::span(&item, 1), {});
  BOOST_REQUIRE(made);
  BOOST_TEST(made->reason == good);
  BOOST_TEST(made->interactions[0].interaction.body == good);
  BOOST_TEST(made->interactions[0].interaction.labels[0] == good);
  BOOST_TEST(made->interactions[0].documents[0].filename == good);
  BOOST_TEST(made->contacts[0].contact.note == good);
  BOOST_TEST(made->contacts[0].contact.emails[0].value == good);
  BOOST_TEST(made->contacts[0].tags[0] == good);
}

BOOST_AUTO_TEST_SUITE_END()
