#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <omnicrm/json.hpp>

#include "parts/crm_fixture.hpp"

namespace data = boost::unit_test::data;
using namespace omnicrm;
using namespace omnicrm::testing;

BOOST_AUTO_TEST_SUITE(options_json)

BOOST_AUTO_TEST_CASE(nothing_said_is_every_default) {
  const Options read = need(options_from_json("{}"));
  const Options made;
  BOOST_TEST(read.path == made.path);
  BOOST_TEST(read.migrate == made.migrate);
  BOOST_TEST(!read.logger);
  BOOST_TEST((read.sqlite.busy_timeout == made.sqlite.busy_timeout));
  BOOST_TEST(read.sqlite.full_sync == made.sqlite.full_sync);
  BOOST_TEST(read.sqlite.writer_cache_kib == made.sqlite.writer_cache_kib);
  BOOST_TEST(read.sqlite.reader_cache_kib == made.sqlite.reader_cache_kib);
  BOOST_TEST(read.sqlite.idle_readers == made.sqlite.idle_readers);
  BOOST_TEST(read.jobs.name == made.jobs.name);
  BOOST_TEST(read.jobs.threads == made.jobs.threads);
  BOOST_TEST((read.jobs.lease == made.jobs.lease));
  BOOST_TEST((read.jobs.heartbeat == made.jobs.heartbeat));
  BOOST_TEST((read.jobs.poll == made.jobs.poll));
  BOOST_TEST(read.jobs.claim_limit == made.jobs.claim_limit);
}

BOOST_AUTO_TEST_CASE(nothing_said_of_postgres_is_every_default) {
  const auto read = need(options_from_json(R"({"postgres":{}})")).postgres;
  const storage::PostgresOptions made;
  BOOST_TEST(read.url == made.url);
  BOOST_TEST(read.admin_url == made.admin_url);
  BOOST_TEST(read.read_url == made.read_url);
  BOOST_TEST(read.schema == made.schema);
  BOOST_TEST(read.pool_size == made.pool_size);
  BOOST_TEST((read.acquire_timeout == made.acquire_timeout));
  BOOST_TEST((read.connect_timeout == made.connect_timeout));
  BOOST_TEST((read.health_check_after == made.health_check_after));
  BOOST_TEST((read.max_lifetime == made.max_lifetime));
  BOOST_TEST(read.statement_cache == made.statement_cache);
  BOOST_TEST((read.lock_timeout == made.lock_timeout));
  BOOST_TEST((read.statement_timeout == made.statement_timeout));
  BOOST_TEST((read.retry_for == made.retry_for));
  BOOST_TEST(read.partitions == made.partitions);
  BOOST_TEST(read.transaction_pooling == made.transaction_pooling);
}

BOOST_AUTO_TEST_CASE(every_member_of_postgres_arrives) {
  const Options read = need(options_from_json(
      R"({"path":"postgresql://h/d","postgres":{"admin_url":"a","read_url":"r","schema":"s","pool_size":1,)"
      R"("acquire_timeout_ms":2,"connect_timeout_ms":3,"health_check_after_ms":4,"max_lifetime_ms":5,)"
      R"("statement_cache":6,"lock_timeout_ms":7,"statement_timeout_ms":8,"retry_for_ms":9,"partitions":10,)"
      R"("transaction_pooling":true}})"));
  BOOST_TEST(read.path == "postgresql://h/d");
  BOOST_TEST(read.postgres.admin_url == "a");
  BOOST_TEST(read.postgres.read_url == "r");
  BOOST_TEST(read.postgres.schema == "s");
  BOOST_TEST(read.postgres.pool_size == 1u);
  BOOST_TEST(read.postgres.acquire_timeout.count() == 2);
  BOOST_TEST(read.postgres.connect_timeout.count() == 3);
  BOOST_TEST(read.postgres.health_check_after.count() == 4);
  BOOST_TEST(read.postgres.max_lifetime.count() == 5);
  BOOST_TEST(read.postgres.statement_cache == 6u);
  BOOST_TEST(read.postgres.lock_timeout.count() == 7);
  BOOST_TEST(read.postgres.statement_timeout.count() == 8);
  BOOST_TEST(read.postgres.retry_for.count() == 9);
  BOOST_TEST(read.postgres.partitions == 10u);
  BOOST_TEST(read.postgres.transaction_pooling);
}

