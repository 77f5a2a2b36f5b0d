// kill -9 at any moment loses nothing and repeats nothing.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>

#include "core/errors.hpp"
#include "parts/canonical_dump.hpp"
#include "parts/child.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/sources.hpp"
#include "parts/sqlite_file.hpp"

namespace omnicrm::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

constexpr int kill_points = 200;
constexpr int workers = 2;
constexpr std::chrono::minutes later{1};

/// Mail in many small files (each is a transaction of its own), a calendar with a series and its exception,
/// cards.
SyncSource small_life(const std::string& home) {
  for (std::size_t i = 0; i < 15; ++i)
    write_mbox(home + "/" + std::to_string(i) + "/mail.mbox", some_mail(i * 10, 10));
  const std::vector<std::string> events = {
      event({.uid = "series@t",
             .title = "Weekly",
             .more = "RRULE:FREQ=WEEKLY;COUNT=8\r\nATTENDEE:mailto:bob@work.example\r\n"}),
      event({.uid = "series@t",
             .start = "20020908T120000Z",
             .end = "20020908T130000Z",
             .title = "Weekly, moved",
             .more = "RECURRENCE-ID:20020908T100000Z\r\n"}),
      event({.uid = "once@t", .title = "Once"})};
  write_file(home + "/events.ics", calendar(events));
  write_file(home + "/people.vcf",
             card("1", "Bob Stone", "bob@work.example", "CATEGORIES:customer\r\n") +
                 card("2", "Carol Reed", "carol@play.example", "EMAIL:bob@work.example\r\n"));
  return corpus_source({home});
}

/// What must be equal in the end.
struct Outcome {
  std::vector<std::string> dump;
  std::size_t words = 0;
};

Outcome outcome_of(const std::string& path) {
  return {canonical_dump(path, "ada"), text_index(path).size()};
}

/// Why the outcome is not the expected one; empty when it is.
std::string check_outcome(const std::string& path, const Outcome& expected) {
  const Outcome actual = outcome_of(path);
  std::string problem = difference(expected.dump, actual.dump);
  if (actual.words != expected.words)
    problem += "the full text has " + std::to_string(actual.words) + " entries\n";
  SqliteFile file(path);
  const auto integrity = file.rows("PRAGMA integrity_check");
  if (integrity.size() != 1 || integrity[0][0] != "ok") problem += "integrity: " + integrity[0][0] + "\n";
  if (file.number("SELECT COUNT(*) FROM jobs WHERE state NOT IN ('done', 'cancelled')") != 0)
    problem += "jobs are left\n";
  return problem;
}

Result<void> check_audit(const Options& options) {
  OMNICRM_ASSIGN(const auto crm, Crm::open(options));
  OMNICRM_ASSIGN(Session session, crm->session("ada"));
  OMNICRM_ASSIGN(const AuditVerification audit, session.audit().verify());
  if (!audit.intact) return failure(ErrorCode::data_loss, "audit: " + audit.reason);
  return {};
}

void copy_database(const std::string& from, const std::string& to) {
  for (const char* part : {"", "-wal", "-shm"}) {
    fs::remove(to + part);
    if (fs::exists(from + part)) fs::copy_file(from + part, to + part);
  }
}

/// One scene of the tests: what is done, what is done after it was killed, and what must be so in the end.
struct Scene {
  std::string start;  ///< database to begin with, or empty
  std::function<Result<void>(const Options&)> act;
  std::function<Result<void>(const Options&)> resume;
  std::function<std::string(const std::string& path)> check;
};

microseconds time_of(const Scene& scene, const std::string& path) {
  if (!scene.start.empty()) copy_database(scene.start, path);
  const auto begin = std::chrono::steady_clock::now();
  BOOST_REQUIRE(Child([&] { return exit_code(scene.act(test_options(path))); }).wait() == 0);
  return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begin);
}

/// Kills and resumes once. Adds what is wrong to `problems`; true when the act was killed before its end.
bool kill_once(const Scene& scene, const std::string& path, microseconds moment, std::ostream& problems) {
  fs::remove(path);
  copy_database(scene.start.empty() ? path + ".none" : scene.start, path);
  Child child([&] { return exit_code(scene.act(test_options(path))); });
  pause(moment);
  child.kill();
  const bool killed = child.wait() == 128 + 9;
  std::ostringstream here;
  const auto resumed = scene.resume(test_options(path, later));
  if (!resumed) here << "resume: " << describe(resumed.error()) << "\n";
  here << scene.check(path);
  if (const auto audit = check_audit(test_options(path, 2 * later)); !audit)
    here << describe(audit.error()) << "\n";
  if (!here.str().empty()) problems << "killed after " << moment.count() << " us:\n" << here.str();
  return killed;
}

