// Crm::run_batch: jobs run until one batch has ended, with progress.
#include <boost/test/unit_test.hpp>
#include <functional>
#include <stdexcept>
#include <utility>

#include "parts/crm_fixture.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

struct BatchFixture : CrmFixture {
  SyncSource source = corpus_source({write_mbox(folder.file("mail.mbox"), some_mail(0, 120))});

  SyncBatch approved() { return need(ada.sync().approve(need(ada.sync().preview(source)).id)); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_batch, BatchFixture)

BOOST_AUTO_TEST_CASE(runs_an_import_and_an_undo_to_their_ends_and_says_how_far_they_are) {
  const std::string before = digest();
  std::vector<BatchProgress> said;
  const auto note = [&](const BatchProgress& progress) { said.push_back(progress); };
  const SyncBatch batch = need(crm->run_batch(ada, approved().id, note));
  BOOST_TEST((batch.state == BatchState::done));
  BOOST_REQUIRE(!said.empty());
  BOOST_TEST((said.back().state == BatchState::done));
  BOOST_TEST(said.back().done == 120);
  BOOST_TEST(said.back().total == 120);

  said.clear();
  need(ada.sync().undo(batch.id));
  BOOST_TEST((need(crm->run_batch(ada, batch.id, note)).state == BatchState::undone));
  BOOST_TEST((said.back().state == BatchState::undone));
  BOOST_TEST(digest() == before);
}

BOOST_AUTO_TEST_CASE(a_batch_that_has_ended_is_given_as_it_is) {
  const SyncBatch batch = need(crm->run_batch(ada, approved().id));
  BOOST_TEST((need(crm->run_batch(ada, batch.id)) == batch));
}

BOOST_AUTO_TEST_CASE(a_stop_before_the_start_loses_nothing) {
  std::stop_source stop;
  stop.request_stop();
  const BatchId id = approved().id;
  const auto stopped = crm->run_batch(ada, id, {}, stop.get_token());
  BOOST_REQUIRE(!stopped);
  BOOST_TEST((stopped.error().code == ErrorCode::cancelled));
  BOOST_TEST((need(crm->run_batch(ada, id)).state == BatchState::done));
}

BOOST_AUTO_TEST_CASE(what_progress_throws_leaves_the_queue_usable) {
  const BatchId id = approved().id;
  const auto thrower = [](const BatchProgress&) { throw std::runtime_error("enough"); };
  BOOST_CHECK_THROW(static_cast<void>(crm->run_batch(ada, id, thrower)), std::runtime_error);
  BOOST_TEST((need(crm->run_batch(ada, id)).state == BatchState::done));
}

BOOST_AUTO_TEST_CASE(waits_for_a_service_that_is_started) {
  need(crm->jobs().start());
  BOOST_TEST(crm->jobs().is_started());
  BOOST_TEST((need(crm->run_batch(ada, approved().id)).state == BatchState::done));
  need(crm->jobs().stop());
  BOOST_TEST(!crm->jobs().is_started());
}

BOOST_AUTO_TEST_CASE(goes_on_by_itself_when_the_service_stops_meanwhile) {
  need(crm->jobs().start());
  const BatchId id = approved().id;
  bool stopped = false;
  const auto stop = [&](const BatchProgress&) {
    if (!std::exchange(stopped, true)) need(crm->jobs().stop(std::chrono::milliseconds(0)));
  };
  BOOST_TEST((need(crm->run_batch(ada, id, stop)).state == BatchState::done));
  BOOST_TEST(stopped);
}

/// Calls what it is told to from inside of a job, and keeps the error.
class Caller final : public jobs::Handler {
 public:
  std::function<Error()> call;
  Error error;

  Result<jobs::Outcome> run(jobs::Context&) override {
    error = call();
    return jobs::Outcome::done();
  }
};

BOOST_AUTO_TEST_CASE(a_job_cannot_run_or_stop_its_own_queue) {
  const auto caller = std::make_shared<Caller>();
  need(crm->jobs().register_handler("host.call", caller));
  const BatchId batch = approved().id;
  const auto error_of = [](const auto& result) { return result ? Error{} : result.error(); };
  const std::vector<std::function<Error()>> calls = {
      [&] { return error_of(crm->jobs().run_until_idle()); },
      [&] { return error_of(crm->jobs().step()); },
      [&] { return error_of(crm->jobs().stop()); },
      [&] { return error_of(crm->run_batch(ada, batch)); },
  };
  for (const auto& call : calls) {
    caller->call = call;
    caller->error = {};
    jobs::NewJob job;
    job.kind = "host.call";
    need(ada.jobs().enqueue({job}));
    need(crm->jobs().run_until_idle());
    BOOST_TEST((caller->error.code == ErrorCode::failed_precondition));
    BOOST_TEST(caller->error.message.find("wait for itself") != std::string::npos, caller->error.message);
  }
  // On the caller's thread, too; and afterwards all is as before.
  caller->call = calls.front();
  jobs::NewJob job;
  job.kind = "host.call";
  need(ada.jobs().enqueue({job}));
  need(crm->jobs().step());
  BOOST_TEST((caller->error.code == ErrorCode::failed_precondition));
  BOOST_TEST((need(crm->run_batch(ada, batch)).state == BatchState::done));
}

BOOST_AUTO_TEST_CASE(another_users_batch_is_not_there) {
  Session bea = need(crm->session("bea"));
  const auto found = crm->run_batch(bea, approved().id);
  BOOST_REQUIRE(!found);
  BOOST_TEST((found.error().code == ErrorCode::not_found));
}

BOOST_AUTO_TEST_CASE(a_listener_hears_the_progress_of_jobs) {
  std::mutex mutex;
  std::vector<jobs::JobProgress> said;
  Options options = test_options(databases.make(folder.file("other.db")));
  options.jobs.on_progress = [&](const jobs::JobProgress& progress) {
    const std::lock_guard lock(mutex);
    said.push_back(progress);
    throw std::runtime_error("a listener's trouble is not the job's");
  };
  auto other = need(Crm::open(options));
  Session user = need(other->session("ada"));
  const Imported imported = need(try_import(*other, user, source));
  BOOST_TEST((imported.batch.state == BatchState::done));
  BOOST_REQUIRE(!said.empty());
  BOOST_TEST(said.back().kind == "file_import");
  BOOST_TEST((said.back().user == user.user()));
  BOOST_TEST((said.back().batch_id == imported.batch.id));
  BOOST_TEST(said.back().done == 120);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
