#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "exposition_reader.hpp"
#include "observe/job_metrics.hpp"

namespace {

using namespace std::chrono_literals;
using namespace omnicrm::observe;
using omnicrm::testing::ExpositionReader;
using omnicrm::testing::ReadExposition;

struct Desk {
  std::shared_ptr<Metrics> metrics = prometheus_metrics();
  JobMetrics jobs{metrics};

  [[nodiscard]] double value(std::string_view name, const std::string& kind) const {
    return ExpositionReader::read(metrics->text()).find(name, {{"kind", kind}}).value_or(-1);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(job_metrics)

BOOST_FIXTURE_TEST_CASE(a_jobs_way_is_counted_by_kind, Desk) {
  const KindMetrics& mail = jobs.of("mail");
  BOOST_TEST(&mail == &jobs.of("mail"));
  mail.claimed(3);
  for (int start = 0; start < 3; ++start) mail.started(20ms);
  mail.done(300us);
  mail.done_many(2);
  mail.failed(2s);
  mail.dead();
  static_cast<void>(jobs.of("idle"));
  BOOST_TEST(value("omnicrm_jobs_claimed_total", "mail") == 3);
  BOOST_TEST(value("omnicrm_jobs_done_total", "mail") == 3);
  BOOST_TEST(value("omnicrm_jobs_failed_total", "mail") == 1);
  BOOST_TEST(value("omnicrm_jobs_dead_total", "mail") == 1);
  BOOST_TEST(value("omnicrm_job_run_seconds_count", "mail") == 2);
  BOOST_TEST(value("omnicrm_job_run_seconds_sum", "mail") == 2.0003, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(value("omnicrm_job_start_delay_seconds_count", "mail") == 3);
  BOOST_TEST(value("omnicrm_job_start_delay_seconds_sum", "mail") == 0.06,
             boost::test_tools::tolerance(1e-9));
  BOOST_TEST(value("omnicrm_jobs_claimed_total", "idle") == 0);
  const ReadExposition told = ExpositionReader::read(metrics->text());
  BOOST_TEST(told.find("omnicrm_job_run_seconds_bucket", {{"kind", "mail"}, {"le", "0.00025"}}).value() == 0);
  BOOST_TEST(told.find("omnicrm_job_run_seconds_bucket", {{"kind", "mail"}, {"le", "0.0005"}}).value() == 1);
  for (const auto& [name, type] : told.types) {
    BOOST_TEST(name.starts_with("omnicrm_job"));
    BOOST_TEST((type == "counter") == name.ends_with("_total"), name);
    BOOST_TEST(!told.helps.at(name).empty(), name);
  }
}

BOOST_FIXTURE_TEST_CASE(a_snapshot_sets_the_gauges_and_clears_what_is_gone, Desk) {
  jobs.set(std::vector<KindSnapshot>{{"mail", 5, 2, 1500ms}, {"embed", 1, 0, 0us}});
  BOOST_TEST(value("omnicrm_jobs_ready", "mail") == 5);
  BOOST_TEST(value("omnicrm_jobs_running", "mail") == 2);
  BOOST_TEST(value("omnicrm_jobs_oldest_ready_age_seconds", "mail") == 1.5);
  BOOST_TEST(value("omnicrm_jobs_ready", "embed") == 1);
  jobs.set(std::vector<KindSnapshot>{{"embed", 7, 1, 2s}});
  BOOST_TEST(value("omnicrm_jobs_ready", "mail") == 0);
  BOOST_TEST(value("omnicrm_jobs_running", "mail") == 0);
  BOOST_TEST(value("omnicrm_jobs_oldest_ready_age_seconds", "mail") == 0);
  BOOST_TEST(value("omnicrm_jobs_ready", "embed") == 7);
}

BOOST_FIXTURE_TEST_CASE(kinds_beyond_the_limit_are_other, Desk) {
  std::vector<std::string> names;
  for (int number = 0; number < 250; ++number) names.push_back("kind" + std::to_string(number));
  std::vector<KindSnapshot> now;
  for (const std::string& name : names) {
    jobs.of(name).claimed(1);
    now.push_back({name, 2, 1, std::chrono::seconds(now.size())});
  }
  jobs.set(now);
  BOOST_TEST(value("omnicrm_jobs_claimed_total", "kind99") == 1);
  BOOST_TEST(value("omnicrm_jobs_claimed_total", "kind100") == -1);
  BOOST_TEST(value("omnicrm_jobs_claimed_total", "other") == 150);
  BOOST_TEST(value("omnicrm_jobs_ready", "other") == 300);
  BOOST_TEST(value("omnicrm_jobs_running", "other") == 150);
  BOOST_TEST(value("omnicrm_jobs_oldest_ready_age_seconds", "other") == 249);
}

BOOST_AUTO_TEST_CASE(without_metrics_everything_does_nothing) {
  JobMetrics jobs(nullptr);
  BOOST_TEST(!jobs.is_on());
  jobs.of("mail").claimed(1);
  jobs.set(std::vector<KindSnapshot>{{"mail", 1, 1, 1s}});
}

BOOST_AUTO_TEST_SUITE_END()