/// `points` kills at moments from a seed, spread over the time that the act takes; two processes at once.
void kill_many(const Scene& scene, const TemporaryFolder& folder, int points, std::uint64_t seed) {
  const microseconds whole = time_of(scene, folder.file("timing.db"));
  const auto work = [&](int worker) {
    std::mt19937_64 engine(seed + static_cast<std::uint64_t>(worker));
    std::ofstream problems(folder.file("problems" + std::to_string(worker)));
    std::vector<int> mine;
    for (int point = worker; point < points; point += workers) mine.push_back(point);
    std::shuffle(mine.begin(), mine.end(), engine);
    int killed = 0;
    // How long the act takes varies with what else the machine does: the moments follow it, so that about one
    // in ten comes too late.
    auto length = static_cast<double>(whole.count());
    for (const int point : mine) {
      // Evenly, with a random offset: no stretch of the act is left out.
      const auto share = (point + static_cast<double>(engine() % 1'000) / 1'000) / points;
      const microseconds moment(static_cast<std::int64_t>(share * length));
      const bool in_time =
          kill_once(scene, folder.file("w" + std::to_string(worker) + ".db"), moment, problems);
      killed += in_time ? 1 : 0;
      length *= in_time ? 1.02 : 0.85;
    }
    std::ofstream(folder.file("killed" + std::to_string(worker))) << killed;
    return 0;
  };
  Child second([&] { return work(1); });
  Child first([&] { return work(0); });
  BOOST_TEST(first.wait() == 0);
  BOOST_TEST(second.wait() == 0);
  int killed = 0;
  for (int worker = 0; worker < workers; ++worker) {
    std::ifstream problems(folder.file("problems" + std::to_string(worker)));
    std::stringstream text;
    text << problems.rdbuf();
    BOOST_TEST(text.str() == "");
    int count = 0;
    std::ifstream(folder.file("killed" + std::to_string(worker))) >> count;
    killed += count;
  }
  BOOST_TEST_MESSAGE(killed << " of " << points << " were killed within " << whole.count() << " us");
  BOOST_TEST(killed >= points * 2 / 3);  // else the moments lie past the end, and the test says little
}

}  // namespace

BOOST_AUTO_TEST_SUITE(kill, *boost::unit_test::label("sqlite"))

BOOST_AUTO_TEST_CASE(an_import_killed_anywhere) {
  const TemporaryFolder folder;
  const SyncSource source = small_life(folder.file("home"));
  BOOST_REQUIRE(Child([&] {
                  return exit_code(import_here(test_options(folder.file("whole.db")), "ada", source));
                }).wait() == 0);
  const Outcome expected = outcome_of(folder.file("whole.db"));
  BOOST_TEST(only(expected.dump, "interaction").size() == 159U);
  BOOST_TEST(only(expected.dump, "contact").size() >= 2U);
  kill_many({.start = {},
             .act = [&](const Options& options) { return import_here(options, "ada", source); },
             .resume = [&](const Options& options) { return resume_here(options, "ada", source); },
             .check = [&](const std::string& path) { return check_outcome(path, expected); }},
            folder, kill_points, 26);
}

BOOST_AUTO_TEST_CASE(an_undo_killed_anywhere) {
  const TemporaryFolder folder;
  const SyncSource source = small_life(folder.file("home"));
  const std::string start = folder.file("start.db");
  std::string before;
  BatchId batch;
  {
    const auto crm = need(Crm::open(test_options(start)));
    Session ada = need(crm->session("ada"));
    need(ada.contacts().create({.display_name = "Bob", .emails = {{.value = "bob@work.example"}}}));
    before = need(ada.sync().state_digest());
    batch = need(try_import(*crm, ada, source)).batch.id;
  }
  // An undo that was asked for is resumed; one that was not is asked for again.
  const auto undo = [&](const Options& options) -> Result<void> {
    OMNICRM_ASSIGN(const auto crm, Crm::open(options));
    OMNICRM_ASSIGN(Session ada, crm->session("ada"));
    OMNICRM_ASSIGN(const SyncBatch stored, ada.sync().status(batch));
    if (stored.state == BatchState::done) OMNICRM_TRY(ada.sync().undo(batch));
    OMNICRM_TRY(crm->jobs().run_until_idle());
    OMNICRM_ASSIGN(const SyncBatch after, ada.sync().status(batch));
    if (after.state != BatchState::undone) return failure(ErrorCode::internal, "the undo did not end");
    return {};
  };
  const auto check = [&](const std::string& path) -> std::string {
    const auto crm = Crm::open(test_options(path, 2 * later));
    if (!crm) return describe(crm.error());
    auto ada = (*crm)->session("ada");
    const auto digest = ada->sync().state_digest();
    if (!digest) return describe(digest.error());
    std::string problem = *digest == before ? "" : "the digest is not the one before the import\n";
    if (text_index(path).size() != 1) problem += "the full text has entries left\n";
    return problem;
  };
  kill_many({.start = start, .act = undo, .resume = undo, .check = check}, folder, 60, 27);
}

/// Between preview, approval and the first job: an approved plan is a batch with its job, or is not approved.
BOOST_AUTO_TEST_CASE(an_approval_killed_anywhere) {
  const TemporaryFolder folder;
  const SyncSource source = corpus_source({write_mbox(folder.file("home/mail.mbox"), some_mail(0, 10))});
  BOOST_REQUIRE(Child([&] {
                  return exit_code(import_here(test_options(folder.file("whole.db")), "ada", source));
                }).wait() == 0);
  const Outcome expected = outcome_of(folder.file("whole.db"));
  const auto approve = [&](const Options& options) -> Result<void> {
    OMNICRM_ASSIGN(const auto crm, Crm::open(options));
    OMNICRM_ASSIGN(Session ada, crm->session("ada"));
    OMNICRM_ASSIGN(const SyncPlan plan, ada.sync().preview(source));
    OMNICRM_TRY(ada.sync().approve(plan.id));
    return {};
  };
  const auto check = [&](const std::string& path) -> std::string {
    SqliteFile file(path);
    std::string problem = check_outcome(path, expected);
    if (file.number("SELECT COUNT(*) FROM sync_batches") != 1) problem += "not one batch\n";
    if (file.number("SELECT COUNT(*) FROM sync_plans WHERE state = 'approved'") != 1)
      problem += "not one approved plan\n";
    if (file.number("SELECT COUNT(*) FROM jobs WHERE kind = 'file_import'") != 1)
      problem += "not one import job\n";
    return problem;
  };
  kill_many({.start = {},
             .act = approve,
             .resume = [&](const Options& options) { return resume_here(options, "ada", source); },
             .check = check},
            folder, 40, 28);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
