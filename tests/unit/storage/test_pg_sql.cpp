// What needs no server: placeholders, scripts, SQLSTATEs, values on the wire.
#include <array>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "storage/postgres/pg_error.hpp"
#include "storage/postgres/pg_sql.hpp"
#include "storage/postgres/pg_types.hpp"

using namespace omnicrm;
using namespace omnicrm::storage;

namespace {

std::string translated(std::string_view sql) {
  const auto result = translate_statement(sql);
  return result ? result->text : "error: " + result.error().message;
}

ErrorCode code_of(std::string_view state) {
  return pg_failure(state, "said", {"postgresql:///x", true}, "SELECT 1").error.code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pg_sql)

BOOST_AUTO_TEST_CASE(placeholders_are_numbered) {
  BOOST_TEST(translated("SELECT ?, ?") == "SELECT $1, $2");
  BOOST_TEST(translated("SELECT ?2, ?1, ?2") == "SELECT $2, $1, $2");
  BOOST_TEST(translated("SELECT ?3, ?") == "SELECT $3, $4");
  BOOST_TEST(translated("WHERE a=?AND b=?") == "WHERE a=$1AND b=$2");
  BOOST_TEST(translate_statement("SELECT ?2, ?1, ?2")->parameters == 2);
  BOOST_TEST(translate_statement("SELECT 1")->parameters == 0);
  BOOST_TEST(translated("SELECT c ?? 'a' FROM t") == "SELECT c ? 'a' FROM t");
}

BOOST_AUTO_TEST_CASE(text_is_left_alone) {
  for (const std::string_view sql :
       {"SELECT '?'", "SELECT 'it''s ?'", R"(SELECT E'\'?')", R"(SELECT 'back\')", "SELECT \"a?b\"",
        "SELECT 1 -- why?\n", "SELECT /* a? /* b? */ c? */ 1", "SELECT $$ ? $$", "SELECT $a$ ? $$ ? $a$",
        "SELECT 'a;b'", "SELECT $f$ BEGIN; COMMIT; END $f$"}) {
    BOOST_TEST(translated(sql) == sql);
  }
  BOOST_TEST(translated(R"(SELECT 'back\', ?)") == R"(SELECT 'back\', $1)");
  BOOST_TEST(translated("SELECT a$b$ || ? || c$b$ FROM t") == "SELECT a$b$ || $1 || c$b$ FROM t");
  BOOST_TEST(translated("SELECT typE'?', ?") == "SELECT typE'?', $1");
}

BOOST_AUTO_TEST_CASE(bad_sql_is_refused) {
  for (const std::string_view sql :
       {"", "  ;; ", "-- nothing", "SELECT 1; SELECT 2", "SELECT ?0", "SELECT ?70000", "COMMIT", "begin",
        "/* x */ rollback", "(commit", "END", "SET search_path = x", "RESET ROLE", "set role none",
        "savepoint a", "PREPARE TRANSACTION 'x'", "DISCARD ALL", "ABORT", "COPY t FROM STDIN"}) {
    const auto result = translate_statement(sql);
    BOOST_TEST(!result.has_value(), sql);
    if (!result) BOOST_TEST((result.error().code == ErrorCode::internal));
  }
  BOOST_TEST(translate_statement("SET LOCAL work_mem = '64MB'").has_value());
  BOOST_TEST(translate_statement("SELECT 1;").has_value());
}

BOOST_AUTO_TEST_CASE(scripts_are_split) {
  const auto script = split_script("CREATE TABLE a (b TEXT DEFAULT ';');\n-- c;\nDO $x$ BEGIN a; END $x$; ;");
  BOOST_REQUIRE(script.has_value());
  BOOST_TEST(script->size() == 2U);
  BOOST_TEST(!split_script("SELECT 1; COMMIT; SELECT 2").has_value());
  BOOST_TEST(split_script("")->empty());
}

BOOST_AUTO_TEST_CASE(sqlstates) {
  BOOST_TEST((code_of("23505") == ErrorCode::already_exists));
  BOOST_TEST((code_of("23503") == ErrorCode::failed_precondition));
  BOOST_TEST((code_of("23514") == ErrorCode::invalid_argument));
  BOOST_TEST((code_of("42P01") == ErrorCode::internal));
  BOOST_TEST((code_of("42501") == ErrorCode::permission_denied));
  BOOST_TEST((code_of("53100") == ErrorCode::resource_exhausted));
  BOOST_TEST((code_of("XX001") == ErrorCode::data_loss));
  BOOST_TEST((code_of("99999") == ErrorCode::internal));
  const PgPlace reading{"postgresql:///x", false};
  const PgPlace writing{"postgresql:///x", true};
  BOOST_TEST((pg_failure("25006", "", reading, "").error.code == ErrorCode::failed_precondition));
  BOOST_TEST((pg_failure("25006", "", writing, "").error.code == ErrorCode::unavailable));
  BOOST_TEST((pg_failure("40001", "", writing, "").trouble == PgTrouble::conflict));
  BOOST_TEST((pg_failure("40P01", "", writing, "").trouble == PgTrouble::conflict));
  BOOST_TEST((pg_failure("57P01", "", writing, "").trouble == PgTrouble::lost));
  BOOST_TEST((pg_failure("", "", writing, "").trouble == PgTrouble::lost));
  BOOST_TEST((pg_failure("23505", "", writing, "").trouble == PgTrouble::statement));
  BOOST_TEST((pg_failure("0A000", "cached plan must not change result type", writing, "").trouble ==
              PgTrouble::stale_plan));
  const Error refused = connect_error(
      "connection to server on socket \"/s/.s.PGSQL.5432\" failed: FATAL:  28P01: password authentication "
      "failed for user \"ada\"\nLOCATION:  auth_failed, auth.c:326\n",
      writing);
  BOOST_TEST((refused.code == ErrorCode::permission_denied));
  BOOST_TEST(!refused.retryable);
  BOOST_TEST(refused.message.find("auth.c") == std::string::npos);
  BOOST_TEST(connect_error("connection refused\n", writing).retryable);
  BOOST_TEST(connect_error("SSL SYSCALL error: EOF detected\n", writing).retryable);
  for (const std::string_view said :
       {"SSL error: certificate verify failed\n", "server does not support SSL, but SSL was required\n"}) {
    const Error untrusted = connect_error(said, writing);
    BOOST_TEST((untrusted.code == ErrorCode::permission_denied));
    BOOST_TEST(!untrusted.retryable);
  }
}

BOOST_AUTO_TEST_CASE(parameters_take_the_servers_types) {
  constexpr Oid int2 = 21, int4 = 23, int8 = 20, boolean = 16, text = 25, bytea = 17, uuid = 2950,
                jsonb = 3802;
  const auto encoded = [](PgBound value, Oid type) -> std::string {
    PgParameters parameters;
    const std::array<PgBound, 1> values = {value};
    const std::array<Oid, 1> types = {type};
    const auto done = parameters.encode(values, types);
    if (!done) return "error " + std::string(to_string(done.error().code));
    if (parameters.values()[0] == nullptr) return "null";
    return (parameters.formats()[0] == 1 ? "b:" : "t:") +
           std::string(parameters.values()[0], static_cast<std::size_t>(parameters.lengths()[0]));
  };
  const auto number = [](std::int64_t value) { return PgBound{PgBound::Kind::integer, value, 0, {}}; };
  const auto words = [](std::string_view value) { return PgBound{PgBound::Kind::text, 0, 0, value}; };
  const auto blob = [](std::string_view value) { return PgBound{PgBound::Kind::blob, 0, 0, value}; };
  using std::string_literals::operator""s;
  BOOST_TEST(encoded(number(258), int8) == "b:\0\0\0\0\0\0\1\2"s);
  BOOST_TEST(encoded(number(-2), int4) == "b:\xff\xff\xff\xfe"s);
  BOOST_TEST(encoded(number(258), int2) == "b:\1\2"s);
  BOOST_TEST(encoded(number(40'000), int2) == "error invalid_argument");
  BOOST_TEST(encoded(number(1), boolean) == "b:\1"s);
  BOOST_TEST(encoded(number(7), text) == "t:7");
  BOOST_TEST(encoded(number(7), bytea) == "error internal");
  BOOST_TEST(encoded(words("a"), text) == "b:a");
  BOOST_TEST(encoded(words("{}"), jsonb) == "t:{}");
  BOOST_TEST(encoded(words("a\0b"s), text) == "error invalid_argument");
  BOOST_TEST(encoded(words(std::string_view()), text) == "b:");
  BOOST_TEST(encoded(blob("a\0b"s), bytea) == "b:a\0b"s);
  BOOST_TEST(encoded(blob("0123456789abcdef"), uuid) == "b:0123456789abcdef");
  BOOST_TEST(encoded(blob("short"), uuid) == "error internal");
  BOOST_TEST(encoded({}, text) == "null");
  BOOST_TEST(encoded({PgBound::Kind::real, 0, std::numeric_limits<double>::quiet_NaN(), {}}, 701) == "null");
}

BOOST_AUTO_TEST_CASE(numerics_are_read) {
  using std::string_literals::operator""s;
  constexpr Oid numeric = 1700;
  std::string scratch;
  const auto text = [&](const std::string& bytes) { return std::string(pg_text(numeric, bytes, scratch)); };
  // numeric_send: count, weight, sign, scale, digits of base 10,000
  BOOST_TEST(text("\0\0\0\0\0\0\0\0"s) == "0");
  BOOST_TEST(text("\0\2\0\1\0\0\0\0\0\1\0\2"s) == "10002");
  BOOST_TEST(text("\0\1\0\1\0\0\0\0\0\1"s) == "10000");
  BOOST_TEST(text("\0\2\0\0\x40\0\0\2\0\3\x0d\xac"s) == "-3.35");
  BOOST_TEST(pg_integer(numeric, "\0\2\0\1\0\0\0\0\0\1\0\2"s) == 10'002);
  BOOST_TEST(pg_real(numeric, "\0\2\0\0\x40\0\0\2\0\3\x0d\xac"s) == -3.35);
}

BOOST_AUTO_TEST_SUITE_END()
