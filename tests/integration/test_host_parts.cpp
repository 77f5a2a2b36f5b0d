// Sources and normalizers of the host's own: the same plan, batch and undo as files, and its bugs stay its
// own.
#include <boost/test/unit_test.hpp>
#include <omnicrm/json.hpp>
#include <stdexcept>

#include "parts/crm_fixture.hpp"

namespace omnicrm::testing {
namespace {

constexpr std::string_view chat_type = "application/x-chat";

/// Lines "id|address|text" that a plan brings along in `options`.
class ChatReader final : public sync::SourceReader {
 public:
  ChatReader(std::vector<std::string> lines, std::size_t from) : lines_(std::move(lines)), at_(from) {}

  Result<bool> next(sync::SourceItem& item) override {
    if (at_ == lines_.size()) return false;
    const std::string& line = lines_[at_++];
    item.service = "chat";
    item.source_id = line.substr(0, line.find('|'));
    item.content_type = chat_type;
    item.payload = line;
    item.size = std::ssize(line);
    item.next = std::to_string(at_);
    return true;
  }

 private:
  std::vector<std::string> lines_;
  std::size_t at_;
};

class ChatSource final : public sync::Source {
 public:
  explicit ChatSource(const std::vector<std::string>& lines) : lines_(lines) {}

  [[nodiscard]] ConnectionId connection() const override {
    return ConnectionId{Uuid::from_name(Uuid{}, "chat")};
  }
  Result<std::vector<PlanFile>> inventory(std::stop_token) override {
    PlanFile room;
    room.path = "room";
    room.format = "chat";
    return std::vector{room};
  }
  Result<std::unique_ptr<sync::SourceReader>> read(const PlanFile&, std::string_view position) override {
    const std::size_t from = position.empty() ? 0 : std::stoul(std::string(position));
    return std::unique_ptr<sync::SourceReader>(std::make_unique<ChatReader>(lines_, from));
  }

 private:
  std::vector<std::string> lines_;
};

/// "throw" in a line throws, "refuse" is an error, "stray" names an item that was not given.
class ChatNormalizer final : public sync::Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return chat_type; }

  Result<sync::ItemFacts> facts(const sync::RawItem& item) const override {
    const std::string line(item.payload);
    if (line.find("throw") != std::string::npos) throw std::runtime_error("no such smiley");
    sync::ItemFacts facts;
    facts.title = line.substr(line.rfind('|') + 1);
    facts.at = from_micros(1'000'000'000'000'000);
    Participant person;
    person.role = ParticipantRole::to;
    person.address = line.substr(line.find('|') + 1, line.rfind('|') - line.find('|') - 1);
    facts.participants = {person};
    facts.marked_sent = true;
    return facts;
  }

  Result<sync::Normalized> normalize(std::span<const sync::RawItem> series,
                                     const sync::NormalizeOptions&) const override {
    auto facts = this->facts(series.front());
    if (!facts) return fail(facts.error());
    if (facts->title == "refuse") return fail({.code = ErrorCode::invalid_argument, .message = "no thanks"});
    sync::Normalized made;
    made.facts = *facts;
    sync::NormalizedInteraction message;
    message.interaction.kind = InteractionKind::message;
    message.interaction.direction = Direction::outbound;
    message.interaction.subject = facts->title;
    message.interaction.body = facts->title;
    message.interaction.occurred_at = *facts->at;
    message.interaction.participants = facts->participants;
    message.item = facts->title == "stray" ? 7 : 0;
    made.interactions = {message};
    return made;
  }
};

struct HostFixture {
  TemporaryFolder folder;
  TestDatabases databases;
  std::string path = databases.make(folder.file("crm.db"));
  std::vector<std::string> lines{"1|bob@work.example|good morning", "2|eve@work.example|the parcel came"};
  std::unique_ptr<Crm> crm = need(Crm::open(options()));
  Session ada = need(crm->session("ada"));

