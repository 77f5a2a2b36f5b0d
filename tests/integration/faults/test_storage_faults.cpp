// The database's file in trouble: a clear error, nothing half-written, and on with it when the trouble is
// over.
#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/errors.hpp"
#include "parts/canonical_dump.hpp"
#include "parts/child.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/small_disk.hpp"
#include "parts/sources.hpp"
#include "parts/sqlite_file.hpp"

namespace omnicrm::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes later{1};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// An import in a child that opens the database itself.
int import_in_child(const std::string& path, const std::string& user, const SyncSource& source) {
  return Child([&] { return exit_code(import_here(test_options(path), user, source)); }).wait();
}

/// Says in an exit code how an import ended that ran out of space: 0 when the error is the right one and the
/// database can still be read.
int import_without_space(const std::string& path, const SyncSource& source) {
  auto crm = Crm::open(test_options(path));
  if (!crm) return crm.error().code == ErrorCode::resource_exhausted ? 0 : 2;
  auto ada = (*crm)->session("ada");
  auto done = try_import(**crm, *ada, source);
  if (done && done->batch.state == BatchState::done) return 3;  // there was space enough
  if (!done && done.error().code != ErrorCode::resource_exhausted) {
    std::fprintf(stderr, "no space: %s\n", describe(done.error()).c_str());
    return 4;
  }
  if (!done && !done.error().needs_user) return 5;
  return ada->sync().list({}) ? 0 : 6;
}

struct FaultFixture {
  TemporaryFolder folder;
  std::string path = folder.file("crm.db");
  SyncSource source = corpus_source({write_mbox(folder.file("a/mail.mbox"), some_mail(0, 120)),
                                     write_mbox(folder.file("b/mail.mbox"), some_mail(120, 120))});

  std::vector<std::string> undisturbed() {
    const std::string whole = folder.file("whole.db");
    BOOST_REQUIRE(import_in_child(whole, "ada", source) == 0);
    return canonical_dump(whole, "ada");
  }

