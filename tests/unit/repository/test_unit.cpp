// What a unit of work tells the storage of itself.
#include <boost/test/unit_test.hpp>
#include <optional>

#include "parts/test_environment.hpp"
#include "repository/unit.hpp"

using namespace omnicrm;
using namespace omnicrm::repository;
using omnicrm::testing::code_of;
using omnicrm::testing::must;
using omnicrm::testing::TestEnvironment;

namespace {

/// Notes the scopes, and refuses a stopped one as a waiting storage would.
class ScopeNote final : public storage::Storage {
 public:
  explicit ScopeNote(std::shared_ptr<storage::Storage> inner) : inner_(std::move(inner)) {}
  std::optional<UserId> user;
  storage::WritePosition* written = nullptr;

  [[nodiscard]] storage::Dialect dialect() const noexcept override { return inner_->dialect(); }
  Result<void> read(const storage::Scope& scope, storage::Work work) override {
    return noted(scope) ? inner_->read(scope, work) : stopped();
  }
  Result<void> write(const storage::Scope& scope, storage::Work work) override {
    if (scope.written != nullptr) ++scope.written->value;
    return noted(scope) ? inner_->write(scope, work) : stopped();
  }
  Result<void> migrate() override { return inner_->migrate(); }
  Result<std::int64_t> schema_version() override { return inner_->schema_version(); }
  Result<void> backup(const std::string& path) override { return inner_->backup(path); }
  Result<std::vector<std::string>> check() override { return inner_->check(); }

 private:
  bool noted(const storage::Scope& scope) {
    user = scope.user;
    written = scope.written;
    return !scope.stop.stop_requested();
  }
  static Result<void> stopped() { return failure(ErrorCode::cancelled, "stopped"); }

  std::shared_ptr<storage::Storage> inner_;
};

struct Fixture {
  TestEnvironment environment;
  std::shared_ptr<ScopeNote> note = std::make_shared<ScopeNote>(environment.shared->storage);
  Unit ada = [this] {
    auto noted = std::make_shared<Environment>(*environment.shared);
    noted->storage = note;
    return Unit(noted, environment.unit().user());
  }();
  static Result<int> nothing(storage::Connection&) { return 1; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(units, Fixture)

BOOST_AUTO_TEST_CASE(one_without_a_session_has_no_position) {
  must(ada.read(nothing));
  BOOST_TEST((note->user == ada.user()));
  BOOST_TEST(note->written == nullptr);
}

BOOST_AUTO_TEST_CASE(a_sessions_reads_and_writes_share_its_position) {
  const auto position = std::make_shared<storage::WritePosition>();
  const Unit mine = ada.with_position(position);
  must(mine.write(nothing));
  BOOST_TEST(position->value == 1U);
  must(mine.with_stop({}).read(nothing));
  BOOST_TEST(note->written == position.get());
  must(ada.write(nothing));  // the unit it was made from is another
  BOOST_TEST(position->value == 1U);
}

BOOST_AUTO_TEST_CASE(a_stop_ends_the_calls_of_that_unit) {
  std::stop_source source;
  const Unit mine = ada.with_stop(source.get_token());
  must(mine.read(nothing));
  source.request_stop();
  BOOST_TEST((code_of(mine.read(nothing)) == ErrorCode::cancelled));
  BOOST_TEST((code_of(mine.write(nothing)) == ErrorCode::cancelled));
  must(ada.read(nothing));
}

BOOST_AUTO_TEST_SUITE_END()
