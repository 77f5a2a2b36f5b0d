// Input that breaks importers: a terminal state or an error that names file, position and reason, and
// everything else is imported.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base64.hpp"
#include "core/text.hpp"
#include "parts/child.hpp"
#include "parts/crm_fixture.hpp"
#include "parts/database_reader.hpp"
#include "parts/sources.hpp"

namespace omnicrm::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t good_messages = 12;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t memory_factor = 10;  // their own bookkeeping
#else
constexpr std::int64_t memory_factor = 1;
#endif

std::int64_t kib_used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct BadInputFixture : CrmFixture {
  std::string home = folder.file("home");

  BadInputFixture() { write_mbox(home + "/good/mail.mbox", some_mail(0, good_messages)); }

  std::string put(const std::string& name, std::string_view bytes) {
    return write_file(home + "/" + name, bytes);
  }

  /// Imports the folder; the good mail in it must be there.
  Imported import_home(SyncSource source = {}) {
    source.paths = {home};
    source.owner_addresses = corpus_owners();
    const Imported done = import_all(source);
    const BatchCounts& counts = done.batch.counts;
    BOOST_TEST(counts.items == counts.normalized + counts.known + counts.skipped + counts.poison);
    BOOST_TEST(done.plan.summary.items == counts.items);
    const auto database = look_into(path);
    BOOST_TEST(database->number(
                   "SELECT COUNT(*) FROM raw_events WHERE state = 'normalized' AND origin LIKE '%/good/%'") ==
               std::int64_t{good_messages});
    BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE state = 'pending'") == 0);
    BOOST_TEST(need(crm->admin().check()).empty());
    return done;
  }

  /// The items of one file: state, reason, origin.
  std::vector<DatabaseReader::Row> items_of(std::string_view name) {
    const auto database = look_into(path);
    return database->rows("SELECT state, reason, origin FROM raw_events WHERE origin LIKE '%/" +
                          std::string(name) + "\"%' ORDER BY seq");
  }

  /// Items of a file that stand in this state for this reason, each with its position.
  void check_items(std::string_view name, std::string_view state, std::string_view reason,
                   std::size_t count) {
    std::size_t found = 0;
    for (const auto& row : items_of(name)) {
      if (row[0] != state || !row[1].starts_with(reason)) continue;
      ++found;
      BOOST_TEST(row[2].find("\"position\":") != std::string::npos, row[2]);
    }
    BOOST_TEST(found == count, name << " has " << found << " items " << state << " " << reason);
  }

  static const PlanFile& file_of(const Imported& done, std::string_view name) {
    for (const PlanFile& file : done.plan.summary.files) {
      if (file.path.ends_with(name)) return file;
    }
    BOOST_FAIL(name << " is not in the plan");
    throw 0;
  }
};

std::string header(std::string_view id, std::string_view more) {
  return "From: Eve <eve@play.example>\nTo: " + corpus_owners()[0] +
         "\nSubject: bad\nDate: Thu, 22 Aug 2002 "
         "12:36:23 +0000\nMessage-ID: <" +
         std::string(id) + ">\nMIME-Version: 1.0\n" + std::string(more);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, BadInputFixture)