  Options options() {
    Options options = test_options(path);
    options.sources["chat"] = [this](const SyncSource& source) -> Result<std::unique_ptr<sync::Source>> {
      if (source.options.text == R"({"room":"closed"})") {
        return fail(
            {.code = ErrorCode::permission_denied, .message = "the room is closed", .needs_user = true});
      }
      return std::unique_ptr<sync::Source>(std::make_unique<ChatSource>(lines));
    };
    options.normalizers.push_back(std::make_shared<ChatNormalizer>());
    return options;
  }
  static SyncSource chat() {
    SyncSource source;
    source.provider = "chat";
    return source;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(host_parts, HostFixture)

BOOST_AUTO_TEST_CASE(a_source_and_a_normalizer_of_the_host_go_the_whole_way_and_back) {
  const std::string before = need(ada.sync().state_digest());
  const Imported imported = need(try_import(*crm, ada, chat()));
  BOOST_TEST(imported.plan.summary.items == 2);
  BOOST_TEST(imported.plan.summary.contacts_to_create == 2);
  BOOST_TEST((imported.batch.state == BatchState::done), imported.batch.message);
  BOOST_TEST(imported.batch.counts.interactions == 2);
  const Contact bob = contact_of(ada, "bob@work.example");
  BOOST_TEST((bob.source == Origin::host));
  const auto hits = need(ada.search().query({.text = "parcel"}, {}));
  BOOST_REQUIRE(hits.items.size() == 1u);
  BOOST_TEST((hits.items[0].kind == InteractionKind::message));
  need(ada.sync().undo(imported.batch.id));
  BOOST_TEST((need(crm->run_batch(ada, imported.batch.id)).state == BatchState::undone));
  BOOST_TEST(need(ada.sync().state_digest()) == before);
}

BOOST_AUTO_TEST_CASE(the_same_items_again_are_known) {
  need(try_import(*crm, ada, chat()));
  const std::string before = need(ada.sync().state_digest());
  const Imported again = need(try_import(*crm, ada, chat()));
  BOOST_TEST(again.plan.summary.known_items == 2);
  BOOST_TEST(again.batch.counts.known == 2);
  BOOST_TEST(need(ada.sync().state_digest()) == before);
}

BOOST_AUTO_TEST_CASE(what_a_normalizer_throws_or_gives_wrongly_is_poison_with_the_reason) {
  lines = {"1|bob@work.example|throw", "2|bob@work.example|refuse", "3|bob@work.example|stray",
           "4|bob@work.example|fine"};
  const Imported imported = need(try_import(*crm, ada, chat()));
  BOOST_TEST((imported.batch.state == BatchState::done), imported.batch.message);
  BOOST_TEST(imported.batch.counts.poison == 3);
  BOOST_TEST(imported.batch.counts.interactions == 1);
  BOOST_TEST(imported.plan.summary.skipped_items.size() == 1u);  // the throwing one, seen by the preview
}

BOOST_AUTO_TEST_CASE(an_error_of_the_source_comes_back_whole) {
  SyncSource source = chat();
  source.options.text = R"({"room":"closed"})";
  const auto plan = ada.sync().preview(source);
  BOOST_REQUIRE(!plan);
  BOOST_TEST((plan.error().code == ErrorCode::permission_denied));
  BOOST_TEST(plan.error().message == "the room is closed");
  BOOST_TEST(plan.error().needs_user);
}

BOOST_AUTO_TEST_CASE(names_of_the_library_and_empty_parts_are_refused) {
  Options taken = test_options(":memory:");
  taken.sources["files"] = [](const SyncSource&) -> Result<std::unique_ptr<sync::Source>> {
    return std::unique_ptr<sync::Source>();
  };
  const auto refused = Crm::open(taken);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::already_exists));

  Options empty = test_options(":memory:");
  empty.sources["chat"] = nullptr;
  BOOST_TEST((Crm::open(empty).error().code == ErrorCode::invalid_argument));
  Options null = test_options(":memory:");
  null.normalizers.push_back(nullptr);
  BOOST_TEST((Crm::open(null).error().code == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(an_unknown_provider_names_itself) {
  SyncSource source;
  source.provider = "pigeons";
  const auto plan = ada.sync().preview(source);
  BOOST_REQUIRE(!plan);
  BOOST_TEST((plan.error().code == ErrorCode::unsupported));
  BOOST_TEST(plan.error().message.find("pigeons") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
