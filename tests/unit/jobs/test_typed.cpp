// Payloads as types: the library's records, and a host's own by its pair of functions.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <omnicrm/model/tag.hpp>
#include <omnicrm/typed_jobs.hpp>
#include <string>

#include "unit/jobs/desk.hpp"

namespace {

struct Greeting {
  std::string name;
  std::int64_t times = 1;
};

}  // namespace

// What a host writes.
template <>
std::string omnicrm::to_json(const Greeting& greeting) {
  return boost::json::serialize(boost::json::object{{"name", greeting.name}, {"times", greeting.times}});
}
template <>
omnicrm::Result<Greeting> omnicrm::from_json(std::string_view text) {
  boost::json::error_code problem;
  const auto value = boost::json::parse(text, problem);
  const auto* name = problem || !value.is_object() ? nullptr : value.as_object().if_contains("name");
  if (name == nullptr || !name->is_string())
    return omnicrm::fail({omnicrm::ErrorCode::invalid_argument, "name: is required", {}, false, false});
  return Greeting{std::string(name->as_string()), value.at("times").to_number<std::int64_t>()};
}

namespace {

using namespace omnicrm;
using namespace omnicrm::testing;
using jobs::Context;
using jobs::Outcome;

BOOST_AUTO_TEST_SUITE(jobs_typed)

BOOST_AUTO_TEST_CASE(a_host_type_comes_as_it_went) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  std::string said;
  must(runner->register_handler("greet",
                                jobs::typed_handler<Greeting>(
                                    [&](Context& context, const Greeting& greeting) -> Result<Outcome> {
                                      for (std::int64_t i = 0; i < greeting.times; ++i)
                                        said += greeting.name + " ";
                                      BOOST_TEST(context.job().priority == 7);
                                      return Outcome::done();
                                    },
                                    {.max_per_user = 1})));
  must(queue->enqueue({jobs::typed_job("greet", Greeting{"Ada", 2}, {.priority = 7})}));
  must(runner->run_until_idle());
  BOOST_TEST(said == "Ada Ada ");
}

BOOST_AUTO_TEST_CASE(a_record_of_the_library_needs_nothing) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  Tag tag;
  tag.id = desk.ids->make<TagId>();
  tag.name = "club";
  Tag seen;
  must(runner->register_handler("tag",
                                jobs::typed_handler<Tag>([&](Context&, const Tag& given) -> Result<Outcome> {
                                  seen = given;
                                  return Outcome::done();
                                })));
  const JobId id = must(queue->enqueue({jobs::typed_job("tag", tag)})).at(0);
  must(runner->run_until_idle());
  BOOST_TEST((seen == tag));
  BOOST_TEST((must(jobs::payload_of<Tag>(must(queue->get(id)))) == tag));
}

BOOST_AUTO_TEST_CASE(a_payload_that_does_not_read_ends_the_job_with_its_reason) {
  Desk desk;
  auto queue = desk.queue();
  auto runner = desk.runner({.threads = 1});
  must(runner->register_handler(
      "greet", jobs::typed_handler<Greeting>([](Context&, const Greeting&) -> Result<Outcome> {
        BOOST_FAIL("called");
        return Outcome::done();
      })));
  const JobId id = must(queue->enqueue({job("greet", R"({"nobody":1})")})).at(0);
  must(runner->run_until_idle());
  const Job dead = must(queue->get(id));
  BOOST_TEST((dead.state == JobState::dead));
  BOOST_TEST(dead.attempt == 1);
  BOOST_TEST(dead.error.text.find("name: is required") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
