// The queue's statements, dialect by dialect: the same parameters in the same places.
#include <boost/test/unit_test.hpp>
#include <string_view>
#include <utility>

#include "jobs/dialect.hpp"
#include "storage/postgres/pg_sql.hpp"

using namespace omnicrm;
using namespace omnicrm::jobs;

BOOST_AUTO_TEST_SUITE(jobs_dialects)

BOOST_AUTO_TEST_CASE(statements_take_the_same_parameters) {
  for (const std::string_view JobsDialect::*text :
       {&JobsDialect::select_ready, &JobsDialect::select_exists, &JobsDialect::select_next_due,
        &JobsDialect::select_cancels, &JobsDialect::select_next_start}) {
    const auto on_sqlite = storage::translate_statement(sqlite_jobs.*text);
    const auto on_postgres = storage::translate_statement(postgres_jobs.*text);
    BOOST_REQUIRE(on_sqlite);
    BOOST_REQUIRE(on_postgres);
    BOOST_TEST(on_sqlite->parameters == on_postgres->parameters, sqlite_jobs.*text);
    BOOST_TEST(on_sqlite->parameters > 0);
    for (const char* only_sqlite : {"json_each", "CROSS JOIN", "INDEXED BY"})
      BOOST_TEST((postgres_jobs.*text).find(only_sqlite) == std::string_view::npos);
  }
}

BOOST_AUTO_TEST_CASE(claimers_pass_over_what_others_have_locked) {
  BOOST_TEST(postgres_jobs.select_ready.ends_with("FOR UPDATE SKIP LOCKED"));
}

BOOST_AUTO_TEST_SUITE_END()
