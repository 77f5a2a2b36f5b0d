// A user with 1,000,000 interactions and 50,000 contacts, the same at every making.
//
// Words and people follow Zipf's law (the word of rank k is k times rarer than the first), as they do in a
// real mailbox: a few contacts and words are nearly everywhere, most are rare.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench_check.hpp"
#include "repository/contact_rows.hpp"
#include "repository/interaction_rows.hpp"

namespace omnicrm::benchmarks {

inline constexpr std::int64_t contact_total = 50'000;
inline constexpr std::int64_t interaction_total = 1'000'000;
inline constexpr std::uint64_t word_total = 300'000;
inline constexpr std::string_view own_address = "owner@bench.example";

/// The word of a rank: two syllables for the first 10,000, three for the others; each rank another one.
inline std::string word(std::uint64_t rank) {
  static constexpr std::string_view consonants = "bdfghjklmnprstvwzcqx";
  static constexpr std::string_view vowels = "aeiou";
  std::string text;
  const int syllables = rank < 10'000 ? 2 : 3;
  for (int syllable = 0; syllable < syllables; ++syllable, rank /= 100) {
    text += consonants[rank % 20];
    text += vowels[rank / 20 % 5];
  }
  return text;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 <= n < end, each as likely.
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  /// 0 <= rank < end; P(rank) = log((rank + 2) / (rank + 1)) / log(end + 1): Zipf's law with exponent 1.
  std::uint64_t zipf(std::uint64_t end) {
    const double uniform = static_cast<double>(engine_() >> 11) * 0x1p-53;
    return static_cast<std::uint64_t>(std::exp(uniform * std::log(static_cast<double>(end + 1)))) - 1;
  }
  std::string words(std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i > 0) text += i % 12 == 0 ? ".\n" : " ";
      text += word(zipf(word_total));
    }
    return text;
  }

 private:
  std::mt19937_64 engine_;
};

/// 100 given names and 500 family names: 50,000 people.
struct Person {
  std::string given;
  std::string family;
  std::string address;
  std::string organization;
};

