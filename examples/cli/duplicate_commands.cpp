// duplicates, merge, unmerge
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <memory>

#include "context.hpp"
#include "output.hpp"
#include "people.hpp"
#include "text.hpp"

namespace cli {
namespace {

int duplicates(Context& context, const PageOptions& page) {
  if (context.json) {
    say(context.call("contacts.suggest_duplicates", page.with()));
    return ok;
  }
  const auto found = must(context.session().contacts().suggest_duplicates(page.request()));
  if (found.items.empty()) {
    note("no two contacts look like one person");
    return ok;
  }
  Table table({{.title = "Likely", .right = true},
               {.title = "Why"},
               {.title = "First", .flexible = true},
               {.title = "Second", .flexible = true},
               {.title = "Ids"}});
  for (const auto& pair : found.items) {
    table.add({fmt::format("{:.0f}%", pair.score * 100), pair.reason, pair.first_name, pair.second_name,
               pair.first.to_string() + " " + pair.second.to_string()});
  }
  table.print();
  note("one person? omnicrm merge ID ID");
  say_more(found.next);
  return ok;
}

int merge(Context& context, const std::vector<std::string>& names) {
  if (names.size() < 2) {
    throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument, "merge: name two contacts or more",
                  "omnicrm merge SURVIVOR OTHER...");
  }
  const auto survivor = resolve(context, "merge", names.front());
  std::vector<omnicrm::ContactId> absorbed;
  boost::json::array ids;
  for (std::size_t at = 1; at < names.size(); ++at) {
    absorbed.push_back(resolve(context, "merge", names[at]).id);
    ids.emplace_back(absorbed.back().to_string());
  }
  if (context.json) {
    say(context.call("contacts.merge", {{"survivor", survivor.id.to_string()}, {"absorbed", ids}}));
    return ok;
  }
  const auto merged = must(context.session().contacts().merge(survivor.id, absorbed));
  say(fmt::format("{} took over {}", plain(merged.contact.display_name),
                  counted(static_cast<std::int64_t>(absorbed.size()), "contact", "contacts")));
  say("take it back: omnicrm unmerge " + merged.batch_id.to_string());
  return ok;
}

int unmerge(Context& context, const std::string& name) {
  const auto batch = omnicrm::BatchId::parse(name);
  if (!batch) {
    throw failure(wrong_usage, omnicrm::ErrorCode::invalid_argument, "unmerge: '" + name + "' is not a batch",
                  "merges are among them: omnicrm batches");
  }
  if (context.json) {
    say(context.call("contacts.unmerge", {{"batch_id", name}}));
    return ok;
  }
  const auto contact = must(context.session().contacts().unmerge(*batch));
  say(plain(contact.display_name) + " is as before the merge");
  return ok;
}

}  // namespace

void add_duplicate_commands(CLI::App& app, Context& context) {
  auto page = std::make_shared<PageOptions>();
  auto* suggest = app.add_subcommand("duplicates", "Pairs of contacts that may be one person");
  page->add_to(*suggest);
  suggest->callback(
      [&context, page] { context.action = [&context, page] { return duplicates(context, *page); }; });

  auto names = std::make_shared<std::vector<std::string>>();
  auto* join = app.add_subcommand("merge", "Makes one contact of several; the first one stays");
  join->add_option("NAME", *names, "Names, addresses or ids")->required();
  join->callback(
      [&context, names] { context.action = [&context, names] { return merge(context, *names); }; });

  auto batch = std::make_shared<std::string>();
  auto* part = app.add_subcommand("unmerge", "Takes a merge back");
  part->add_option("BATCH", *batch, "What merge printed")->required();
  part->callback(
      [&context, batch] { context.action = [&context, batch] { return unmerge(context, *batch); }; });
}

}  // namespace cli
