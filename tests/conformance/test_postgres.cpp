// The storage conformance suite on PostgreSQL, directly and through pgbouncer in transaction mode.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <omnicrm/storage/postgres.hpp>
#include <omnicrm/testing/storage_conformance.hpp>

#include "parts/postgres_server.hpp"

namespace data = boost::unit_test::data;
using omnicrm::testing::PostgresServer;

namespace {

/// `make` is asked once for each test: each gets a database of its own.
void run(const std::string& test, const omnicrm::storage::PostgresOptions& options, bool through_bouncer) {
  PostgresServer& server = PostgresServer::get();
  const std::string database = server.make_database();
  const auto open = [&] {
    auto own = options;
    own.url = through_bouncer ? server.bouncer_url(database) : server.url(database);
    own.transaction_pooling = through_bouncer;
    return omnicrm::storage::postgres(own);
  };
  for (const auto& failure :
       omnicrm::testing::run_storage_conformance(open, {.reopen = open, .only = test})) {
    BOOST_ERROR(failure.test + ": " + failure.message);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(storage_conformance)

BOOST_DATA_TEST_CASE(postgres, data::make(omnicrm::testing::storage_conformance_tests())) {
  run(sample, {}, false);
}

BOOST_DATA_TEST_CASE(postgres_with_few_connections,
                     data::make(omnicrm::testing::storage_conformance_tests())) {
  omnicrm::storage::PostgresOptions options;
  options.pool_size = 2;  // a read inside a read takes a second one
  options.statement_cache = 8;
  run(sample, options, false);
}

BOOST_DATA_TEST_CASE(postgres_through_pgbouncer, data::make(omnicrm::testing::storage_conformance_tests())) {
  run(sample, {}, true);
}

BOOST_AUTO_TEST_SUITE_END()
