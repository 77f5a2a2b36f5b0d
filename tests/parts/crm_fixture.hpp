// A CRM in a folder of its own, and the calls that tests of the whole way make all the time.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <omnicrm/omnicrm.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "parts/temporary_folder.hpp"
#include "parts/test_database.hpp"

namespace omnicrm::testing {

inline std::string describe(const Error& error) {
  return std::string(to_string(error.code)) + ": " + error.message;
}

/// Ends the test case with the error's text.
template <class T>
T need(Result<T> result) {
  BOOST_REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : describe(result.error())));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Begins at 2026-11-23T12:00:00Z (or later) and runs: what depends on the day is the same on every day.
class RunningClock final : public Clock {
 public:
  explicit RunningClock(std::chrono::microseconds later = {})
      : start_(from_micros(1'795'435'200'000'000) + later), from_(std::chrono::steady_clock::now()) {}

  [[nodiscard]] Timestamp now() override {
    return start_ +
           std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - from_);
  }
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() override {
    return std::chrono::steady_clock::now();
  }

 private:
  Timestamp start_;
  std::chrono::steady_clock::time_point from_;
};

/// `later`: how long after the first opening this one is.
inline Options test_options(const std::string& path, std::chrono::microseconds later = {}) {
  Options options = options_for(path);
  options.clock = std::make_shared<RunningClock>(later);
  return options;
}

/// Preview, approve, run to the end.
struct Imported {
  SyncPlan plan;
  SyncBatch batch;
};

inline Result<Imported> try_import(Crm& crm, Session& session, const SyncSource& source) {
  Imported imported;
  auto plan = session.sync().preview(source);
  if (!plan) return fail(std::move(plan).error());
  imported.plan = std::move(*plan);
  auto batch = session.sync().approve(imported.plan.id);
  if (!batch) return fail(std::move(batch).error());
  if (auto run = crm.jobs().run_until_idle(); !run) return fail(std::move(run).error());
  batch = session.sync().status(batch->id);
  if (!batch) return fail(std::move(batch).error());
  imported.batch = std::move(*batch);
  return imported;
}

struct CrmFixture {
  TemporaryFolder folder;
  TestDatabases databases;
  std::string path = databases.make(folder.file("crm.db"));
  std::unique_ptr<Crm> crm = need(Crm::open(test_options(path)));
  Session ada = need(crm->session("ada"));

  Imported import_all(const SyncSource& source) { return import_all(ada, source); }
  /// Ends the test case unless the import ends as done.
  Imported import_all(Session& session, const SyncSource& source) {
    Imported imported = need(try_import(*crm, session, source));
    BOOST_REQUIRE_MESSAGE(imported.batch.state == BatchState::done, "the import: " << imported.batch.message);
    return imported;
  }
  void undo(Session& session, BatchId batch) {
    need(session.sync().undo(batch));
    need(crm->jobs().run_until_idle());
    const SyncBatch after = need(session.sync().status(batch));
    BOOST_REQUIRE_MESSAGE(after.state == BatchState::undone, "the undo: " << after.message);
  }
  void undo(BatchId batch) { undo(ada, batch); }
  std::string digest() { return need(ada.sync().state_digest()); }
};

/// The one whose address it is; ends the test case when nobody's.
inline Contact contact_of(Session& session, std::string_view email) {
  auto found = need(session.contacts().find(IdentityKind::email, email));
  BOOST_REQUIRE_MESSAGE(found.has_value(), email << " is nobody's address");
  return std::move(*found);
}

inline bool is_contact(Session& session, std::string_view email) {
  return need(session.contacts().find(IdentityKind::email, email)).has_value();
}

}  // namespace omnicrm::testing
