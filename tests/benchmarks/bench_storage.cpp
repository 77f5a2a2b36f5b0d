// PostgreSQL against SQLite and against libpq alone, with fsync and synchronous_commit on.
//
// scripts/bench starts the server and names it in $OMNICRM_DB_ADMIN (a connection string of its superuser to
// the database "bench"). Everything of ours runs as a user's transaction under row-level security.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <omnicrm/omnicrm.hpp>
#include <sstream>
#include <thread>

#include "bench_process.hpp"
#include "bench_report.hpp"
#include "core/sha256.hpp"
#include "import_mailbox.hpp"
#include "pg_timeline_data.hpp"
#include "storage/query.hpp"
#include "timeline_pages.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;
namespace fs = std::filesystem;

constexpr int runs = 3;
constexpr std::string_view user_name = "bench";
const fs::path data = "build/bench-data";

std::string server_url() {
  const char* url = std::getenv("OMNICRM_DB_ADMIN");
  if (url == nullptr) give_up("start it with scripts/bench storage: $OMNICRM_DB_ADMIN names no server");
  return url;
}

/// The database's URI with our storage's options in it would be the host's; the benchmark gives the options.
std::unique_ptr<Crm> open_crm(const std::string& url, const std::string& schema, std::size_t pool) {
  Options options;
  options.path = url;
  options.postgres.schema = schema;
  options.postgres.pool_size = pool;
  return checked(Crm::open(std::move(options)));
}

void new_schema(const std::string& name) {
  BarePg(server_url()).run(fmt::format("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", name));
}

// --- The import ------------------------------------------------------------------------------------------

void import_case(const fs::path& self) {
  const fs::path scratch = data / "storage-import";
  const std::string mbox = data / "mail.mbox";
  std::vector<double> sqlite;
  std::vector<double> postgres;
  for (int run = 0; run < runs; ++run) {
    fs::remove_all(scratch);
    fs::create_directories(scratch);
    sqlite.push_back(run_child({self, "--import", scratch / "mail.db", mbox}).seconds);
    new_schema("omnicrm");
    const ChildRun ours = run_child({self, "--import", server_url(), mbox});
    postgres.push_back(ours.seconds);
    std::printf("import: SQLite %.2f s, PostgreSQL %.2f s %s\n", sqlite.back(), ours.seconds,
                ours.output.c_str());
    std::fflush(stdout);
  }
  fs::remove_all(scratch);
  const Figure ours = Figure::of(postgres);
  report("storage", "import_pg_vs_sqlite", ours, "s",
         slower_peer("SQLite", Figure::of(sqlite).median, ours.median));
}

// --- Bulk writes ------------------------------------------------------------------------------------------

constexpr std::int64_t bulk_rows = 200'000;
constexpr std::array<std::string_view, 11> participant_columns = {
    "user_id", "interaction_id", "ordinal",    "role",    "address",    "match_key",
    "name",    "response",       "contact_id", "is_self", "occurred_at"};

struct BulkRow {
  Uuid interaction;
  std::string address;
  Uuid contact;
};

std::vector<BulkRow> bulk_data() {
  IdGenerator ids(system_clock(), system_random());
  std::vector<BulkRow> rows;
  for (std::int64_t number = 0; number < bulk_rows; ++number) {
    rows.push_back({.interaction = ids.make<InteractionId>().value,
                    .address = person(number % contact_total).address,
                    .contact = ids.make<ContactId>().value});
  }
  return rows;
}

