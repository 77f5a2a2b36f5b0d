#include "parts/copy_databases.hpp"

#include <array>
#include <random>
#include <stdexcept>

#include "copy/catalogue.hpp"
#include "copy/row_block.hpp"
#include "core/errors.hpp"
#include "open_storage.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/sources.hpp"
#include "parts/test_database.hpp"
#include "storage/query.hpp"
#if OMNICRM_HAVE_POSTGRES
#include "parts/postgres_server.hpp"
#endif

namespace omnicrm::testing {
namespace {

constexpr auto users = std::to_array<std::string_view>({"ada", "bob"});
constexpr int made_up_rows = 40;

UserId user(std::string_view name) {
  return need(user_id(name));
}

void fill_user(Crm& crm, Session& session, const std::string& folder) {
  const std::string home = folder + "/" + session.user().to_string();
  write_mbox(home + "/mail.mbox", some_mail(0, 90));
  const std::vector<std::string> events = {event({.uid = "one@t", .title = "Zoë's 🎉 party"}),
                                           event({.uid = "two@t", .title = "Planning"})};
  write_file(home + "/events.ics", calendar(events));
  write_file(home + "/people.vcf", card("1", "Bob Stone", "bob@work.example", "CATEGORIES:customer\r\n") +
                                       card("2", "Ľubica Åström", "lubica@work.example"));
  const Imported imported = need(try_import(crm, session, corpus_source({home})));
  BOOST_REQUIRE_MESSAGE(imported.batch.state == BatchState::done, imported.batch.message);

  const Contact kept =
      need(session.contacts().create({.display_name = "李小龍", .nickname = "dragon \\ 'x' \"y\""}));
  const Contact other = need(session.contacts().create({.display_name = "Li Xiaolong", .note = "the same"}));
  const Contact gone = need(session.contacts().create({.display_name = "Gone Again"}));
  need(session.contacts().merge(kept.id, {other.id}));
  need(session.contacts().remove(gone.id));
  const Tag tag = need(session.tags().create("friend", "#ff0000"));
  need(session.tags().assign(tag.id, {kept.id}));
  need(session.segments().create("Not pinned", Json{R"({"field":"pinned","op":"eq","value":false})"}));
  need(session.tasks().create({.title = "Call", .contact_id = kept.id}));
  need(session.schedules().create({.name = "Nightly", .kind = "later", .cron = "30 2 * * *"}));
  need(session.settings().set("user.time_zone", Json{R"("Europe/Dublin")"}));
  need(session.jobs().enqueue({{.kind = "later", .payload = Json{R"({"n":1})"}, .unique_key = "one"},
                               {.kind = "later", .payload = Json{R"({"n":2})"}}}));
}

/// Values that a copy could trip over.
copy::Value made_up(const copy::Column& column, UserId owner, int row, std::mt19937_64& engine) {
  static const std::array<std::string, 6> texts = {"",
                                                   "plain",
                                                   "Zoë 🎉 ‏שלום",
                                                   "quote ' \" \\ % _ ; --",
                                                   std::string(9'000, 'x'),
                                                   "line\nline\ttab"};
  copy::Value value{.kind = column.kind, .bytes = {}};
  if (column.name == "user_id") {
    value.bytes.assign(reinterpret_cast<const char*>(owner.value.bytes.data()), 16);
  } else if (column.kind == copy::Kind::blob) {
    const bool is_id = column.name == "id" || column.name == "holder" || column.name.ends_with("_id") ||
                       column.name.starts_with("on_");
    for (std::size_t i = 0, size = is_id ? 16 : engine() % 300; i < size; ++i)
      value.bytes += static_cast<char>(engine());
  } else if (column.kind == copy::Kind::text) {
    value.bytes = texts[engine() % texts.size()] + std::to_string(row);
  } else if (column.name == "seq") {
    value.number = row * 7 + 1;
  } else {
    const bool is_flag = column.name.starts_with("is_") || column.name == "paused";
    value.number = static_cast<std::int64_t>(is_flag ? engine() % 2 : engine());
  }
  return value;
}

Result<void> make_up_table(storage::Connection& connection, const copy::CopiedTable& table,
                           const std::vector<copy::Column>& columns) {
  std::mt19937_64 engine(7);
  std::vector<std::string_view> names;
  for (const copy::Column& column : columns) names.emplace_back(column.name);
  OMNICRM_ASSIGN(const auto insert, connection.prepare_insert(table.name, names));
  for (int row = 0; row < made_up_rows; ++row) {
    std::vector<copy::Value> values;
    for (const copy::Column& column : columns)
      values.push_back(made_up(column, user(users[static_cast<std::size_t>(row) % 2]), row, engine));
    for (std::size_t i = 0; i < values.size(); ++i) bind(*insert, static_cast<int>(i), values[i]);
    OMNICRM_TRY(insert->step());
    insert->reset();
  }
  return {};
}

/// Rows for the tables that are empty.
Result<void> make_up_rest(storage::Connection& connection) {
  OMNICRM_ASSIGN(const copy::Catalogue catalogue, copy::read_catalogue(connection));
  for (const copy::CopiedTable& table : copy::copied_tables()) {
    OMNICRM_ASSIGN(const auto any, storage::query_one<std::int64_t>(
                                       connection, "SELECT 1 FROM " + std::string(table.name) + " LIMIT 1"));
    if (!any) OMNICRM_TRY(make_up_table(connection, table, copy::copied_columns(catalogue, table)));
  }
  return {};
}

/// One job as it stands when its process is killed.
Result<void> leave_one_running(storage::Connection& connection) {
  const Uuid worker = Uuid::from_name({}, "worker");
  const Uuid lease = Uuid::from_name({}, "lease");
  const std::int64_t long_ago = 1'000'000;
  constexpr std::string_view which = "kind = 'later' AND unique_key = ''";
  OMNICRM_TRY(storage::run(
      connection, "INSERT INTO workers (id, name, started_at, heartbeat_at) VALUES (?, 'gone', ?, ?)", worker,
      long_ago, long_ago));
  if (connection.dialect() == storage::Dialect::postgres) {
    OMNICRM_TRY(storage::run(connection,
                             "WITH taken AS (DELETE FROM job_ready r USING jobs j WHERE j.user_id = "
                             "r.user_id AND j.id = r.first AND "
                             "r.n = 1 AND j." +
                                 std::string(which) +
                                 " RETURNING r.*) "
                                 "INSERT INTO job_leases (id, worker_id, claimed_at, revision, n, users, "
                                 "firsts, lasts, attempts, vts) "
                                 "SELECT ?, ?, ?, 0, count(*), array_agg(user_id), array_agg(first), "
                                 "array_agg(last), array_agg(1), "
                                 "array_agg(vt) FROM taken",
                             lease, worker, long_ago));
    return {};
  }
  OMNICRM_TRY(storage::run(connection, "INSERT INTO job_leases (id, worker_id, claimed_at) VALUES (?, ?, ?)",
                           lease, worker, long_ago));
  return storage::run(
      connection, "UPDATE jobs SET state = 'running', attempt = 1, lease_id = ? WHERE " + std::string(which),
      lease);
}

/// A running job arrives as one whose worker has ended.
std::string arriving(JobState state) {
  return std::to_string(static_cast<int>(state == JobState::running ? JobState::ready : state));
}

std::string ids_of(const Page<insight::SearchHit>& page) {
  std::string line;
  for (const auto& hit : page.items) line += " " + hit.id.to_string() + " " + hit.snippet;
  return line;
}

}  // namespace

const std::vector<std::string>& storage_kinds() {
#if OMNICRM_HAVE_POSTGRES
  static const std::vector<std::string> kinds = {"sqlite", "postgresql"};
#else
  static const std::vector<std::string> kinds = {"sqlite"};
#endif
  return kinds;
}

CopyDatabases::~CopyDatabases() {
#if OMNICRM_HAVE_POSTGRES
  for (const std::string& database : servers_) PostgresServer::get().drop_database(database);
#endif
}

Options CopyDatabases::make(std::string_view kind) {
  if (kind == "sqlite") return options_for(file("db" + std::to_string(++files_) + ".db"));
#if OMNICRM_HAVE_POSTGRES
  servers_.push_back(PostgresServer::get().make_migrated_database());
  return options_for(PostgresServer::get().url(servers_.back(), PostgresServer::application));
#else
  throw std::runtime_error("this build has no " + std::string(kind));
#endif
}

std::shared_ptr<storage::Storage> open_at(const Options& options) {
  auto storage = need(open_storage(options));
  need(storage->migrate());
  return storage;
}

void fill(const Options& options, const std::string& folder) {
  {
    Options own = options;
    own.clock = std::make_shared<RunningClock>();
    const auto crm = need(Crm::open(own));
    for (const std::string_view name : users) {
      Session session = need(crm->session(name));
      fill_user(*crm, session, folder);
    }
  }
  const auto storage = open_at(options);
  need(storage->write({}, [](storage::Connection& connection) -> Result<void> {
    OMNICRM_TRY(leave_one_running(connection));
    return make_up_rest(connection);
  }));
}

std::vector<std::string> seen_by_users(const Options& options) {
  const auto crm = need(Crm::open(options));
  std::vector<std::string> lines;
  for (const std::string_view name : users) {
    Session session = need(crm->session(name));
    const std::string who(name);
    lines.push_back(who + " digest " + need(session.sync().state_digest()));
    const AuditVerification audit = need(session.audit().verify());
    lines.push_back(who + " audit " + (audit.intact ? "intact" : audit.reason));
    for (const char* text :
         {"linux", "the spam", "party", "\"Zoë's 🎉\"", "lin*", "type:meeting", "from:bob"}) {
      lines.push_back(who + " search " + text +
                      ids_of(need(session.search().query({.text = text}, {.limit = 200, .cursor = {}}))));
    }
    for (const char* text : {"bob", "st", "小龍", "lubica", "work.example"}) {
      std::string line = who + " contacts " + text;
      for (const auto& hit : need(session.contacts().search(text, {.limit = 100, .cursor = {}})).items)
        line += " " + hit.contact.id.to_string() + " " + hit.matched;
      lines.push_back(std::move(line));
    }
    BOOST_TEST(!need(session.contacts().search("小龍", {})).items.empty());
    std::string jobs = who + " jobs";
    for (const auto& job : need(session.jobs().list({}, {.limit = 100, .cursor = {}})).items)
      jobs += " " + job.id.to_string() + " " + job.kind + arriving(job.state);
    lines.push_back(std::move(jobs));
  }
  return lines;
}

std::int64_t count_rows(const Options& options) {
  const auto storage = open_at(options);
  std::int64_t total = 0;
  need(storage->read({}, [&](storage::Connection& connection) -> Result<void> {
    total = 0;
    for (const copy::CopiedTable& table : copy::copied_tables()) {
      OMNICRM_ASSIGN(const auto rows, storage::query_one<std::int64_t>(
                                          connection, "SELECT COUNT(*) FROM " + std::string(table.name)));
      total += rows.value_or(0);
    }
    return {};
  }));
  return total;
}

}  // namespace omnicrm::testing
