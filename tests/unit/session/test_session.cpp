#include <boost/test/unit_test.hpp>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "parts/crm_fixture.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;

Contact named(std::string name) {
  Contact contact;
  contact.display_name = std::move(name);
  return contact;
}

std::size_t contact_count(Session& session) {
  return need(session.contacts().list({}, {})).items.size();
}

jobs::NewJob some_job() {
  jobs::NewJob job;
  job.kind = "host.work";
  return job;
}

/// A host's storage that breaks the rule not to throw, when told to.
class Throwing final : public storage::Storage {
 public:
  bool throws = false;

  [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_->dialect(); }
  Result<void> read(const storage::Scope& scope, storage::Work work) override {
    may_throw();
    return inner_->read(scope, work);
  }
  Result<void> write(const storage::Scope& scope, storage::Work work) override {
    may_throw();
    return inner_->write(scope, work);
  }
  Result<void> migrate() override {
    may_throw();
    return inner_->migrate();
  }
  Result<std::int64_t> schema_version() override { return inner_->schema_version(); }
  Result<void> backup(const std::string& path) override { return inner_->backup(path); }
  Result<std::vector<std::string>> check() override { return inner_->check(); }

 private:
  void may_throw() const {
    if (throws) throw std::runtime_error("the host's storage broke");
  }

  std::unique_ptr<storage::Storage> inner_ = need(storage::sqlite({.path = ":memory:"}));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(what_a_hosts_storage_throws_does_not_cross_the_door) {
  const auto storage = std::make_shared<Throwing>();
  Options options;
  options.storage = storage;
  storage->throws = true;
  const auto refused = Crm::open(options);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::internal), describe(refused.error()));
  storage->throws = false;
  const auto crm = need(Crm::open(options));
  Session ada = need(crm->session("ada"));
  need(ada.call("contacts.list", "{}"));
  storage->throws = true;
  for (const auto* operation : {"contacts.list", "sync.plans", "jobs.stats", "search.query"}) {
    const auto answer =
        ada.call(operation, std::string_view(operation) == "search.query" ? R"({"text":"x"})" : "{}");
    BOOST_REQUIRE(!answer);
    BOOST_TEST((answer.error().code == ErrorCode::internal), describe(answer.error()));
    BOOST_TEST(answer.error().message == "the host's storage broke");
  }
}

