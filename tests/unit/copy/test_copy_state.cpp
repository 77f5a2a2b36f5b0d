// What a copy keeps of its progress: as it was, or refused.
#include <boost/test/unit_test.hpp>
#include <string>

#include "copy/copy_state.hpp"

using namespace omnicrm;
using namespace omnicrm::copy;

BOOST_AUTO_TEST_SUITE(copy_state)

BOOST_AUTO_TEST_CASE(comes_back_as_it_was) {
  CopyState state;
  state.source = "where from";
  state.stage = CopyStage::text;
  state.table = "settings";
  state.after = {{.kind = Kind::blob, .bytes = std::string("\0\xff\x01", 3)},
                 {.kind = Kind::text, .bytes = "not UTF-8: \xff"},
                 {.kind = Kind::integer, .number = INT64_MIN, .bytes = {}}};
  state.texts = 12;
  state.arrived["contacts"].add("a row");
  state.arrived["tags"];
  const auto again = state_from_text(to_text(state));
  BOOST_REQUIRE_MESSAGE(again.has_value(), (again ? "" : again.error().message));
  BOOST_TEST(again->source == state.source);
  BOOST_TEST((again->stage == state.stage));
  BOOST_TEST(again->table == state.table);
  BOOST_TEST(again->texts == 12);
  BOOST_TEST((again->arrived == state.arrived));
  BOOST_REQUIRE(again->after.size() == 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST((again->after[i].kind == state.after[i].kind));
    BOOST_TEST(again->after[i].number == state.after[i].number);
    BOOST_TEST(again->after[i].bytes == state.after[i].bytes);
  }
  BOOST_TEST(to_text(*again) == to_text(state));
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  const std::string good = to_text({});
  for (const std::string& text : {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
                                  good.substr(0, good.size() - 1), good + "x"}) {
    const auto state = state_from_text(text);
    BOOST_REQUIRE_MESSAGE(!state, text);
    BOOST_TEST((state.error().code == ErrorCode::data_loss));
  }
}

BOOST_AUTO_TEST_SUITE_END()
