// What crosses the border of a shared library: classes derived from the library's, records as JSON, errors.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <omnicrm/omnicrm.hpp>

namespace {

struct StoppedClock final : omnicrm::Clock {
  omnicrm::Timestamp now() override { return time; }
  std::chrono::steady_clock::time_point steady_now() override { return std::chrono::steady_clock::now(); }
  omnicrm::Timestamp time = omnicrm::parse_timestamp("2026-01-02T03:04:05Z").value();
};

struct CountingLogger final : omnicrm::observe::Logger {
  bool wants(omnicrm::observe::Level) const noexcept override { return true; }
  void write(omnicrm::observe::Level, std::string_view, std::string_view) noexcept override { ++lines; }
  int lines = 0;
};

void expect(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

}  // namespace

int main() {
  auto clock = std::make_shared<StoppedClock>();
  auto logger = std::make_shared<CountingLogger>();
  auto crm = omnicrm::Crm::open({.path = ":memory:", .clock = clock, .logger = logger});
  expect(crm.has_value(), "a CRM in memory opens");
  auto ada = (*crm)->session("ada").value();

  omnicrm::Contact grace;
  grace.display_name = "Grace Hopper";
  auto created = ada.contacts().create(grace);
  expect(created && created->created_at == clock->now(), "the host's clock is asked");
  auto json = omnicrm::to_json(*created);
  auto again = omnicrm::from_json<omnicrm::Contact>(json);
  expect(again && *again == *created, "a contact survives JSON");
  auto missing = ada.contacts().get(omnicrm::ContactId{});
  expect(!missing && missing.error().code == omnicrm::ErrorCode::not_found, "an error comes as a value");
  auto broken = omnicrm::Crm::open({.path = "/nowhere/at/all.db", .logger = logger});
  expect(!broken, "a folder that is not there is an error");
  omnicrm::Options server{.path = "postgresql://127.0.0.1:1/crm", .logger = logger};
  server.postgres.acquire_timeout = std::chrono::milliseconds(200);
  auto unreached = omnicrm::Crm::open(server);
  expect(!unreached && (unreached.error().code == omnicrm::ErrorCode::unavailable ||
                        unreached.error().code == omnicrm::ErrorCode::unsupported),
         "a server that is not there is an error");
  std::cout << "host parts work with OmniCRM " << omnicrm::version() << '\n';
}
