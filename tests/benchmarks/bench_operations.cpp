// What the registry costs per call: finding the operation, its JSON, and the whole way beside the direct
// call.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <omnicrm/omnicrm.hpp>
#include <string>

#include "bench_report.hpp"
#include "model/json_generate.hpp"
#include "operations/define.hpp"
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

const Contact& typical() {
  static const Contact contact = some_contact();
  return contact;
}
Result<Contact> echo(Session&, const operations::ById<ContactId>&) {
  return typical();
}

/// What the registry adds to an operation beyond its JSON: an operation without storage, found and run,
/// beside the same reading, call and writing by hand. The limit is 300 ns.
void dispatch_case(Session& session, const std::string& request) {
  constexpr operations::Operation operation =
      operations::define<echo>("bench.echo", operations::Scope::read, "");
  const auto by_hand = [&] {
    const auto asked = from_json<operations::ById<ContactId>>(request);
    const auto answer = echo(session, *asked);
    keep(to_json(*answer));
  };
  const auto through = [&] {
    keep(operations::find("tasks.list"));
    keep(operation.handler(session, request));
  };
  const auto [ours, peer] = measure_by_turns(through, by_hand);
  // The quietest runs: a difference of medians is a difference of what else the machine did.
  const double overhead = ours.min - peer.min;
  report("operations", "dispatch_beyond_json_ns",
         {.median = overhead, .min = overhead, .max = ours.median - peer.min}, "ns",
         {.name = "limit", .value = 300, .ratio = 300 / std::max(overhead, 1.0)});
}

}  // namespace

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
