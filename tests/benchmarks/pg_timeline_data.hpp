// One user with 1,000,000 interactions among 10,000,000 of 10,000 others, in a PostgreSQL schema; made by the
// server itself, the same at every making.
#pragma once

#include <fmt/format.h>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/storage/postgres.hpp>
#include <string>
#include <string_view>

#include "bare_pg.hpp"

namespace omnicrm::benchmarks {

inline constexpr std::int64_t own_interactions = 1'000'000;
inline constexpr std::int64_t other_interactions = 10'000'000;
inline constexpr std::int64_t own_contacts = 2'000;

/// Ids as the library makes them: in the order of time, the rest by chance (RFC 9562, version 7).
inline constexpr std::string_view id_function = R"sql(
CREATE FUNCTION pg_temp.bench_id(room INT, number BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(number), 12, '0') || '7' || substr(md5(room || ':' || number), 1, 3) || '8' ||
          substr(md5(room || ':' || number), 4, 15))::uuid $$)sql";

/// The rows of `from` to `to` (numbers of minutes, too) of the user that the expression names.
inline void add_rows(BarePg& server, std::string_view user, std::int64_t from, std::int64_t to) {
  server.run(fmt::format(R"sql(
INSERT INTO interactions (seq, user_id, id, version, kind, direction, status, subject, body, quoted, signature,
    occurred_at, all_day, zone, location, conference_url, thread_id, message_id, in_reply_to, labels, is_bulk,
    contact_id, source, normalizer_version, created_at, updated_at)
SELECT n, {0}, pg_temp.bench_id(1, n), 1, 'email', CASE n % 3 WHEN 0 THEN 'outbound' ELSE 'inbound' END, 'confirmed',
    'Subject ' || md5(n::text), repeat(md5(n::text) || ' ', 8), '', '', 1420070400000000 + n * 30000000, 0, '', '', '',
    'thread:' || n - n % 7, n || '@bench.example', '', '[]', 0,
    pg_temp.bench_id(2, floor({3} * power((n * 7919 % 100003) / 100003.0, 3))::bigint), 'email', 1,
    1420070400000000 + n * 30000000, 1420070400000000 + n * 30000000
FROM generate_series({1}::bigint, {2}::bigint) AS n)sql",
                         user, from, to, own_contacts));
}

inline void add_contacts(BarePg& server, std::string_view user) {
  server.run(fmt::format(R"sql(
INSERT INTO contacts (user_id, id, version, display_name, name_prefix, given_name, middle_name, family_name,
    name_suffix, nickname, emails, phones, handles, organization, department, job_title, birthday, note, custom,
    source, provenance, pinned, archived, created_at, updated_at, sort_name)
SELECT {}, pg_temp.bench_id(2, n), 1, 'Contact ' || n, '', '', '', '', '', '', '[]', '[]', '[]', '', '', '', '', '',
    '{{}}', 'email', '{{}}', 0, 0, 1420070400000000, 1420070400000000, 'contact ' || n
FROM generate_series(0, {} - 1) AS n)sql",
                         user, own_contacts));
}

inline void add_participants(BarePg& server) {
  server.run(R"sql(
INSERT INTO interaction_participants (user_id, interaction_id, ordinal, role, address, match_key, name, response,
    contact_id, is_self, occurred_at)
SELECT user_id, id, 0, CASE direction WHEN 'inbound' THEN 'from' ELSE 'to' END, address, address, 'Somebody', 'none',
    contact_id, 0, occurred_at
FROM (SELECT *, 'p' || substr(contact_id::text, 1, 13) || '@bench.example' AS address FROM interactions) AS i)sql");
}

/// Empty, current tables in `schema`, filled without their indexes, which are made at the end.
inline void make_timeline_data(const std::string& url, const std::string& schema, UserId user) {
  BarePg server(url);
  server.run(fmt::format("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema));
  {
    auto storage = checked(storage::postgres({.url = url, .schema = schema}));
    checked(storage->migrate());
  }
  server.run(fmt::format(
      "SET search_path = {}, public; SET synchronous_commit = off; SET max_parallel_workers_per_gather = 0; "
      "SET maintenance_work_mem = '1GB'",
      schema));
  server.run(std::string(id_function));
  const auto indexes = server.run(fmt::format(
      "SELECT indexdef FROM pg_indexes WHERE schemaname = '{0}' AND tablename IN ('interactions', "
      "'interaction_participants') AND indexname NOT LIKE '%pkey'",
      schema));
  server.run(fmt::format(
      "DO $$ DECLARE name TEXT; BEGIN FOR name IN SELECT indexname FROM pg_indexes WHERE schemaname = '{0}' "
      "AND "
      "tablename IN ('interactions', 'interaction_participants') AND indexname NOT LIKE '%pkey' LOOP "
      "EXECUTE 'DROP INDEX ' || name; END LOOP; END $$",
      schema));
  constexpr std::int64_t step = 1'000'000;
  for (std::int64_t done = 0; done < other_interactions; done += step) {
    add_rows(server, "md5('user' || n % 10000)::uuid", done, done + step - 1);
    std::fprintf(stderr, "storage: %lld rows of others\n", static_cast<long long>(done + step));
  }
  const std::string own = fmt::format("'{}'::uuid", user.to_string());
  add_rows(server, own, other_interactions, other_interactions + own_interactions - 1);
  add_contacts(server, own);
  add_participants(server);
  for (const std::string& index : indexes) server.run(index);
  for (const char* table : {"contacts", "interactions", "interaction_participants"})
    server.run(fmt::format("VACUUM (FREEZE, ANALYZE) {}", table));
  server.run("CHECKPOINT");
}

}  // namespace omnicrm::benchmarks