BOOST_FIXTURE_TEST_CASE(a_transaction_keeps_all_of_its_changes, CrmFixture) {
  need(ada.transaction([](Session& inside) -> Result<void> {
    const auto made = inside.contacts().create(named("Grace"));
    if (!made) return fail(made.error());
    // What was written is seen inside.
    if (auto again = inside.contacts().get(made->id); !again) return fail(again.error());
    if (auto tag = inside.tags().create("navy", ""); !tag) return fail(tag.error());
    if (auto jobs = inside.jobs().enqueue({some_job()}); !jobs) return fail(jobs.error());
    return {};
  }));
  BOOST_TEST(contact_count(ada) == 1u);
  BOOST_TEST(need(ada.tags().list({})).items.size() == 1u);
  BOOST_TEST(need(ada.jobs().list({}, {})).items.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_that_fails_leaves_nothing, CrmFixture) {
  const std::string before = digest();
  const auto outcome = ada.transaction([](Session& inside) -> Result<void> {
    if (auto made = inside.contacts().create(named("Grace")); !made) return fail(made.error());
    if (auto jobs = inside.jobs().enqueue({some_job()}); !jobs) return fail(jobs.error());
    return fail({.code = ErrorCode::cancelled, .message = "changed my mind"});
  });
  BOOST_REQUIRE(!outcome);
  BOOST_TEST(outcome.error().message == "changed my mind");
  BOOST_TEST(digest() == before);
  BOOST_TEST(need(ada.jobs().list({}, {})).items.empty());
  BOOST_TEST(need(ada.audit().list({}, {})).items.empty());
}

BOOST_FIXTURE_TEST_CASE(operations_take_part_in_a_transaction, CrmFixture) {
  const auto outcome = ada.transaction([](Session& inside) -> Result<void> {
    if (auto made = inside.call("contacts.create", R"({"display_name":"Grace"})"); !made)
      return fail(made.error());
    return inside.call("contacts.get", R"({"id":"00000000-0000-0000-0000-000000000000"})")
        .map([](const auto&) {});
  });
  BOOST_REQUIRE(!outcome);
  BOOST_TEST((outcome.error().code == ErrorCode::not_found));
  BOOST_TEST(contact_count(ada) == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_does_not_belong_into_a_transaction_is_refused, CrmFixture) {
  need(ada.transaction([](Session& inside) -> Result<void> {
    const auto refused = [](const auto& result) {
      BOOST_TEST(!result);
      if (!result)
        BOOST_TEST((result.error().code == ErrorCode::failed_precondition), describe(result.error()));
    };
    refused(inside.transaction([](Session&) -> Result<void> { return {}; }));
    refused(inside.jobs().list({}, {}));
    refused(inside.jobs().stats());
    return {};
  }));
}

BOOST_FIXTURE_TEST_CASE(a_name_is_always_the_same_user, CrmFixture) {
  need(ada.contacts().create(named("Grace")));
  Session again = need(crm->session("ada"));
  BOOST_TEST((again.user() == ada.user()));
  BOOST_TEST(contact_count(again) == 1u);
  Session same = crm->session(ada.user());
  BOOST_TEST(contact_count(same) == 1u);
  Session other = need(crm->session("grace"));
  BOOST_TEST(contact_count(other) == 0u);
  BOOST_TEST(!crm->session(""));
}

BOOST_FIXTURE_TEST_CASE(a_moved_session_goes_on, CrmFixture) {
  Session moved = std::move(ada);
  need(moved.contacts().create(named("Grace")));
  BOOST_TEST(contact_count(moved) == 1u);
}

BOOST_AUTO_TEST_CASE(a_database_keeps_what_was_written) {
  const TemporaryFolder folder;
  const std::string path = folder.file("crm.db");
  {
    const auto crm = need(Crm::open(test_options(path)));
    Session ada = need(crm->session("ada"));
    need(ada.contacts().create(named("Grace")));
  }
  const auto crm = need(Crm::open(test_options(path)));
  Session ada = need(crm->session("ada"));
  BOOST_TEST(contact_count(ada) == 1u);
  BOOST_TEST(need(crm->admin().schema_version()) >= 1);
  BOOST_TEST(need(crm->admin().check()).empty());
}

BOOST_AUTO_TEST_CASE(without_migration_only_a_schema_of_today_opens) {
  const TemporaryFolder folder;
  Options options = test_options(folder.file("crm.db"));
  options.migrate = false;
  const auto refused = Crm::open(options);
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::failed_precondition));
  options.migrate = true;
  need(Crm::open(options));
  options.migrate = false;
  need(Crm::open(options));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_database_is_refused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("letter.txt");
  std::ofstream(path) << std::string(5'000, 'x');
  const auto refused = Crm::open(test_options(path));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().code == ErrorCode::data_loss), describe(refused.error()));
}

BOOST_AUTO_TEST_CASE(the_session_of_a_transaction_belongs_to_its_thread) {
  const auto crm = need(Crm::open(test_options(":memory:")));
  Session ada = need(crm->session("ada"));
  need(ada.transaction([&](Session& inside) -> Result<void> {
    std::vector<Error> errors;
    std::thread([&] {
      if (auto made = inside.contacts().create(named("Eve")); !made) errors.push_back(made.error());
      if (auto seen = inside.contacts().list({}, {}); !seen) errors.push_back(seen.error());
      if (auto job = inside.jobs().enqueue({some_job()}); !job) errors.push_back(job.error());
    }).join();
    BOOST_TEST(errors.size() == 3u);
    for (const Error& error : errors) BOOST_TEST((error.code == ErrorCode::failed_precondition));
    auto made = inside.contacts().create(named("Bob"));
    if (!made) return fail(made.error());
    return {};
  }));
  BOOST_TEST(contact_count(ada) == 1u);
}

BOOST_AUTO_TEST_CASE(the_version_is_three_numbers) {
  BOOST_TEST(version() == OMNICRM_VERSION);
  BOOST_TEST(std::count(version().begin(), version().end(), '.') == 2);
}

BOOST_AUTO_TEST_SUITE_END()
