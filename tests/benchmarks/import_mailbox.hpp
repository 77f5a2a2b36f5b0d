// One import as a host does it, in a process of its own, for the benchmarks of both storages.
#pragma once

#include <cstdio>
#include <omnicrm/omnicrm.hpp>
#include <string>

#include "bench_report.hpp"

namespace omnicrm::benchmarks {

/// The child: imports `mbox` into a new database (a file or a server's) as a host would, and says what is
/// there afterwards.
inline int import_mailbox(const std::string& database, const std::string& mbox) {
  Options options;
  options.path = database;
  auto crm = checked(Crm::open(std::move(options)));
  Session session = checked(crm->session("bench"));
  const SyncSource source{.paths = {mbox},
                          .owner_addresses = {"yyyy@spamassassin.taint.org", "zzzz@spamassassin.taint.org",
                                              "yyyy@netnoteinc.com", "jm@netnoteinc.com", "jm@jmason.org"},
                          .contact_policy = ContactPolicy::sent_and_received};
  SyncPlan plan;
  SyncBatch batch;
  const double previewing = seconds([&] { plan = checked(session.sync().preview(source)); });
  const double importing = seconds([&] {
    batch = checked(session.sync().approve(plan.id));
    checked(crm->jobs().run_until_idle());
  });
  batch = checked(session.sync().status(batch.id));
  if (batch.state != BatchState::done) give_up("the import did not end: " + batch.message);
  const auto found = checked(session.search().query({.text = "perl"}, {.limit = 1}));
  if (found.items.empty()) give_up("the imported mail cannot be searched");
  std::printf(R"({"preview":%.3f,"import":%.3f,"messages":%lld,"interactions":%lld})", previewing, importing,
              static_cast<long long>(plan.summary.messages),
              static_cast<long long>(batch.counts.interactions));
  return 0;
}

}  // namespace omnicrm::benchmarks