inline Person person(std::int64_t number) {
  static constexpr std::array<std::string_view, 20> first = {
      "Ada",      "Björn", "Chloé",  "Dieter", "Elif",   "Fátima", "Grace",  "Hiroshi", "Ines",    "Jörg",
      "Kateřina", "Liam",  "Maëlle", "Nikos",  "Ólafur", "Pia",    "Rasmus", "Søren",   "Tatiana", "Zoë"};
  static constexpr std::array<std::string_view, 5> second = {"", "-Marie", " Lee", " J.", "-Luise"};
  static constexpr std::array<std::string_view, 5> endings = {"son", "ić", "er", "ová", "ez"};
  const auto index = static_cast<std::uint64_t>(number);
  const std::uint64_t given = index % 100;
  const std::uint64_t family = index / 100;
  Person made;
  made.given = std::string(first[given % 20]) + std::string(second[given / 20]);
  made.family = word(10'000 + family * 37) + std::string(endings[family % 5]);
  made.family[0] = static_cast<char>(made.family[0] - 'a' + 'A');
  const std::string company = word(20'000 + index % 3'000 * 7);
  made.organization = company + " Ltd";
  made.address = "p" + std::to_string(index) + "." + word(given * 91) + "@" + company + ".example";
  return made;
}

class TimelineMaker {
 public:
  TimelineMaker(std::shared_ptr<storage::Storage> storage, UserId user)
      : storage_(storage), user_(user), unit_(environment(std::move(storage)), user) {}

  void make() {
    constexpr std::int64_t step = 5'000;
    for (std::int64_t done = 0; done < contact_total; done += step) add_contacts(done, step);
    for (std::int64_t done = 0; done < interaction_total; done += step) {
      add_interactions(done, step);
      if (done % 100'000 == 0)
        std::fprintf(stderr, "timeline: %lld interactions\n", static_cast<long long>(done));
    }
  }

 private:
  static std::shared_ptr<const repository::Environment> environment(
      std::shared_ptr<storage::Storage> storage) {
    auto clock = system_clock();
    auto random = system_random();
    auto ids = std::make_shared<IdGenerator>(clock, random);
    return std::make_shared<const repository::Environment>(repository::Environment{
        std::move(storage), std::move(clock), std::move(random), std::move(ids), observe::silent_logger()});
  }

  void add_contacts(std::int64_t from, std::int64_t count) {
    checked(storage_->write({user_}, [&](storage::Connection& connection) -> Result<void> {
      const repository::Unit bound = unit_.bound(connection);
      for (std::int64_t number = from; number < from + count; ++number) {
        OMNICRM_TRY(add_contact(connection, bound, number));
      }
      return {};
    }));
  }

  void add_interactions(std::int64_t from, std::int64_t count) {
    std::vector<Interaction> entries;
    std::vector<Timestamp> times;
    for (std::int64_t number = from; number < from + count; ++number) {
      entries.push_back(interaction(number));
      times.push_back(entries.back().occurred_at);
    }
    checked(storage_->write({user_}, [&](storage::Connection& connection) -> Result<void> {
      const repository::Unit bound = unit_.bound(connection);
      OMNICRM_ASSIGN(const auto places, repository::free_places(connection, user_, times));
      OMNICRM_ASSIGN(auto inserter, repository::InteractionInserter::make(connection, bound));
      for (std::size_t i = 0; i < entries.size(); ++i) OMNICRM_TRY(inserter.add(entries[i], {}, places[i]));
      return {};
    }));
  }

  Result<void> add_contact(storage::Connection& connection, const repository::Unit& unit,
                           std::int64_t number) {
    const Person made = person(number);
    Contact contact;
    contact.id = unit.make_id<ContactId>();
    contact.display_name = made.given + " " + made.family;
    contact.given_name = made.given;
    contact.family_name = made.family;
    contact.emails.push_back({.value = made.address, .label = "work", .is_primary = true});
    contact.organization = made.organization;
    contact.source = Origin::email;
    contact.created_at = contact.updated_at = start + std::chrono::minutes(number);
    contacts_.push_back(contact.id);
    return repository::insert_contact(connection, unit, contact);
  }

  Interaction interaction(std::int64_t number) {
    Interaction entry;
    entry.id = unit_.make_id<InteractionId>();
    const auto roll = dice_.below(100);
    entry.kind = roll < 90   ? InteractionKind::email
                 : roll < 96 ? InteractionKind::meeting
                 : roll < 98 ? InteractionKind::call
                             : InteractionKind::note;
    entry.direction = dice_.percent(60) ? Direction::inbound : Direction::outbound;
    entry.subject = dice_.words(6);
    entry.body = dice_.words(60);
    entry.occurred_at = start + std::chrono::minutes(number * 5) + std::chrono::seconds(dice_.below(300));
    entry.thread_id = "thread:" + std::to_string(dice_.percent(60) ? number - number % 7 : number);
    entry.message_id = std::to_string(number) + "@bench.example";
    entry.is_bulk = dice_.percent(20);
    entry.source = Origin::email;
    entry.created_at = entry.updated_at = entry.occurred_at;
    const bool inbound = entry.direction == Direction::inbound;
    add_participant(entry, inbound ? ParticipantRole::from : ParticipantRole::to);
    Participant& self = entry.participants.emplace_back();
    self.role = inbound ? ParticipantRole::to : ParticipantRole::from;
    self.address = own_address;
    self.is_self = true;
    if (dice_.percent(30)) add_participant(entry, ParticipantRole::cc);
    if (dice_.percent(10)) add_participant(entry, ParticipantRole::cc);
    entry.contact_id = repository::primary_contact(entry.participants);
    return entry;
  }

  void add_participant(Interaction& entry, ParticipantRole role) {
    const auto number = dice_.zipf(static_cast<std::uint64_t>(contact_total));
    const Person made = person(static_cast<std::int64_t>(number));
    Participant& someone = entry.participants.emplace_back();
    someone.role = role;
    someone.address = made.address;
    someone.name = made.given + " " + made.family;
    someone.contact_id = contacts_[number];
  }

  static constexpr Timestamp start{std::chrono::sys_days(std::chrono::year(2015) / 1 / 1)};
  std::shared_ptr<storage::Storage> storage_;
  UserId user_;
  repository::Unit unit_;
  std::vector<ContactId> contacts_;
  Dice dice_{20'261'123};
};

}  // namespace omnicrm::benchmarks