BOOST_AUTO_TEST_CASE(every_member_arrives) {
  const Options read = need(options_from_json(
      R"({"path":"a.db","migrate":false,"log":"error","sqlite":{"busy_timeout_ms":1,"full_sync":false,)"
      R"("writer_cache_kib":2,"reader_cache_kib":3,"idle_readers":4},"jobs":{"name":"w","threads":5,"lease_ms":60,)"
      R"("heartbeat_ms":7,"poll_ms":8,"claim_limit":9}})"));
  BOOST_TEST(read.path == "a.db");
  BOOST_TEST(!read.migrate);
  BOOST_REQUIRE(read.logger);
  BOOST_TEST(read.logger->wants(observe::Level::error));
  BOOST_TEST(!read.logger->wants(observe::Level::warning));
  BOOST_TEST(read.sqlite.busy_timeout.count() == 1);
  BOOST_TEST(!read.sqlite.full_sync);
  BOOST_TEST(read.sqlite.writer_cache_kib == 2);
  BOOST_TEST(read.sqlite.reader_cache_kib == 3);
  BOOST_TEST(read.sqlite.idle_readers == 4u);
  BOOST_TEST(read.jobs.name == "w");
  BOOST_TEST(read.jobs.threads == 5u);
  BOOST_TEST(read.jobs.lease.count() == 60);
  BOOST_TEST(read.jobs.heartbeat.count() == 7);
  BOOST_TEST(read.jobs.poll.count() == 8);
  BOOST_TEST(read.jobs.claim_limit == 9u);
}

struct Bad {
  const char* json;
  const char* names;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) {
  return out << bad.json;
}

BOOST_DATA_TEST_CASE(what_is_wrong_is_named,
                     data::make(std::vector<Bad>{
                         {"[]", "object"},
                         {"{", "JSON"},
                         {R"({"path":""})", "path"},
                         {R"({"pfad":"x"})", "pfad"},
                         {R"({"log":"loud"})", "log"},
                         {R"({"sqlite":{"busy_timeout_ms":-1}})", "sqlite.busy_timeout_ms"},
                         {R"({"sqlite":{"writer_cache_kib":-1}})", "sqlite.writer_cache_kib"},
                         {R"({"postgres":{"url":"x"}})", "url"},
                         {R"({"postgres":{"schema":""}})", "postgres.schema"},
                         {R"({"postgres":{"pool_size":0}})", "postgres.pool_size"},
                         {R"({"postgres":{"acquire_timeout_ms":0}})", "postgres.acquire_timeout_ms"},
                         {R"({"postgres":{"connect_timeout_ms":0}})", "postgres.connect_timeout_ms"},
                         {R"({"postgres":{"health_check_after_ms":-1}})", "postgres.health_check_after_ms"},
                         {R"({"postgres":{"max_lifetime_ms":0}})", "postgres.max_lifetime_ms"},
                         {R"({"postgres":{"statement_cache":0}})", "postgres.statement_cache"},
                         {R"({"postgres":{"lock_timeout_ms":-1}})", "postgres.lock_timeout_ms"},
                         {R"({"postgres":{"statement_timeout_ms":86400001}})",
                          "postgres.statement_timeout_ms"},
                         {R"({"postgres":{"retry_for_ms":-1}})", "postgres.retry_for_ms"},
                         {R"({"postgres":{"partitions":1025}})", "postgres.partitions"},
                         {R"({"postgres":{"transaction_pooling":1}})", "postgres.transaction_pooling"},
                         {R"({"jobs":{"threads":0}})", "jobs.threads"},
                         {R"({"jobs":{"threads":"2"}})", "jobs.threads"},
                         {R"({"jobs":{"lease_ms":1}})", "jobs.lease_ms"},
                         {R"({"jobs":{"claim_limit":5000}})", "jobs.claim_limit"}})) {
  const auto read = options_from_json(sample.json);
  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().code == ErrorCode::invalid_argument));
  BOOST_TEST(read.error().message.find(sample.names) != std::string::npos, read.error().message);
}

BOOST_AUTO_TEST_CASE(records_beyond_the_model_are_json_both_ways) {
  repository::TimelineFilter filter;
  filter.kinds = {InteractionKind::call};
  filter.include_bulk = false;
  const auto read = need(from_json<repository::TimelineFilter>(to_json(filter)));
  BOOST_TEST((read.kinds == filter.kinds));
  BOOST_TEST(!read.include_bulk);
  BOOST_TEST(to_json(read) == to_json(filter));

  sync::Normalized made;
  made.interactions.emplace_back();
  made.interactions[0].interaction.subject = "Hello";
  made.facts.participants.emplace_back().address = "bob@work.example";
  BOOST_TEST(to_json(need(from_json<sync::Normalized>(to_json(made)))) == to_json(made));
}

BOOST_AUTO_TEST_SUITE_END()
