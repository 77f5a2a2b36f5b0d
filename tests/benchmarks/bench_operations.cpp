// What the registry costs per call: finding the operation, its JSON, and the whole way beside the direct
// call.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <omnicrm/omnicrm.hpp>
#include <string>

#include "bench_report.hpp"
#include "model/json_generate.hpp"
#include "operations/registry.hpp"
#include "operations/requests.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "bench_operations: %s\n", result.error().message.c_str());
  std::exit(1);
}

Contact some_contact() {
  Contact contact;
  contact.display_name = "Ada Lovelace";
  contact.given_name = "Ada";
  contact.family_name = "Lovelace";
  contact.emails = {{.value = "ada@example.org", .label = "work", .is_primary = true}};
  contact.organization = "Analytical Engine Ltd";
  contact.job_title = "Enchantress of Numbers";
  return contact;
}

/// How a name is found, beside a map as one would write it.
void lookup_case() {
  std::map<std::string, const operations::Operation*, std::less<>> map;
  for (const auto& group : operations::groups()) {
    for (const auto& operation : group.operations) map.emplace(operation.name, &operation);
  }
  const std::string_view name = "tasks.list";  // the last of all: the worst case
  const auto [ours, peer] =
      measure_by_turns([&] { keep(operations::find(name)); }, [&] { keep(map.find(name)); });
  report("operations", "find_ns", ours, "ns", slower_peer("std::map", peer.median, ours.median));
}

/// `contacts.get` through the registry beside the direct call, which makes no JSON.
void call_case(Session& session, const Contact& contact, const std::string& request) {
  const auto [through, direct] = measure_by_turns([&] { keep(must(session.call("contacts.get", request))); },
                                                  [&] { keep(must(session.contacts().get(contact.id))); });
  report("operations", "contacts_get_call_ns", through, "ns",
         slower_peer("session.contacts().get", direct.median, through.median));
}

/// What remains of that beyond its JSON: the same reading, call and writing by hand, subtracted. The limit is
/// 300 ns.
void dispatch_case(Session& session, const std::string& request) {
  const auto by_hand = [&] {
    const auto asked = must(from_json<operations::ById<ContactId>>(request));
    keep(to_json(must(session.contacts().get(asked.id))));
  };
  const auto [through, peer] =
      measure_by_turns([&] { keep(must(session.call("contacts.get", request))); }, by_hand);
  const double overhead = through.median - peer.median;
  report("operations", "dispatch_beyond_json_ns",
         {.median = overhead, .min = through.min - peer.min, .max = through.max - peer.min}, "ns",
         {.name = "limit", .value = 300, .ratio = 300 / std::max(overhead, 1.0)});
}

int main() {
  auto crm = must(Crm::open({.path = ":memory:"}));
  auto session = must(crm->session("bench"));
  const Contact contact = must(session.contacts().create(some_contact()));
  lookup_case();
  const std::string request = R"({"id":")" + contact.id.to_string() + "\"}";
  call_case(session, contact, request);
  dispatch_case(session, request);
  return 0;
}
