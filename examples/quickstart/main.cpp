// A mailbox in, a search, and what was found.
#include <iostream>
#include <omnicrm/omnicrm.hpp>

int main() {
  auto crm = omnicrm::Crm::open({.path = "my.db"});
  if (!crm) return std::cerr << crm.error().message << '\n', 1;
  auto ada = (*crm)->session("ada@example.org");              // a session is a user
  auto plan = ada->sync().preview({.paths = {"mail.mbox"}});  // stores nothing but the plan
  if (!plan) return std::cerr << plan.error().message << '\n', 1;
  auto batch = ada->sync().approve(plan->id);  // now it is a batch of jobs
  (*crm)->jobs().run_until_idle();             // they run when you say so
  auto found = ada->search().query({.text = "invoice after:2002-01-01"}, {});
  for (const auto& hit : found->items) std::cout << hit.subject << ": " << hit.snippet << '\n';
}