  /// Opens after the trouble, ends what waits, imports what is missing; then all must be there.
  void check_resumed(const std::string& at, const std::vector<std::string>& expected) {
    const auto crm = need(Crm::open(test_options(at, later)));
    Session ada = need(crm->session("ada"));
    BOOST_TEST(need(crm->admin().check()).empty());
    need(crm->jobs().run_until_idle());
    const Imported again = need(try_import(*crm, ada, source));
    BOOST_TEST((again.batch.state == BatchState::done), again.batch.message);
    BOOST_TEST(difference(expected, canonical_dump(at, "ada")) == "");
    BOOST_TEST(need(ada.audit().verify()).intact);
    for (const auto& [record, hash] : text_index(at)) BOOST_TEST(record.find("orphan") == std::string::npos);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(storage_faults, FaultFixture, *boost::unit_test::label("sqlite"))

/// Writes beyond a size fail (EFBIG), at several places of the import.
BOOST_AUTO_TEST_CASE(a_file_that_may_not_grow) {
  const auto expected = undisturbed();
  for (const rlim_t kib : {200U, 600U, 1'000U, 2'000U}) {
    BOOST_TEST_CONTEXT(kib << " KiB") {
      const std::string at = folder.file("limited" + std::to_string(kib) + ".db");
      Child child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = kib * 1'024, .rlim_max = RLIM_INFINITY};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        return import_without_space(at, source);
      });
      BOOST_TEST(child.wait() == 0);
      check_resumed(at, expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_full_disk) {
  const auto expected = undisturbed();
  for (const char* size : {"300k", "900k", "1800k"}) {
    BOOST_TEST_CONTEXT(size) {
      const SmallDisk disk(folder.file(std::string("disk") + size), size);
      if (!disk.mounted()) {
        BOOST_TEST_MESSAGE("no file system may be mounted here: not tested");
        return;
      }
      const std::string at = folder.file(std::string("disk") + size + "/crm.db");
      BOOST_TEST(Child([&] { return import_without_space(at, source); }).wait() == 0);
      disk.grow("64m");
      check_resumed(at, expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(two_processes_import_at_once) {
  const auto expected = undisturbed();
  const SyncSource other = corpus_source({write_mbox(folder.file("c/mail.mbox"), some_mail(240, 120))});
  need(Crm::open(test_options(path)));
  // Two users; and one of them from two processes, of the same files and of others.
  Child first([&] { return exit_code(import_here(test_options(path), "ada", source)); });
  Child second([&] { return exit_code(import_here(test_options(path), "bea", source)); });
  Child third([&] { return exit_code(import_here(test_options(path), "ada", source)); });
  Child fourth([&] { return exit_code(import_here(test_options(path), "bea", other)); });
  for (Child* child : {&first, &second, &third, &fourth}) BOOST_TEST(child->wait() == 0);

  BOOST_TEST(difference(expected, canonical_dump(path, "ada")) == "");
  const std::string apart = folder.file("apart.db");
  BOOST_REQUIRE(import_in_child(apart, "bea", source) == 0);
  BOOST_REQUIRE(import_in_child(apart, "bea", other) == 0);
  BOOST_TEST(difference(canonical_dump(apart, "bea"), canonical_dump(path, "bea")) == "");
  SqliteFile file(path);
  BOOST_TEST(file.number("SELECT COUNT(*) FROM sync_batches WHERE state <> 'done'") == 0);
  BOOST_TEST(file.rows("PRAGMA integrity_check").at(0).at(0) == "ok");
  const auto crm = need(Crm::open(test_options(path, later)));
  for (const char* user : {"ada", "bea"}) BOOST_TEST(need(need(crm->session(user)).audit().verify()).intact);
}

BOOST_AUTO_TEST_CASE(files_of_others) {
  const std::string text = write_file(folder.file("letter.db"), std::string(5'000, 'x'));
  auto opened = Crm::open(test_options(text));
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().code == ErrorCode::data_loss));
  BOOST_TEST(opened.error().message.find("letter.db") != std::string::npos, opened.error().message);
  BOOST_TEST(bytes_of(text) == std::string(5'000, 'x'));

  const std::string theirs = folder.file("browser.db");
  {
    SqliteFile file(theirs, true);
    file.execute("CREATE TABLE history (url TEXT); INSERT INTO history VALUES ('https://example.org')");
  }
  const std::string before = bytes_of(theirs);
  opened = Crm::open(test_options(theirs));
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST((opened.error().code == ErrorCode::failed_precondition));
  BOOST_TEST(opened.error().message.find("browser.db") != std::string::npos, opened.error().message);
  BOOST_TEST((bytes_of(theirs) == before));

  opened = Crm::open(test_options(folder.file("no/such/folder/crm.db")));
  BOOST_REQUIRE(!opened.has_value());
  BOOST_TEST(opened.error().message.find("no/such/folder/crm.db") != std::string::npos,
             opened.error().message);
}

/// As nobody: the tests may run as root, whom no permission stops.
BOOST_AUTO_TEST_CASE(a_read_only_file) {
  BOOST_REQUIRE(import_in_child(path, "ada", source) == 0);
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  const std::string before = bytes_of(path);
  Child child([&] {
    if (::getuid() == 0 && ::setuid(65'534) != 0) return 2;
    const auto crm = Crm::open(test_options(path));
    if (crm) return 3;
    const bool named = crm.error().message.find("crm.db") != std::string::npos;
    return crm.error().code == ErrorCode::permission_denied && named ? 0 : exit_code(fail(crm.error()));
  });
  BOOST_TEST(child.wait() == 0);
  BOOST_TEST((bytes_of(path) == before));
}

BOOST_AUTO_TEST_CASE(damage_in_the_middle) {
  BOOST_REQUIRE(import_in_child(path, "ada", source) == 0);
  {
    SqliteFile file(path);
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  const auto size = static_cast<std::streamoff>(fs::file_size(path));
  for (int place = 1; place < 6; ++place) {
    BOOST_TEST_CONTEXT("at " << place << "/6") {
      const std::string at = folder.file("damaged" + std::to_string(place) + ".db");
      fs::copy_file(path, at);
      {
        std::fstream file(at, std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(size * place / 6);
        for (int i = 0; i < 3 * 4'096; ++i) file.put(static_cast<char>(i * 37));
      }
      // It is found, and whatever is done with the file ends with an answer or an error; never with a crash.
      const int code = Child([&] {
                         const auto crm = Crm::open(test_options(at));
                         if (!crm) return crm.error().code == ErrorCode::data_loss ? 0 : 2;
                         const auto problems = (*crm)->admin().check();
                         if (problems ? problems->empty() : problems.error().code != ErrorCode::data_loss)
                           return 3;
                         auto ada = (*crm)->session("ada");
                         const auto digest = ada->sync().state_digest();
                         if (!digest && digest.error().code != ErrorCode::data_loss) return 4;
                         const auto found = ada->search().query({.text = "perl"}, {});
                         if (!found && found.error().code != ErrorCode::data_loss) return 5;
                         const auto made = ada->contacts().create({.display_name = "New"});
                         if (!made && made.error().code != ErrorCode::data_loss) return 6;
                         static_cast<void>(try_import(**crm, *ada, source));
                         return 0;
                       }).wait();
      BOOST_TEST(code == 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
