// fork(2): a child may not use what its parent opened, and must not harm it.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "parts/crm_fixture.hpp"

namespace omnicrm::testing {
namespace {

/// What `body` gives in a forked child; 99 when it takes longer than ten seconds. Nothing of Boost.Test may
/// run in it.
template <class Body>
int in_child(Body body) {
  const pid_t id = ::fork();
  if (id == 0) {
    ::alarm(10);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(id, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

template <class T>
bool is_refused(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::failed_precondition &&
         result.error().message.find("fork") != std::string::npos;
}

Contact named(std::string name) {
  Contact contact;
  contact.display_name = std::move(name);
  return contact;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fork_of_a_process, CrmFixture, *boost::unit_test::label("sqlite"))

BOOST_AUTO_TEST_CASE(every_way_to_the_data_is_refused_in_the_child) {
  need(ada.contacts().create(named("Bob")));
  const int code = in_child([&] {
    if (!is_refused(ada.contacts().list({}, {}))) return 1;
    if (!is_refused(ada.contacts().create(named("Eve")))) return 2;
    if (!is_refused(ada.call("contacts.list", "{}"))) return 3;
    if (!is_refused(crm->admin().check())) return 4;
    if (!is_refused(crm->admin().backup(folder.file("copy.db")))) return 5;
    if (!is_refused(crm->jobs().run_until_idle())) return 6;
    if (!is_refused(crm->jobs().step())) return 7;
    if (!is_refused(crm->jobs().start())) return 8;
    if (!is_refused(crm->jobs().stop())) return 9;
    return 0;
  });
  BOOST_TEST(code == 0);
  BOOST_TEST(need(ada.contacts().list({}, {})).items.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_child_may_free_it_and_the_parent_goes_on) {
  need(crm->jobs().start());  // with threads, and in the middle of a transaction
  Session* session = &ada;
  need(ada.transaction([&](Session& inside) -> Result<void> {
    auto made = inside.contacts().create(named("Bob"));
    if (!made) return fail(made.error());
    const int code = in_child([&] {
      { const Session gone = std::move(*session); }
      crm.reset();
      return 0;
    });
    BOOST_TEST(code == 0);
    return {};
  }));
  need(ada.contacts().create(named("Eve")));
  BOOST_TEST(need(ada.contacts().list({}, {})).items.size() == 2u);
  need(crm->jobs().stop());
  BOOST_TEST(need(crm->admin().check()).empty());
}

BOOST_AUTO_TEST_CASE(the_child_opens_databases_that_the_parent_did_not_have_open) {
  const auto works = [](const std::string& file) {
    auto own = Crm::open(test_options(file));
    if (!own) return false;
    auto user = (*own)->session("ada");
    return user && user->contacts().create(named("Made by the child")).has_value();
  };
  const std::string closed = folder.file("closed.db");
  BOOST_TEST(works(closed));  // open and closed again before the fork
  const int code = in_child([&] {
    if (!works(folder.file("new.db"))) return 1;
    if (!works(":memory:")) return 2;
    return works(closed) ? 0 : 3;
  });
  BOOST_TEST(code == 0);
  BOOST_TEST(works(closed));
}

BOOST_AUTO_TEST_CASE(the_child_may_not_open_the_parents_file_once_more) {
  const std::string link = folder.file("link.db");
  BOOST_REQUIRE(::symlink(path.c_str(), link.c_str()) == 0);
  const int code = in_child([&] {
    if (!is_refused(Crm::open(test_options(path)))) return 1;
    if (!is_refused(Crm::open(test_options(link)))) return 2;
    crm.reset();  // what is freed in the child is as open in the parent as before
    return is_refused(Crm::open(test_options(path))) ? 0 : 3;
  });
  BOOST_TEST(code == 0);
  need(ada.contacts().create(named("Made by the parent")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace omnicrm::testing
