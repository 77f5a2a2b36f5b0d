#include "plan_view.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "output.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::CountEntry;
using omnicrm::PlanSummary;

constexpr std::size_t shown_contacts = 10;
constexpr std::size_t shown_samples = 5;

std::string listed(const std::vector<CountEntry>& entries) {
  std::vector<std::string> parts;
  parts.reserve(entries.size());
  for (const CountEntry& entry : entries)
    parts.push_back(fmt::format("{} {}", entry.name, grouped(entry.count)));
  return joined(parts, ", ");
}

void heading(std::string_view text) {
  say("");
  say(Style(STDOUT_FILENO).bold(text));
}

void print_files(const PlanSummary& summary) {
  Table table({{.title = "File", .flexible = true},
               {.title = "Format"},
               {.title = "Size", .right = true},
               {.title = "Items", .right = true},
               {.title = "Note", .flexible = true}});
  for (const auto& file : summary.files) {
    table.add({std::filesystem::path(file.path).filename().string(), file.format, bytes(file.bytes),
               grouped(file.items), file.note});
  }
  table.print();
}

void print_counts(const PlanSummary& summary) {
  heading("What is in it");
  say(fmt::format("{}, {}, {}, {}; {} known already", counted(summary.messages, "message", "messages"),
                  counted(summary.events, "event", "events"), counted(summary.cards, "card", "cards"),
                  counted(summary.rows, "row", "rows"), grouped(summary.known_items)));
  if (summary.first_at && summary.last_at)
    say(fmt::format("from {} to {}", minute(*summary.first_at), minute(*summary.last_at)));
  say(fmt::format("{}, about {} to import", bytes(summary.bytes), duration(summary.estimated_seconds)));
  if (!summary.per_label.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min<std::size_t>(summary.per_label.size(), 8));
    say("labels: " + plain(listed({summary.per_label.begin(), summary.per_label.begin() + count})));
  }
  if (!summary.skipped_items.empty()) say("left out: " + listed(summary.skipped_items));
}

void print_people(const PlanSummary& summary) {
  heading("People");
  say("your addresses: " + (summary.owner_addresses.empty() ? "none found, name them with --owner"
                                                            : plain(joined(summary.owner_addresses, ", "))));
  say(fmt::format("{}, {} known, {} left out",
                  counted(summary.contacts_to_create, "new contact", "new contacts"),
                  grouped(summary.contacts_to_match), grouped(summary.contacts_to_skip)));
  if (!summary.skipped_people.empty()) say("left out by rule: " + listed(summary.skipped_people));
  if (summary.contacts.empty()) return;
  Table table({{.title = "Messages", .right = true},
               {.title = "Decision"},
               {.title = "Rule"},
               {.title = "Name", .flexible = true},
               {.title = "Address", .flexible = true}});
  for (std::size_t at = 0; at < std::min(shown_contacts, summary.contacts.size()); ++at) {
    const auto& person = summary.contacts[at];
    table.add({grouped(person.messages), person.decision, person.rule, person.name, person.address});
  }
  table.print();
}

void print_samples(const PlanSummary& summary) {
  if (summary.samples.empty()) return;
  heading("Some of it");
  Table table({{.title = "When"},
               {.title = "Outcome"},
               {.title = "Who", .flexible = true},
               {.title = "Title", .flexible = true}});
  for (std::size_t at = 0; at < std::min(shown_samples, summary.samples.size()); ++at) {
    const auto& sample = summary.samples[at];
    table.add({sample.at ? minute(*sample.at) : "", sample.outcome, sample.who, sample.title});
  }
  table.print();
}

}  // namespace

std::string name_of(omnicrm::BatchState state) {
  using enum omnicrm::BatchState;
  switch (state) {
    case running:
      return "running";
    case done:
      return "done";
    case failed:
      return "failed";
    case cancelled:
      return "cancelled";
    case undoing:
      return "undoing";
    case undone:
      return "undone";
  }
  return "?";
}

std::string name_of(omnicrm::BatchKind kind) {
  return kind == omnicrm::BatchKind::import ? "import" : "merge";
}

void print_plan(const omnicrm::SyncPlan& plan) {
  print_files(plan.summary);
  print_counts(plan.summary);
  print_people(plan.summary);
  print_samples(plan.summary);
  say("");
}

void print_batch(const omnicrm::SyncBatch& batch) {
  const auto& counts = batch.counts;
  say(fmt::format("batch {} is {}", batch.id.to_string(), name_of(batch.state)));
  if (!batch.message.empty()) say(plain(batch.message));
  if (batch.state == omnicrm::BatchState::undone) return;
  say(fmt::format("{} read: {} imported, {} known, {} left out, {} unreadable",
                  counted(counts.items, "item", "items"), grouped(counts.normalized), grouped(counts.known),
                  grouped(counts.skipped), grouped(counts.poison)));
  say(fmt::format("{}, {} ({} changed), {}, {}", counted(counts.interactions, "interaction", "interactions"),
                  counted(counts.contacts, "contact", "contacts"), grouped(counts.contacts_changed),
                  counted(counts.organizations, "organization", "organizations"),
                  counted(counts.documents, "document", "documents")));
  if (!batch.reasons.empty()) say("by reason: " + plain(listed(batch.reasons)));
}

}  // namespace cli
