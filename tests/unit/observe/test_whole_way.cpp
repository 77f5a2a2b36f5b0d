// From a call to what is logged, traced and counted.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exposition_reader.hpp"
#include "noting_tracer.hpp"
#include "observe/thread_context.hpp"
#include "parts/crm_fixture.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;

constexpr std::string_view example = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Says what the thread works for, at the moment of a write.
std::string worked_for() {
  return std::string(observe::current_request()) + " " + observe::current_trace().to_string();
}

struct Desk {
  TemporaryFolder folder;
  TestDatabases databases;
  std::shared_ptr<NotingTracer> tracer = std::make_shared<NotingTracer>();
  std::string path = databases.make(folder.file("crm.db"));
  std::unique_ptr<Crm> crm = need(Crm::open(options()));
  Session ada = need(crm->session("ada"));

  Options options() {
    Options options = test_options(path);
    options.tracer = tracer;
    options.metrics = observe::prometheus_metrics();
    return options;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(whole_way)

BOOST_FIXTURE_TEST_CASE(a_call_is_a_span_of_the_hosts_request, Desk) {
  need(ada.call("contacts.list", "{}"));
  BOOST_TEST(tracer->log() == "start contacts.list;end;");
  {
    const observe::RequestScope scope({.request = "r-1", .trace = *observe::TraceContext::parse(example)});
    need(ada.call("contacts.list@v1", "{}"));
  }
  BOOST_TEST(tracer->log() == "start contacts.list;end;start contacts.list;request=r-1;end;");
  BOOST_TEST(!ada.call("contacts.get", R"({"id":"00000000-0000-7000-8000-000000000000"})").has_value());
  BOOST_TEST(!ada.call("my secret text", "{}").has_value());
  const std::string told = tracer->log();
  BOOST_TEST(told.find("start contacts.get;fail no contact 00000000-0000-7000-8000-000000000000;end;") !=
                 std::string::npos,
             told);
  BOOST_TEST(told.find("start unknown operation;fail ") != std::string::npos, told);
  BOOST_TEST(told.find("start my secret") == std::string::npos, told);
  BOOST_TEST(!observe::current_trace().is_valid());
}

BOOST_FIXTURE_TEST_CASE(what_works_in_a_shared_commit_works_for_its_own_caller, Desk) {
  constexpr int callers = 8;
  std::barrier together(callers);
  std::mutex mutex;
  std::vector<std::string> wrong;
  std::atomic<int> on_other_threads = 0;
  std::vector<std::thread> threads;
  for (int number = 0; number < callers; ++number) {
    threads.emplace_back([&, number] {
      SeededRandom random(static_cast<std::uint64_t>(number) + 1);
      const std::string request = "r-" + std::to_string(number);
      const observe::RequestScope scope({.request = request, .trace = observe::TraceContext::make(random)});
      const std::string expected = worked_for();
      Session session = need(crm->session(request));
      for (int round = 0; round < 50; ++round) {
        together.arrive_and_wait();
        const auto caller = std::this_thread::get_id();
        const auto done = session.transaction([&](Session& inside) -> Result<void> {
          if (std::this_thread::get_id() != caller) ++on_other_threads;
          if (worked_for() != expected) {
            const std::scoped_lock lock(mutex);
            wrong.push_back(worked_for());
          }
          Contact contact;
          contact.display_name = "C";
          return inside.contacts().create(contact).map([](const Contact&) {});
        });
        const std::scoped_lock lock(mutex);
        if (!done) wrong.push_back(describe(done.error()));
        if (worked_for() != expected) wrong.push_back("afterwards: " + worked_for());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong.empty(), wrong.front());
  if (!on_postgres()) BOOST_TEST(on_other_threads > 0);  // else it has shown nothing
}

BOOST_FIXTURE_TEST_CASE(metrics_name_nobody, Desk) {
  Contact contact;
  contact.display_name = "Canary q7Zt5canaryX9";
  need(ada.contacts().create(contact));
  const std::string text = crm->metrics_text();
  const ReadExposition told = ExpositionReader::read(text);
  BOOST_TEST(text.find("canary") == std::string::npos);
  BOOST_TEST(text.find(ada.user().to_string()) == std::string::npos);
  if (!on_postgres()) return;
  BOOST_TEST(told.find("omnicrm_pool_connections", {{"state", "in_use"}}).value_or(-1) == 0);
  BOOST_TEST(told.find("omnicrm_pool_connections", {{"state", "idle"}}).value_or(-1) >= 1);
  BOOST_TEST(told.find("omnicrm_pool_waits_total").value_or(-1) == 0);
  BOOST_TEST(told.find("omnicrm_queue_oldest_xmin_age").value_or(-1) >= 0);
}

BOOST_FIXTURE_TEST_CASE(a_transaction_left_open_is_seen, Desk) {
  if (!on_postgres()) return;
  const auto age = [&] {
    return ExpositionReader::read(crm->metrics_text()).find("omnicrm_queue_oldest_xmin_age").value_or(-1);
  };
  // Another process of the same role, with a snapshot that it keeps.
  const auto other = storage_at(path);
  const auto kept = other->read({}, [&](storage::Connection& connection) -> Result<void> {
    if (auto seen = connection.prepare("SELECT 1"); !seen || !(*seen)->step())
      return fail({.code = ErrorCode::internal, .message = "nothing read"});
    for (int number = 0; number < 30; ++number) {
      Contact contact;
      contact.display_name = "C";
      if (auto made = ada.contacts().create(contact); !made) return fail(made.error());
    }
    BOOST_TEST(age() >= 30);
    return {};
  });
  BOOST_TEST(kept.has_value());
  // The server may learn of the end a moment later.
  for (int wait = 0; wait < 500 && age() >= 30; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  BOOST_TEST(age() < 30);
}

BOOST_FIXTURE_TEST_CASE(a_jobs_ids_go_from_its_enqueue_to_its_lines, Desk) {
  struct Lines final : observe::Logger {
    [[nodiscard]] bool wants(observe::Level) const noexcept override { return true; }
    void write(observe::Level, std::string_view, std::string_view message) noexcept override {
      const std::scoped_lock lock(mutex);
      all.emplace_back(message);
    }
    std::mutex mutex;
    std::vector<std::string> all;
  };
  struct Noting final : jobs::Handler {
    Result<jobs::Outcome> run(jobs::Context& context) override {
      trace = observe::current_trace();
      context.log(observe::Level::info, "halfway with password=q7Zt5canaryX9");
      return jobs::Outcome::done();
    }
    observe::TraceContext trace;
  };
  const auto lines = std::make_shared<Lines>();
  Options more = test_options(path);
  more.logger = lines;
  more.tracer = tracer;
  more.metrics = observe::prometheus_metrics();
  const auto worker = need(Crm::open(more));
  const auto handler = std::make_shared<Noting>();
  need(worker->jobs().register_handler("host.work", handler));

  JobId id;
  {
    const observe::RequestScope scope({.request = "r-1", .trace = *observe::TraceContext::parse(example)});
    jobs::NewJob job;
    job.kind = "host.work";
    id = need(ada.jobs().enqueue({job})).front();
  }
  need(worker->jobs().run_until_idle());

  BOOST_TEST(handler->trace.trace_id_text() == "0af7651916cd43dd8448eb211c80319c");
  BOOST_TEST(handler->trace.span_id_text() != "b7ad6b7169203331");  // the run's own span
  BOOST_TEST(tracer->log().find("start job host.work;") != std::string::npos, tracer->log());
  const auto line = std::find_if(lines->all.begin(), lines->all.end(),
                                 [](const std::string& text) { return text.starts_with("halfway"); });
  BOOST_REQUIRE(line != lines->all.end());
  for (const std::string& part :
       {std::string("password=[redacted]"), " job=" + id.to_string(), std::string(" kind=host.work"),
        " user=" + ada.user().to_string(), std::string(" trace_id=0af7651916cd43dd8448eb211c80319c")}) {
    BOOST_TEST(line->find(part) != std::string::npos, *line + " has no " + part);
  }
  const ReadExposition told = ExpositionReader::read(worker->metrics_text());
  for (const char* const name : {"omnicrm_jobs_claimed_total", "omnicrm_jobs_done_total",
                                 "omnicrm_job_run_seconds_count", "omnicrm_job_start_delay_seconds_count"}) {
    BOOST_TEST(told.find(name, {{"kind", "host.work"}}).value_or(-1) == 1, name);
  }
  BOOST_TEST(told.find("omnicrm_jobs_failed_total", {{"kind", "host.work"}}).value_or(-1) == 0);
}

BOOST_AUTO_TEST_CASE(without_metrics_there_is_no_text) {
  const auto crm = need(Crm::open(options_for(":memory:")));
  BOOST_TEST(crm->metrics_text().empty());
}

BOOST_AUTO_TEST_CASE(options_turn_it_on) {
  const Options on = need(options_from_json(R"({"metrics":true,"log":"info","log_format":"json"})"));
  BOOST_REQUIRE(on.metrics);
  BOOST_TEST(on.metrics->is_on());
  BOOST_TEST(!need(options_from_json("{}")).metrics);
  BOOST_TEST(!options_from_json(R"({"log_format":"xml"})").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
