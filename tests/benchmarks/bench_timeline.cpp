// One user with 1,000,000 interactions and 50,000 contacts: pages, searches and undo, against the limits we
// set.
//
// The database is made once, in build/bench-data, straight through the library's own row functions in large
// transactions; everything measured goes through the public API.
#include <filesystem>
#include <fstream>
#include <functional>
#include <omnicrm/omnicrm.hpp>
#include <sstream>

#include "bench_report.hpp"
#include "core/sha256.hpp"
#include "timeline_data.hpp"
#include "timeline_pages.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;
namespace fs = std::filesystem;

constexpr int runs = 3;
constexpr std::string_view user_name = "bench";
const fs::path data = "build/bench-data";
const fs::path database = data / "timeline.db";
const fs::path stamp = data / "timeline.key";

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What the database is made from: the schema, and the code that fills it.
std::string key() {
  std::string text;
  for (const char* part :
       {"src/storage/migrations/sqlite/0001_initial.sql", "tests/benchmarks/timeline_data.hpp"}) {
    text += contents(part);
  }
  if (text.empty()) give_up("run it in the repository's root");
  return sha256_hex(text);
}

void make_database() {
  if (fs::exists(database) && contents(stamp) == key()) return;
  fs::create_directories(data);
  for (const char* ending : {"", "-wal", "-shm"}) fs::remove(database.string() + ending);
  fs::remove(stamp);
  const double taken = seconds([] {
    std::shared_ptr<storage::Storage> storage =
        checked(storage::sqlite({.path = database, .full_sync = false, .writer_cache_kib = 512 * 1024}));
    checked(storage->migrate());
    TimelineMaker(storage, checked(user_id(user_name))).make();
  });
  std::printf("made %s in %.0f s\n", database.c_str(), taken);
  std::ofstream(stamp) << key();
}

void report_limit(std::string_view name, const std::vector<double>& values, std::string_view unit,
                  double limit) {
  const Figure figure = Figure::of(values);
  report("timeline", name, figure, unit, slower_peer("limit", limit, figure.median));
}

/// The whole timeline, and those of 100 contacts: the busiest, and others of all sizes.
std::vector<Walk> walk_all(Session& session) {
  std::vector<Walk> walks;
  walks.push_back(walk(session, {}, 1'000));
  if (walks.front().cursors.size() < interaction_total / 1'000) give_up("the timeline is not complete");
  const auto busiest = checked(session.interactions().most_active(1'000));
  for (std::size_t i = 0; i < busiest.size(); i += i < 50 ? 1 : 19) {
    walks.push_back(walk(session, {.contact_id = busiest[i].contact_id}, 250));
  }
  return walks;
}

void page_case(Session& session) {
  report_limit("page_p99_ms", page_p99_ms(session, walk_all(session), runs, 5'000), "ms", 1);
}

/// What people type: names, parts of names, addresses, companies.
std::string typed(Dice& dice) {
  const Person someone = person(static_cast<std::int64_t>(dice.below(contact_total)));
  switch (dice.below(7)) {
    case 0:
      return someone.given + " " + someone.family;
    case 1:
      return someone.family;
    case 2:
      return someone.given;
    case 3:
      return someone.family.substr(0, 3);
    case 4:
      return someone.family.substr(1, 4);
    case 5:
      return someone.address;
    default:
      return someone.given + " " + someone.organization.substr(0, 4);
  }
}

void contact_search_case(Session& session) {
  Dice dice(2);
  std::vector<double> values;
  for (int run = 0; run < runs; ++run) {
    values.push_back(p99_ms(1'000, [&] {
      const std::string text = typed(dice);
      if (checked(session.contacts().search(text, {})).items.empty()) give_up("no contact found: " + text);
    }));
  }
  report_limit("contact_search_p99_ms", values, "ms", 10);
}

void text_case(Session& session, std::string_view name, std::uint64_t first_rank, std::uint64_t last_rank,
               double limit) {
  Dice dice(3);
  std::vector<double> values;
  std::size_t hits = 0;
  for (int run = 0; run < runs; ++run) {
    values.push_back(p99_ms(300, [&] {
      std::string text = word(first_rank + dice.below(last_rank - first_rank));
      // Every third one has a second, common word.
      if (dice.below(3) == 0) text += " " + word(dice.below(50));
      hits += checked(session.search().query({.text = text}, {})).items.size();
    }));
  }
  if (hits == 0) give_up("no text found");
  report_limit(name, values, "ms", limit);
}

/// Imports 10,000 messages on top, and takes them back.
double undo_seconds(Crm& crm, Session& session) {
  const SyncPlan plan = checked(session.sync().preview({.paths = {data / "mail-10000.mbox"},
                                                        .owner_addresses = {"yyyy@spamassassin.taint.org"},
                                                        .contact_policy = ContactPolicy::sent_and_received}));
  if (plan.summary.messages != 10'000) give_up("mail-10000.mbox does not hold 10,000 messages");
  const SyncBatch batch = checked(session.sync().approve(plan.id));
  checked(crm.jobs().run_until_idle());
  if (checked(session.sync().status(batch.id)).state != BatchState::done) give_up("the import did not end");
  const double taken = seconds([&] {
    checked(session.sync().undo(batch.id));
    checked(crm.jobs().run_until_idle());
  });
  if (checked(session.sync().status(batch.id)).state != BatchState::undone) give_up("the undo did not end");
  return taken;
}

void undo_case(Crm& crm, Session& session) {
  fs::remove(stamp);  // whoever stops us here leaves a database that is to be made anew
  std::vector<double> values;
  for (int run = 0; run < runs; ++run) values.push_back(undo_seconds(crm, session));
  std::ofstream(stamp) << key();
  report_limit("undo_10k_s", values, "s", 3);
}

}  // namespace

int main() {
  make_database();
  Options options;
  options.path = database;
  auto crm = checked(Crm::open(std::move(options)));
  Session session = checked(crm->session(user_name));
  page_case(session);
  contact_search_case(session);
  text_case(session, "text_rare_p99_ms", 100'000, word_total, 20);
  text_case(session, "text_common_p99_ms", 0, 50, 60);
  undo_case(*crm, session);
  return 0;
}
