// Records as JSON: every record comes back as it was, and bad JSON is refused with the field's name.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/json_generate.hpp"
#include "parts/random_record.hpp"

namespace omnicrm {

struct Everything {
  std::int32_t small = 7;
  double real = 0.5;
  std::optional<double> maybe_real;
  Date day{};
  std::vector<std::vector<std::string>> rows;
  std::map<std::string, ContactPoint> points;
  std::optional<Direction> direction;
  std::optional<ContactPoint> point;
  std::vector<Json> values;
  ErrorCode code = ErrorCode::internal;

  friend bool operator==(const Everything&, const Everything&) = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (small, real, maybe_real, day, rows, points, direction, point, values, code))

struct GetThing {
  ContactId id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GetThing, (), (id, name))
template <>
inline constexpr auto required_fields<GetThing> = std::to_array<std::string_view>({"id", "name"});

namespace {

template <class T>
concept Comparable = requires(const T& a, const T& b) {
  a == b;
};

template <class T>
void check_round_trips(std::uint64_t seed) {
  testing::RandomRecords random(seed);
  for (int round = 0; round < 200; ++round) {
    const T record = random.make<T>();
    const std::string json = to_json(record);
    BOOST_REQUIRE_MESSAGE(boost::json::parse(json).is_object(), json);  // an independent parser reads it
    const Result<T> read = from_json<T>(json);
    if (!read) BOOST_FAIL(read.error().message << " in " << json);
    if constexpr (Comparable<T>) BOOST_REQUIRE_MESSAGE(*read == record, json);
    BOOST_REQUIRE_EQUAL(to_json(*read), json);
  }
}

/// The message of the refusal; the reason to fail when there was none.
template <class T>
std::string refusal(std::string_view json) {
  const Result<T> read = from_json<T>(json);
  BOOST_REQUIRE_MESSAGE(!read, "accepted: " << json);
  BOOST_TEST((read.error().code == ErrorCode::invalid_argument));
  return read.error().message;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

BOOST_AUTO_TEST_SUITE(model_json)

BOOST_AUTO_TEST_CASE(every_record_round_trips) {
  std::uint64_t seed = 1;
#define OMNICRM_RECORD(T)         \
  BOOST_TEST_CONTEXT(#T) {        \
    check_round_trips<T>(seed++); \
  }
  OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD)
#undef OMNICRM_RECORD
}

BOOST_AUTO_TEST_CASE(other_described_types_round_trip) {
  check_round_trips<Everything>(99);
  check_round_trips<Page<Tag>>(100);
}

BOOST_AUTO_TEST_CASE(a_record_has_the_documented_form) {
  Interaction call;
  call.id = *InteractionId::parse("0190f3a0-7e57-7abc-8def-0123456789ab");
  call.kind = InteractionKind::call;
  call.subject = "Über \"x\"\n";
  call.occurred_at = *parse_timestamp("2002-08-22T12:36:23.5Z");
  call.ended_at = *parse_timestamp("2002-08-22T12:40:00.000001Z");
  call.labels = {"a", "b"};
  call.participants = {{.role = ParticipantRole::about, .address = {}, .name = "Ada"}};
  BOOST_TEST(
      to_json(call) ==
      "{\"id\":\"0190f3a0-7e57-7abc-8def-0123456789ab\",\"version\":1,\"kind\":\"call\",\"direction\":"
      "\"none\",\"status\":\"confirmed\",\"subject\":\"Über \\\"x\\\"\\n\",\"body\":\"\",\"quoted\":\"\","
      "\"signature\":\"\",\"occurred_at\":\"2002-08-22T12:36:23.500Z\",\"ended_at\":"
      "\"2002-08-22T12:40:00.000001Z\",\"all_day\":false,\"zone\":\"\",\"location\":\"\","
      "\"conference_url\":\"\",\"thread_id\":\"\",\"message_id\":\"\",\"in_reply_to\":\"\",\"labels\":"
      "[\"a\",\"b\"],\"is_bulk\":false,\"source\":\"user\",\"normalizer_version\":0,\"created_at\":"
      "\"1970-01-01T00:00:00Z\",\"updated_at\":\"1970-01-01T00:00:00Z\",\"participants\":[{\"role\":"
      "\"about\",\"address\":\"\",\"name\":\"Ada\",\"response\":\"none\",\"is_self\":false}]}");
}

BOOST_AUTO_TEST_CASE(times_are_written_as_core_writes_them) {
  testing::RandomRecords random(5);
  for (int round = 0; round < 1000; ++round) {
    const auto at = random.make<Timestamp>();
    std::string written;
    write_json(written, at);
    BOOST_REQUIRE_EQUAL(written, '"' + to_string(at) + '"');
  }
}

BOOST_AUTO_TEST_CASE(write_json_appends) {
  std::string out = "[";
  write_json(out, Tag{.name = "a"});
  out += ',';
  write_json(out, Tag{.name = std::string(5000, 'b')});
  out += ']';
  BOOST_TEST(boost::json::parse(out).as_array().size() == 2U);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_become_replacement_characters) {
  BOOST_TEST(json_text("a\xff"
                       "b") ==
             "\"a\xef\xbf\xbd"
             "b\"");
  BOOST_TEST(json_text("\xc0\xaf") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");                  // overlong
  BOOST_TEST(json_text("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");  // surrogate
  BOOST_TEST(json_text("12345678\xe2\x82") == "\"12345678\xef\xbf\xbd\xef\xbf\xbd\"");  // cut off
  BOOST_TEST(json_text("\xf4\x90\x80\x80").find("\xf4") == std::string::npos);          // over U+10FFFF
  testing::RandomRecords random(11);
  for (int round = 0; round < 2000; ++round) {  // any bytes give valid JSON
    std::string bytes(random.below(40), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(256));
    BOOST_REQUIRE(boost::json::parse(json_text(bytes)).is_string());
  }
}

BOOST_AUTO_TEST_CASE(numbers_without_a_json_form_are_left_out) {
  Everything record;
  record.real = std::numeric_limits<double>::quiet_NaN();
  record.maybe_real = std::numeric_limits<double>::infinity();
  const std::string json = to_json(record);
  BOOST_TEST(json.find("real") == std::string::npos);
  const auto read = from_json<Everything>(json);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->real == 0.5);
  BOOST_TEST(!read->maybe_real.has_value());
}

BOOST_AUTO_TEST_CASE(doubles_come_back_exactly) {
  for (const double value : {0.1, 1e300, 5e-324, 1.7976931348623157e308, 123456789.12345678, -0.0, 1e21}) {
    const auto read = from_json<Everything>(to_json(Everything{.real = value}));
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->real == value);
    BOOST_TEST(std::signbit(read->real) == std::signbit(value));
  }
}

BOOST_AUTO_TEST_CASE(refusals_name_the_field) {
  BOOST_TEST(refusal<SyncPlan>(R"({"source":{"paths":["a","b",3]}})") ==
             "source.paths[2]: expected text, got number");
  BOOST_TEST(refusal<SyncPlan>(R"({"sourse":{}})") == "sourse: unknown field");
  BOOST_TEST(refusal<SyncPlan>(R"({"summary":{"files":[{"size":1}]}})") ==
             "summary.files[0].size: unknown field");
  BOOST_TEST(refusal<Contact>(R"({"version":1,"version":2})") == "version: comes twice");
  BOOST_TEST(refusal<Contact>(R"({"version":"1"})") == "version: expected integer, got text");
  BOOST_TEST(refusal<Contact>(R"({"version":1.5})") == "version: expected integer, got \"1.5\"");
  BOOST_TEST(refusal<Contact>(R"({"version":9223372036854775808})") ==
             "version: out of range: \"9223372036854775808\" is not between -9223372036854775808 and "
             "9223372036854775807");
  BOOST_TEST(refusal<Everything>(R"({"small":2147483648})").starts_with("small: out of range"));
  BOOST_TEST(refusal<Everything>(R"({"real":1e400})").find("out of range") != std::string::npos);
  BOOST_TEST(refusal<Contact>(R"({"pinned":1})") == "pinned: expected true or false, got number");
  BOOST_TEST(refusal<Contact>(R"({"note":null})") == "note: expected text, got null");
  BOOST_TEST(refusal<Contact>(R"({"id":"12"})") == "id: expected a UUID, got \"12\"");
  BOOST_TEST(refusal<Contact>(R"({"created_at":"yesterday"})") ==
             "created_at: expected a time such as 2002-08-22T12:36:23Z, got \"yesterday\"");
  BOOST_TEST(refusal<Interaction>(R"({"kind":"mail"})") ==
             "kind: expected one of email, meeting, call, note, message; got \"mail\"");
  BOOST_TEST(refusal<Everything>(R"({"points":{"x":{"value":1}}})") ==
             "points.x.value: expected text, got number");
  BOOST_TEST(refusal<Everything>(R"({"points":{"x":{},"x":{}}})") == "points.x: comes twice");
  BOOST_TEST(refusal<Everything>(R"({"rows":[["a"],["b",true]]})") ==
             "rows[1][1]: expected text, got true or false");
  BOOST_TEST(refusal<Contact>("[]") == "JSON: expected object, got array");
  BOOST_TEST(from_json<Contact>(R"({"emails":[{"label":2}]})").error().details ==
             R"({"field":"emails[0].label"})");
}

BOOST_AUTO_TEST_CASE(required_fields_must_be_there) {
  BOOST_TEST(refusal<GetThing>("{}") == "id: is required");
  BOOST_TEST(refusal<GetThing>(R"({"id":"0190f3a0-7e57-7abc-8def-0123456789ab"})") == "name: is required");
  BOOST_TEST(from_json<GetThing>(R"({"name":"","id":"0190F3A0-7E57-7ABC-8DEF-0123456789AB"})").has_value());
}

BOOST_AUTO_TEST_CASE(absent_and_null_fields_keep_the_default) {
  const auto read = from_json<SyncSource>("{}");
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == SyncSource{}));
  const auto contact = from_json<Contact>(R"( { "merged_into" : null, "custom" : null, "version": 5.0 } )");
  BOOST_REQUIRE(contact.has_value());
  BOOST_TEST(!contact->merged_into.has_value());
  BOOST_TEST(contact->custom.text == "null");
  BOOST_TEST(contact->version == 5);
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_refused_with_its_position) {
  BOOST_TEST(refusal<Tag>("") == "JSON: at byte 0: ends too early");
  BOOST_TEST(refusal<Tag>(R"({"name":"a)") == "JSON: at byte 10: ends too early");
  BOOST_TEST(refusal<Tag>(R"({} x)") == "JSON: at byte 3: more text after the value");
  BOOST_TEST(refusal<Tag>("{\"name\":\"a\xff\"}") == "JSON: at byte 10: not UTF-8");
  BOOST_TEST(refusal<Tag>(R"({"name":"\ud800"})").starts_with("JSON: at byte "));
  for (const char* bad :
       {"{,}", "{\"name\":}", "{\"name\":'a'}", "{\"name\":\"a\",}", "{\"name\":01}", "nul", "// c\n{}",
        "{\"name\":\"\n\"}", "\xef\xbb\xbf{}", "{\"name\":NaN}", "{\"name\":+1}", "{\"name\":1.}"}) {
    BOOST_TEST(refusal<Tag>(bad).starts_with("JSON: at byte "), bad);
  }
}

BOOST_AUTO_TEST_CASE(depth_is_bounded) {
  BOOST_TEST(checked_json(nested(max_free_json_depth), "custom").has_value());
  const auto deeper = checked_json(nested(max_free_json_depth + 1), "custom");
  BOOST_REQUIRE(!deeper);
  BOOST_TEST(deeper.error().message == "custom: nested deeper than 32 levels");
  // The deepest free JSON can be read again from inside the record that nests it deepest.
  PlanFile file;
  file.mapping.text = nested(max_free_json_depth);
  SyncPlan plan;
  plan.summary.files = {file};
  BOOST_TEST(from_json<SyncPlan>(to_json(plan)).has_value());
  BOOST_TEST(refusal<Contact>("{\"custom\":" + nested(max_free_json_depth + 1) + "}") ==
             "custom: nested deeper than 32 levels");
  BOOST_TEST(refusal<Contact>(std::string(1'000'000, '[')).find("nested deeper than 64 levels") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(size_is_bounded) {
  const std::string large = '"' + std::string(max_json_bytes, 'x') + '"';
  BOOST_TEST(checked_json(large, "note").error().message == "note: at byte 67108864: longer than 64 MiB");
  std::string many = "[";
  for (int count = 0; count < 2'200'000; ++count) many += "{},[],";
  many += "0]";
  BOOST_TEST(checked_json(many, "note").error().message.find("more than 4194304 values") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(free_json_is_compact_and_keeps_its_numbers) {
  const auto read = checked_json(
      " { \"b\" : [ 1.0 , 123456789012345678901234567890, 1e2 ] , \"a\\u00e9\\/\" : null } ", "custom");
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->text == "{\"b\":[1.0,123456789012345678901234567890,1e2],\"aé/\":null}");
  for (const char* value : {"1", "-0", "\"x\"", "null", "true", "[]", "{}", "12345678901234567890"})
    BOOST_TEST(checked_json(value, "f")->text == value);
  BOOST_TEST(checked_json(R"({"a":{"x":1,"x":2}})", "custom").error().message ==
             "custom: the name \"x\" comes twice");
  BOOST_TEST(checked_json("{\"a\":tru}", "custom").error().message.starts_with("custom: at byte "));
  BOOST_TEST(boost::json::parse(checked_json("[", "custom").error().details).at("field") == "custom");
}

BOOST_AUTO_TEST_CASE(object_fields_come_in_order) {
  const auto fields = json_object_fields(R"({"z": [1, {"k": 2}], "a": "x", "m": {}})", "filter");
  BOOST_REQUIRE(fields.has_value());
  BOOST_REQUIRE(fields->size() == 3U);
  BOOST_TEST((*fields)[0].first == "z");
  BOOST_TEST((*fields)[0].second.text == R"([1,{"k":2}])");
  BOOST_TEST(*json_to_text((*fields)[1].second, "filter.a") == "x");
  BOOST_TEST((*fields)[2].second.text == "{}");
  BOOST_TEST(json_object_fields("[1]", "filter").error().message == "filter: expected object, got array");
  BOOST_TEST(json_object_fields(R"({"a":1,"a":2})", "filter").error().message ==
             "filter: the name \"a\" comes twice");
  BOOST_TEST(json_to_text(Json{"1"}, "filter.a").error().message == "filter.a: expected text, got number");
}

BOOST_AUTO_TEST_CASE(canonical_json_is_one_text_for_one_value) {
  BOOST_TEST(canonical_json(R"( {"b":1.50, "a":{"d":1e2,"c":"\u0041"}, "aa":[2,1]} )") ==
             R"({"a":{"c":"A","d":100},"aa":[2,1],"b":1.5})");
  BOOST_TEST(canonical_json("[-0,-0.0,12345678901234567890]") == "[0,0,12345678901234567890]");
  BOOST_TEST(canonical_json("not json") == "not json");
  testing::RandomRecords random(3);
  for (int round = 0; round < 300; ++round) {
    const std::string once = canonical_json(to_json(random.make<Contact>()));
    BOOST_REQUIRE_EQUAL(canonical_json(once), once);
  }
}

BOOST_AUTO_TEST_CASE(enumerations_have_names) {
  BOOST_TEST(enum_name(ParticipantRole::optional_attendee) == "optional_attendee");
  BOOST_TEST(enum_name(ErrorCode::invalid_argument) == "invalid_argument");
  BOOST_TEST(enum_name(static_cast<Origin>(99)).empty());
  BOOST_TEST((enum_from_name<ErrorCode>("internal") == ErrorCode::internal));
  BOOST_TEST(!enum_from_name<Origin>("Email").has_value());
}

BOOST_AUTO_TEST_CASE(a_schema_says_what_is_accepted) {
  BOOST_TEST(json_schema<GetThing>() ==
             R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{)"
             R"("id":{"type":"string","format":"uuid"},"name":{"type":"string"}},"required":["id","name"],)"
             R"("additionalProperties":false})");
  const auto schema = boost::json::parse(json_schema<Everything>()).as_object().at("properties").as_object();
  BOOST_TEST(schema.at("small") ==
             boost::json::parse(R"({"type":"integer","minimum":-2147483648,"maximum":2147483647})"));
  BOOST_TEST(schema.at("maybe_real") == boost::json::parse(R"({"type":["number","null"]})"));
  BOOST_TEST(schema.at("day") == boost::json::parse(R"({"type":"string","format":"date"})"));
  BOOST_TEST(schema.at("rows") ==
             boost::json::parse(R"({"type":"array","items":{"type":"array","items":{"type":"string"}}})"));
  BOOST_TEST(schema.at("direction") ==
             boost::json::parse(R"({"enum":["none","inbound","outbound","internal",null]})"));
  BOOST_TEST(schema.at("values") == boost::json::parse(R"({"type":"array","items":{}})"));
  BOOST_TEST(schema.at("point").at("type") == boost::json::parse(R"(["object","null"])"));
  BOOST_TEST(schema.at("points").at("additionalProperties").at("additionalProperties") == false);
#define OMNICRM_RECORD(T) \
  BOOST_TEST(boost::json::parse(json_schema<T>()).at("additionalProperties") == false);
  OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD)
#undef OMNICRM_RECORD
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace omnicrm