double our_bulk_seconds(storage::Storage& storage, UserId user, const std::vector<BulkRow>& rows) {
  return seconds([&] {
    checked(storage.write({.user = user}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(const auto insert,
                     connection.prepare_insert("interaction_participants", participant_columns));
      for (const BulkRow& row : rows) {
        int at = 0;
        const auto bind = [&](const auto& value) { storage::bind_value(*insert, at++, value); };
        bind(user), bind(row.interaction), bind(std::int64_t{0}), bind(std::string_view("from"));
        bind(row.address), bind(row.address), bind(std::string_view("Somebody Else"));
        bind(std::string_view("none")), bind(row.contact), bind(false),
            bind(std::int64_t{1'420'070'400'000'000});
        OMNICRM_TRY(insert->step());
        insert->reset();
      }
      return {};
    }));
  });
}

double copy_seconds(BarePg& server, UserId user, const std::vector<BulkRow>& rows) {
  const auto bytes_of = [](const Uuid& id) {
    return std::string_view(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  };
  return seconds([&] {
    server.run("BEGIN");
    server.begin_copy(
        "COPY bench_bulk.interaction_participants (user_id, interaction_id, ordinal, role, address, "
        "match_key, name, "
        "response, contact_id, is_self, occurred_at) FROM STDIN (FORMAT binary)");
    std::string out(CopyRow::header);
    for (const BulkRow& row : rows) {
      CopyRow fields(out, 11);
      fields.text(bytes_of(user.value)), fields.text(bytes_of(row.interaction)),
          fields.integer(std::int64_t{0});
      fields.text("from"), fields.text(row.address), fields.text(row.address), fields.text("Somebody Else");
      fields.text("none"), fields.text(bytes_of(row.contact)), fields.integer(std::int16_t{0});
      fields.integer(std::int64_t{1'420'070'400'000'000});
      if (out.size() > 60'000) {
        server.send(out);
        out.clear();
      }
    }
    server.send(out.append(CopyRow::trailer));
    server.end_copy();
    server.run("COMMIT");
  });
}

void bulk_case(UserId user) {
  new_schema("bench_bulk");
  auto storage = checked(storage::postgres({.url = server_url(), .schema = "bench_bulk"}));
  checked(storage->migrate());
  BarePg server(server_url());
  const auto rows = bulk_data();
  std::vector<double> ours;
  std::vector<double> copied;
  for (int run = 0; run < 2 * runs + 1; ++run) {
    for (const bool is_ours : {run % 2 == 0, run % 2 != 0}) {
      server.run("TRUNCATE bench_bulk.interaction_participants; CHECKPOINT");
      const double taken =
          is_ours ? our_bulk_seconds(*storage, user, rows) : copy_seconds(server, user, rows);
      if (server.run("SELECT count(*) FROM bench_bulk.interaction_participants").front() !=
          std::to_string(bulk_rows))
        give_up("not all rows arrived");
      (is_ours ? ours : copied).push_back(static_cast<double>(bulk_rows) / taken);
    }
  }
  const Figure figure = Figure::of(ours);
  report("storage", "bulk_insert_vs_copy", figure, "rows/s",
         lower_peer("COPY by libpq", Figure::of(copied).median, figure.median));
  server.run("DROP SCHEMA bench_bulk CASCADE");
}

// --- Point reads -----------------------------------------------------------------------------------------

/// Of a schema that holds the user's contacts.
std::vector<Uuid> some_contacts(Session& session) {
  std::vector<Uuid> ids;
  for (const Contact& contact : checked(session.contacts().list({}, {.limit = 500})).items)
    ids.push_back(contact.id.value);
  if (ids.empty()) give_up("there are no contacts");
  return ids;
}

void session_overhead_case(UserId user) {
  auto crm = open_crm(server_url(), "omnicrm", 2);
  Session session = crm->session(user);
  const std::vector<Uuid> contacts = some_contacts(session);
  auto storage = checked(storage::postgres({.url = server_url(), .schema = "omnicrm"}));
  BarePg server(server_url());
  server.prepare(
      "point",
      "SELECT display_name, emails, organization, updated_at FROM omnicrm.contacts WHERE user_id = $1 AND "
      "id = $2");
  std::size_t turn = 0;
  std::size_t bytes = 0;
  auto ours = [&] {
    const Uuid id = contacts[turn++ % contacts.size()];
    checked(storage->read({.user = user}, [&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(auto row,
                     storage::Query::run(connection,
                                         "SELECT display_name, emails, organization, updated_at FROM "
                                         "contacts WHERE user_id = ? AND id = ?",
                                         user, id));
      OMNICRM_ASSIGN(const bool found, row.next());
      if (!found) give_up("no row was found");
      bytes += row.statement().get_text(0).size();
      return {};
    }));
  };
  auto bare = [&] {
    const Uuid& id = contacts[turn++ % contacts.size()];
    const auto view = [](const Uuid& uuid) {
      return std::string_view(reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size());
    };
    bytes += server.run_prepared("point", std::array{view(user.value), view(id)});
  };
  const Figure added_ns = difference_by_turns(ours, bare);
  keep(bytes);
  const Figure added{added_ns.median / 1e3, added_ns.min / 1e3, added_ns.max / 1e3};
  report("storage", "session_overhead_us", added, "us", slower_peer("limit", 60, added.median));
}

/// Reads per second of `threads` threads.
double reads_per_second(Crm& crm, UserId user, const std::vector<Uuid>& contacts, std::size_t threads) {
  std::atomic<bool> is_over = false;
  std::atomic<std::int64_t> total = 0;
  std::vector<std::jthread> readers;
  const double taken = seconds([&] {
    for (std::size_t thread = 0; thread < threads; ++thread) {
      readers.emplace_back([&, thread] {
        Session session = crm.session(user);
        std::int64_t count = 0;
        for (std::size_t turn = thread; !is_over; turn += 7, ++count)
          keep(checked(session.contacts().get(ContactId{contacts[turn % contacts.size()]})));
        total += count;
      });
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
    is_over = true;
    readers.clear();
  });
  return static_cast<double>(total) / taken;
}

void pool_case(UserId user) {
  auto crm = open_crm(server_url(), "omnicrm", 8);
  Session session = crm->session(user);
  const std::vector<Uuid> contacts = some_contacts(session);
  reads_per_second(*crm, user, contacts, 8);  // all connections made
  double one = 0;
  for (std::size_t threads = 1; threads <= 64; threads *= 2) {
    std::vector<double> values;
    for (int run = 0; run < runs; ++run) values.push_back(reads_per_second(*crm, user, contacts, threads));
    const Figure figure = Figure::of(values);
    if (threads == 1) one = figure.median;
    report("storage", fmt::format("pool_scaling_{}", threads), figure, "reads/s",
           lower_peer("one thread", one, figure.median));
  }
}

// --- A large timeline ------------------------------------------------------------------------------------

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void make_timeline(UserId user) {
  const std::string key = sha256_hex(contents("src/storage/migrations/postgres/0001_initial.sql") +
                                     contents("tests/benchmarks/pg_timeline_data.hpp"));
  BarePg server(server_url());
  const auto made = server.run(
      "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'bench_timeline'");
  if (!made.empty() && made.front() == key) return;
  const double taken = seconds([&] { make_timeline_data(server_url(), "bench_timeline", user); });
  server.run(fmt::format("COMMENT ON SCHEMA bench_timeline IS '{}'", key));
  std::printf("made the timeline in %.0f s\n", taken);
}

void timeline_case(UserId user) {
  make_timeline(user);
  auto crm = open_crm(server_url(), "bench_timeline", 2);
  Session session = crm->session(user);
  std::vector<Walk> walks;
  walks.push_back(walk(session, {}, 1'000));
  if (walks.front().cursors.size() < own_interactions / 1'000) give_up("the timeline is not complete");
  BarePg server(server_url());
  server.run(std::string(id_function));
  for (const int number : {0, 1, 5, 50, 500, 1'500}) {
    const auto id = server.run(fmt::format("SELECT pg_temp.bench_id(2, {})", number)).front();
    walks.push_back(walk(session, {.contact_id = checked(ContactId::parse(id))}, 250));
  }
  const Figure figure = Figure::of(page_p99_ms(session, walks, runs, 3'000));
  report("storage", "timeline_pg_p99_ms", figure, "ms", slower_peer("limit", 5, figure.median));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--import") return import_mailbox(argv[2], argv[3]);
  const UserId user = checked(user_id(user_name));
  if (argc == 2 && std::string_view(argv[1]) == "--timeline") return timeline_case(user), 0;
  const fs::path self = fs::read_symlink("/proc/self/exe");
  if (argc == 2 && std::string_view(argv[1]) == "--imports") return import_case(self), 0;
  import_case(self);
  session_overhead_case(user);
  pool_case(user);
  bulk_case(user);
  timeline_case(user);
  return 0;
}
