// A storage that does not answer for a while: nothing is lost and nothing runs twice.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "unit/jobs/desk.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;

/// Passes everything on, except that the next writes fail as told.
class Flaky final : public storage::Storage {
 public:
  explicit Flaky(std::shared_ptr<storage::Storage> inner) : inner_(std::move(inner)) {}

  void fail_writes(int count, Error error) {
    error_ = std::move(error);
    left_ = count;
  }
  [[nodiscard]] int left() const { return left_; }

  [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_->dialect(); }
  Result<void> read(const storage::Scope& scope, storage::Work work) override {
    return inner_->read(scope, work);
  }
  Result<void> write(const storage::Scope& scope, storage::Work work) override {
    if (left_ > 0) {
      --left_;
      return fail(error_);
    }
    return inner_->write(scope, work);
  }
  Result<void> migrate() override { return inner_->migrate(); }
  Result<std::int64_t> schema_version() override { return inner_->schema_version(); }
  Result<void> backup(const std::string& path) override { return inner_->backup(path); }
  Result<std::vector<std::string>> check() override { return inner_->check(); }

 private:
  std::shared_ptr<storage::Storage> inner_;
  Error error_;
  std::atomic<int> left_ = 0;
};

struct FlakyDesk : Desk {
  std::shared_ptr<Flaky> flaky = std::make_shared<Flaky>(storage);
  FlakyDesk() { storage = flaky; }
};

Error locked() {
  return {ErrorCode::unavailable, "locked", {}, true, false};
}
Error damaged() {
  return {ErrorCode::data_loss, "damaged", {}, false, false};
}

BOOST_AUTO_TEST_SUITE(jobs_failing_storage)

BOOST_AUTO_TEST_CASE(endings_are_kept_until_they_can_be_written) {
  FlakyDesk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  std::atomic<int> runs = 0;
  must(runner->register_handler("work", does([&](Context&) -> Result<Outcome> {
                                  if (++runs == 1) desk.flaky->fail_writes(3, locked());
                                  return Outcome::done();
                                })));
  must(queue->enqueue(std::vector<jobs::NewJob>(20, job("work"))));
  BOOST_TEST(must(runner->run_until_idle()).done == 20);
  BOOST_TEST(runs == 20);
  BOOST_TEST(desk.flaky->left() == 0);
  BOOST_TEST(desk.number("SELECT count(*) FROM jobs WHERE state = 'done' AND attempt = 1") == 20);
}

BOOST_AUTO_TEST_CASE(a_run_that_cannot_write_says_so) {
  FlakyDesk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("work", does([&](Context&) -> Result<Outcome> {
                                  desk.flaky->fail_writes(1'000'000, damaged());
                                  return Outcome::done();
                                })));
  const auto id = must(queue->enqueue({job("work")})).at(0);
  BOOST_TEST((runner->run_until_idle().error().code == ErrorCode::data_loss));
  desk.flaky->fail_writes(0, {});
  BOOST_TEST((must(queue->get(id)).state == JobState::running));
  // Its lease brings it back.
  desk.fake().advance(std::chrono::minutes(1));
  auto second = desk.runner();
  must(second->register_handler("work", does_nothing()));
  BOOST_TEST(must(second->run_until_idle()).done == 1);
}

BOOST_AUTO_TEST_CASE(a_service_goes_on_trying) {
  FlakyDesk desk;
  auto queue = desk.queue();
  auto runner = desk.runner();
  must(runner->register_handler("work", does_nothing()));
  const auto id = must(queue->enqueue({job("work")})).at(0);
  desk.flaky->fail_writes(4, damaged());
  must(runner->start());
  while (must(queue->get(id)).state != JobState::done) std::this_thread::yield();
  BOOST_TEST(must(runner->stop()).done == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