BOOST_AUTO_TEST_CASE(a_truncated_mbox) {
  const std::string whole = write_mbox(folder.file("whole.mbox"), some_mail(20, 5));
  std::ifstream file(whole, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t last = bytes.rfind("\nFrom MAILER-DAEMON ");
  const std::size_t body = bytes.find("\n\n", last + 2);
  put("in_header/mail.mbox", bytes.substr(0, last + 120));
  put("in_body/mail.mbox", bytes.substr(0, body + 30));
  import_home();
  // The part of the body that is there is a message.
  check_items("in_body/mail.mbox", "normalized", "", 5);
  // The four whole ones are known from the other file.
  BOOST_TEST(items_of("in_header/mail.mbox").size() == 1U);
  check_items("in_header/mail.mbox", "poison", "truncated: ", 1);
}

BOOST_AUTO_TEST_CASE(a_message_of_30_megabytes) {
  std::string big = header("big@t", "Content-Type: text/plain\n\n");
  while (big.size() < (std::size_t{30} << 20))
    big += "All work and no play makes Jack a dull boy, he said again.\n";
  put("big/mail.mbox", "From x Thu Aug 22 12:36:23 2002\n" + big + "\nFrom x Thu Aug 22 12:36:23 2002\n" +
                           header("after@t", "Content-Type: text/plain\n\nafter the big one\n"));
  put("single/big.eml", big);
  const std::int64_t before = kib_used();
  import_home();
  BOOST_TEST(kib_used() - before < memory_factor * 120 * 1'024);  // KiB
  check_items("big/mail.mbox", "skipped", "too_large: ", 1);
  check_items("big/mail.mbox", "normalized", "", 1);
  BOOST_TEST(need(ada.search().query({.text = "\"after the big one\""}, {})).items.size() == 1U);

  // With a larger cap it is taken, from where it was skipped.
  const Imported again = import_home({.max_item_bytes = std::int64_t{64} << 20});
  BOOST_TEST(again.batch.counts.normalized == 1);
  BOOST_TEST(need(ada.search().query({.text = "dull"}, {})).items.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nul_bytes_and_broken_charsets) {
  std::string nul = header("nul@t", "Content-Type: text/plain\n\nbefore ");
  nul += std::string("\0\0\0", 3) + " behind\n";
  put("nul.eml", nul);
  put("charset/utf8.eml",
      header("c1@t", "Content-Type: text/plain; charset=utf-8\n\nna\xC3\xAFve \xFF\xFE\xC3 zurich\n"));
  put("charset/unknown.eml",
      header("c2@t", "Content-Type: text/plain; charset=x-klingon\n\nqapla caf\xE9\n"));
  put("charset/lies.eml",
      header("c3@t", "Content-Type: text/plain; charset=iso-2022-jp\n\nplain \x1B$B\xFF\xFF words\n"));
  put("charset/words.eml", header("c4@t",
                                  "X: =?utf-8?B?////?= =?x?Q?=?=\nSubject: =?utf-8?Q?=C3?=\n"
                                  "Content-Type: text/plain\n\nheaders\n"));
  import_home();
  const auto database = look_into(path);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE state = 'normalized'") ==
             std::int64_t{good_messages + 5});
  for (const char* word : {"behind", "zurich", "qapla", "plain", "headers"}) {
    BOOST_TEST(!need(ada.search().query({.text = word}, {})).items.empty(), word);
  }
  // What is stored is UTF-8, whatever came in.
  const auto page = need(ada.interactions().timeline({}, {.limit = 100}));
  for (const Interaction& interaction : page.items)
    BOOST_TEST(text::is_utf8(interaction.subject + interaction.body));
}

BOOST_AUTO_TEST_CASE(a_thousand_nested_multiparts) {
  std::string nested = header("nested@t", "");
  std::string end;
  for (int depth = 0; depth < 1'000; ++depth) {
    const std::string mark = "b" + std::to_string(depth);
    nested += "Content-Type: multipart/mixed; boundary=" + mark + "\n\n--" + mark + "\n";
    end.insert(0, "\n--" + mark + "--\n");
  }
  put("nested.eml", nested + "Content-Type: text/plain\n\nthe innermost words\n" + end);
  std::string forwarded = header("forwarded@t", "");
  for (int depth = 0; depth < 1'000; ++depth)
    forwarded += "Content-Type: message/rfc822\n\nSubject: deeper\n";
  put("forwarded.eml", forwarded + "\nwords\n");
  import_home();
  BOOST_TEST(items_of("nested.eml").size() == 1U);
  BOOST_TEST(items_of("forwarded.eml").size() == 1U);
}

BOOST_AUTO_TEST_CASE(encodings_that_swell) {
  // Long runs in every encoding, HTML that is one deep tree, an encoded word without end, attachments by
  // thousands.
  put("swell/base64.eml", header("s1@t", "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n") +
                              base64_encode(std::string(std::size_t{8} << 20, 'a')));
  std::string html;
  for (int i = 0; i < 200'000; ++i) html += "<div><table><tr><td>";
  put("swell/html.eml", header("s2@t", "Content-Type: text/html\n\n") + html + "deep\n");
  std::string subject;
  for (int i = 0; i < 50'000; ++i) subject += " =?utf-8?B?w6k=?=";
  put("swell/words.eml", "Subject:" + subject + "\n" + header("s3@t", "\nwords\n"));
  std::string many = header("s4@t", "Content-Type: multipart/mixed; boundary=x\n\n");
  for (int i = 0; i < 5'000; ++i) many += "--x\nContent-Disposition: attachment; filename=f\n\nz\n";
  put("swell/parts.eml", many + "--x--\n");
  put("swell/quotes.eml",
      header("s5@t", "Content-Type: text/plain\n\n") + std::string(std::size_t{1} << 20, '>'));
  const std::int64_t before = kib_used();
  const auto begin = std::chrono::steady_clock::now();
  import_home();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(30)));
  BOOST_TEST(kib_used() - before < memory_factor * 300 * 1'024);  // KiB
  const auto database = look_into(path);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM raw_events WHERE origin LIKE '%/swell/%'") == 5);
}

BOOST_AUTO_TEST_CASE(strange_tables) {
  std::string wide = "Name,Email";
  std::string row = "Dora Wide,dora@wide.example";
  for (int column = 3; column <= 300; ++column) {
    wide += ",Column " + std::to_string(column);
    row += ",value";
  }
  put("wide.csv", wide + "\n" + row + "\n");
  put("unbalanced.csv",
      "Name,Email\nUli One,uli@one.example\n\"Vera Two,vera@two.example\nWim Three,wim@three.example\n");
  const Imported done = import_home();
  BOOST_TEST(is_contact(ada, "dora@wide.example"));
  BOOST_TEST(is_contact(ada, "uli@one.example"));
  // A quote that never closes spoils its own line.
  check_items("unbalanced.csv", "poison", "unreadable: ", 1);
  BOOST_TEST(is_contact(ada, "wim@three.example"));
  BOOST_TEST(done.batch.counts.poison == 1);
}

BOOST_AUTO_TEST_CASE(a_recurrence_that_never_ends) {
  const std::vector<std::string> events = {
      event({.uid = "daily@t", .title = "For ever", .more = "RRULE:FREQ=DAILY\r\n"}),
      event({.uid = "secondly@t", .title = "Every second", .more = "RRULE:FREQ=SECONDLY\r\n"}),
      event({.uid = "never@t", .title = "Never", .more = "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n"}),
      event({.uid = "odd@t", .title = "Odd", .more = "RRULE:FREQ=DAILY;INTERVAL=0\r\n"}),
      event({.uid = "dates@t", .start = "99991231T235959Z", .end = "00010101T000000Z", .title = "Edges"})};
  put("endless.ics", calendar(events));
  const auto begin = std::chrono::steady_clock::now();
  import_home();
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(30)));
  BOOST_TEST(items_of("endless.ics").size() == 5U);
  const auto database = look_into(path);
  const std::int64_t meetings =
      database->number("SELECT COUNT(*) FROM interactions WHERE message_id = 'daily@t'");
  BOOST_TEST(meetings >= 365);  // from the window, not from the rule
  BOOST_TEST(meetings <= 5'000);
  BOOST_TEST(database->number("SELECT COUNT(*) FROM interactions WHERE message_id = 'secondly@t'") <= 5'000);
}

BOOST_AUTO_TEST_CASE(nothing_and_nonsense) {
  put("empty.mbox", "");
  put("empty.eml", "");
  put("empty.ics", "");
  put("empty.vcf", "");
  put("empty.csv", "");
  std::string noise;
  for (unsigned i = 0; i < 20'000; ++i) noise += static_cast<char>((i * 2'654'435'761U) >> 24);
  for (const char* name :
       {"noise.mbox", "noise.eml", "noise.ics", "noise.vcf", "noise.csv", "noise.bin", "noise"})
    put(name, noise);
  fs::create_directory_symlink(home, home + "/loop");
  fs::create_symlink(home + "/a", home + "/b");
  fs::create_symlink(home + "/b", home + "/a");
  BOOST_REQUIRE(::mkfifo((home + "/pipe").c_str(), 0600) == 0);
  const Imported done = import_home();
  BOOST_TEST(file_of(done, "/loop").format == "ignored");
  BOOST_TEST(!file_of(done, "/loop").note.empty());
  BOOST_TEST(!file_of(done, "/a").note.empty());
  BOOST_TEST(!file_of(done, "/pipe").note.empty());
  for (const PlanFile& file : done.plan.summary.files) {
    if (file.format == "ignored") BOOST_TEST(!file.note.empty(), file.path);
  }
}

BOOST_AUTO_TEST_CASE(paths_that_are_not_there) {
  const auto missing = ada.sync().preview({.paths = {home, folder.file("nowhere/mail.mbox")}});
  BOOST_REQUIRE(!missing.has_value());
  BOOST_TEST((missing.error().code == ErrorCode::not_found));
  BOOST_TEST(missing.error().message.find("nowhere/mail.mbox") != std::string::npos, missing.error().message);
  BOOST_TEST((ada.sync().preview({.paths = {}}).error().code == ErrorCode::invalid_argument));
  BOOST_TEST((ada.sync().preview({.paths = {""}}).error().code == ErrorCode::invalid_argument));
  BOOST_TEST((ada.sync().preview({.paths = {"/dev/null"}}).error().code == ErrorCode::invalid_argument));
  BOOST_TEST(need(ada.sync().plans({})).items.empty());

  // Gone between preview and import: the batch says so, and what there is can be taken back.
  const std::string gone =
      put("gone/mail.mbox", "From x Thu Aug 22 12:36:23 2002\n" + header("g@t", "\nwords\n"));
  const std::string before = digest();
  const SyncPlan plan = need(ada.sync().preview({.paths = {home}, .owner_addresses = corpus_owners()}));
  const SyncBatch batch = need(ada.sync().approve(plan.id));
  fs::remove(gone);
  need(crm->jobs().run_until_idle());
  const SyncBatch after = need(ada.sync().status(batch.id));
  BOOST_TEST((after.state == BatchState::failed));
  BOOST_TEST(after.message.find("gone/mail.mbox") != std::string::npos, after.message);
  undo(batch.id);
  BOOST_TEST(digest() == before);
}

/// As nobody: the tests may run as root, whom no permission stops.
BOOST_AUTO_TEST_CASE(a_folder_without_permission) {
  put("closed/mail.mbox", "From x Thu Aug 22 12:36:23 2002\n" + header("p@t", "\nwords\n"));
  put("unreadable.mbox", "From x Thu Aug 22 12:36:23 2002\n" + header("q@t", "\nwords\n"));
  fs::permissions(home + "/closed", fs::perms::none);
  fs::permissions(home + "/unreadable.mbox", fs::perms::none);
  fs::permissions(folder.path(), fs::perms::all);
  fs::create_directory(folder.file("theirs"));
  fs::permissions(folder.file("theirs"), fs::perms::all);
  crm.reset();  // no open database goes through a fork
  Child child([&] {
    if (::getuid() == 0 && ::setuid(65'534) != 0) return 2;
    auto theirs = Crm::open(test_options(folder.file("theirs/crm.db")));
    if (!theirs) return 3;
    auto session = (*theirs)->session("nobody");
    const auto done = try_import(**theirs, *session, {.paths = {home}, .owner_addresses = corpus_owners()});
    if (!done || done->batch.state != BatchState::done) return 4;
    if (done->batch.counts.normalized != std::int64_t{good_messages}) return 5;
    int noted = 0;
    for (const PlanFile& file : done->plan.summary.files)
      noted += file.note.starts_with("no permission: ") ? 1 : 0;
    if (noted != 2) return 6;
    const auto named = session->sync().preview({.paths = {home + "/closed"}});
    return !named && named.error().code == ErrorCode::permission_denied ? 0 : 7;
  });
  BOOST_TEST(child.wait() == 0);
  fs::permissions(home + "/closed", fs::perms::owner_all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
