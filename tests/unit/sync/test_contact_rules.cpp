#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "sync/contact_rules.hpp"

using namespace omnicrm;
using namespace omnicrm::sync;

namespace {

Participant person(ParticipantRole role, std::string address, std::string name = "") {
  Participant participant;
  participant.role = role;
  participant.address = std::move(address);
  participant.name = std::move(name);
  return participant;
}

const Owner& owner() {
  static const std::vector<std::string> addresses = {"me@example.org", "Me.Too@Gmail.com"};
  static const Owner me(addresses);
  return me;
}

ItemFacts mail(std::vector<Participant> people) {
  ItemFacts facts;
  facts.participants = std::move(people);
  return facts;
}

ItemFacts sent_to(const std::string& address) {
  return mail({person(ParticipantRole::from, "me@example.org"), person(ParticipantRole::to, address)});
}

ItemFacts received_from(const std::string& address) {
  return mail({person(ParticipantRole::from, address), person(ParticipantRole::to, "me@example.org"),
               person(ParticipantRole::cc, "third@example.net")});
}

ContactRule rule_of(const ItemFacts& facts, std::string_view address,
                    ContactPolicy policy = ContactPolicy::sent,
                    InteractionKind kind = InteractionKind::email) {
  for (const PersonDecision& decision : decide(facts, kind, owner(), policy)) {
    if (decision.address == address) return decision.rule;
  }
  BOOST_FAIL("nothing was decided about " << address);
  return ContactRule::policy;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(contact_rules)

BOOST_AUTO_TEST_CASE(people_you_wrote_to_become_contacts) {
  BOOST_TEST((rule_of(sent_to("ada@example.net"), "ada@example.net") == ContactRule::wrote_to));
  BOOST_TEST((rule_of(sent_to("ada@example.net"), "me@example.org") == ContactRule::own_address));
}

BOOST_AUTO_TEST_CASE(people_who_wrote_to_you_depend_on_the_policy) {
  const ItemFacts facts = received_from("ada@example.net");
  BOOST_TEST((rule_of(facts, "ada@example.net") == ContactRule::policy));
  BOOST_TEST(
      (rule_of(facts, "ada@example.net", ContactPolicy::sent_and_received) == ContactRule::wrote_to_you));
  // Others in copy are no acquaintances of the user.
  BOOST_TEST((rule_of(facts, "third@example.net", ContactPolicy::sent_and_received) == ContactRule::policy));
}

BOOST_AUTO_TEST_CASE(the_policy_none_makes_nobody_a_contact) {
  BOOST_TEST(
      (rule_of(sent_to("ada@example.net"), "ada@example.net", ContactPolicy::none) == ContactRule::policy));
}

BOOST_AUTO_TEST_CASE(own_addresses_are_matched_as_the_provider_does) {
  BOOST_TEST(
      (rule_of(sent_to("metoo+lists@gmail.com"), "metoo+lists@gmail.com") == ContactRule::own_address));
}

BOOST_AUTO_TEST_CASE(robots_count_as_whole_local_parts) {
  BOOST_TEST((rule_of(sent_to("no-reply@example.net"), "no-reply@example.net") == ContactRule::role_address));
  BOOST_TEST((rule_of(sent_to("mailer-daemon@example.net"), "mailer-daemon@example.net") ==
              ContactRule::role_address));
  BOOST_TEST((rule_of(sent_to("newsom@example.net"), "newsom@example.net") == ContactRule::wrote_to));
}

BOOST_AUTO_TEST_CASE(mail_of_lists_and_machines_says_nothing_about_people) {
  ItemFacts list = sent_to("ada@example.net");
  list.from_list = true;
  BOOST_TEST((rule_of(list, "ada@example.net") == ContactRule::list_mail));
  ItemFacts robot = sent_to("ada@example.net");
  robot.auto_submitted = true;
  BOOST_TEST((rule_of(robot, "ada@example.net") == ContactRule::auto_submitted));
}

BOOST_AUTO_TEST_CASE(twenty_five_recipients_are_the_most) {
  ItemFacts facts = mail({person(ParticipantRole::from, "me@example.org")});
  for (int i = 0; i < 25; ++i) {
    facts.participants.push_back(person(ParticipantRole::to, "p" + std::to_string(i) + "@example.net"));
  }
  BOOST_TEST((rule_of(facts, "p0@example.net") == ContactRule::wrote_to));
  facts.participants.push_back(person(ParticipantRole::cc, "one-more@example.net"));
  BOOST_TEST((rule_of(facts, "p0@example.net") == ContactRule::too_many_recipients));
}

BOOST_AUTO_TEST_CASE(meetings_know_people_and_rooms) {
  ItemFacts facts = mail({person(ParticipantRole::organizer, "ada@example.net"),
                          person(ParticipantRole::attendee, "me@example.org"),
                          person(ParticipantRole::resource, "room-4@example.net")});
  BOOST_TEST(
      (rule_of(facts, "ada@example.net", ContactPolicy::sent, InteractionKind::meeting) == ContactRule::met));
  BOOST_TEST((rule_of(facts, "room-4@example.net", ContactPolicy::sent, InteractionKind::meeting) ==
              ContactRule::resource));
}

BOOST_AUTO_TEST_CASE(a_card_makes_a_contact_unless_it_is_the_users_own) {
  ItemFacts card = mail({person(ParticipantRole::about, "ada@example.net", "Ada")});
  card.is_card = true;
  BOOST_TEST((rule_of(card, "ada@example.net", ContactPolicy::none) == ContactRule::card));
  card.participants.push_back(person(ParticipantRole::about, "me@example.org", "Ada"));
  BOOST_TEST((rule_of(card, "ada@example.net") == ContactRule::own_address));
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_said_to_be_none) {
  BOOST_TEST(
      (rule_of(sent_to("undisclosed recipients"), "undisclosed recipients") == ContactRule::bad_address));
}

BOOST_AUTO_TEST_CASE(one_person_in_two_roles_is_decided_once_by_the_better_one) {
  ItemFacts facts = sent_to("ada@example.net");
  facts.participants.insert(facts.participants.begin(), person(ParticipantRole::sender, "Ada@Example.NET"));
  const auto people = decide(facts, InteractionKind::email, owner(), ContactPolicy::sent);
  BOOST_TEST(people.size() == 2U);
  BOOST_TEST((rule_of(facts, "ada@example.net") == ContactRule::wrote_to));
}

BOOST_AUTO_TEST_CASE(direction_is_seen_from_the_user) {
  BOOST_TEST((direction_of(sent_to("ada@example.net"), owner()) == Direction::outbound));
  BOOST_TEST((direction_of(received_from("ada@example.net"), owner()) == Direction::inbound));
  BOOST_TEST((direction_of(sent_to("me@example.org"), owner()) == Direction::internal));
  ItemFacts alias = mail({person(ParticipantRole::from, "unknown-alias@example.org"),
                          person(ParticipantRole::to, "ada@example.net")});
  alias.marked_sent = true;  // it lies in a Sent folder
  BOOST_TEST((direction_of(alias, owner()) == Direction::outbound));
}

BOOST_AUTO_TEST_CASE(the_order_of_participants_does_not_matter) {
  std::mt19937 random(7);
  ItemFacts facts =
      mail({person(ParticipantRole::from, "me@example.org"), person(ParticipantRole::to, "a@example.net"),
            person(ParticipantRole::cc, "no-reply@example.net"), person(ParticipantRole::cc, "junk"),
            person(ParticipantRole::to, "b@example.net"), person(ParticipantRole::cc, "a@example.net")});
  for (int round = 0; round < 50; ++round) {
    std::shuffle(facts.participants.begin(), facts.participants.end(), random);
    BOOST_TEST((rule_of(facts, "a@example.net") == ContactRule::wrote_to));
    BOOST_TEST((rule_of(facts, "b@example.net") == ContactRule::wrote_to));
    BOOST_TEST((rule_of(facts, "no-reply@example.net") == ContactRule::role_address));
    BOOST_TEST((rule_of(facts, "junk") == ContactRule::bad_address));
  }
}

BOOST_AUTO_TEST_SUITE_END()
