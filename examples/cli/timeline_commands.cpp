// timeline, search
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "context.hpp"
#include "output.hpp"
#include "people.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::Direction;
using omnicrm::InteractionKind;

std::string arrow(Direction direction) {
  switch (direction) {
    case Direction::inbound:
      return "←";
    case Direction::outbound:
      return "→";
    case Direction::internal:
      return "↻";
    case Direction::none:
      return "·";
  }
  return "·";
}

std::string name_of(InteractionKind kind) {
  using enum InteractionKind;
  switch (kind) {
    case email:
      return "email";
    case meeting:
      return "meeting";
    case call:
      return "call";
    case note:
      return "note";
    case message:
      return "message";
  }
  return "?";
}

int timeline(Context& context, const std::string& name, const PageOptions& page) {
  const auto contact = resolve(context, "timeline", name);
  if (context.json) {
    say(context.call("contacts.timeline", page.with({{"contact_id", contact.id.to_string()}})));
    return ok;
  }
  omnicrm::repository::TimelineFilter filter;
  filter.contact_id = contact.id;
  const auto found = must(context.session().interactions().timeline(filter, page.request()));
  say(Style(STDOUT_FILENO).bold(plain(contact.display_name)) + "  " + plain(first_value(contact.emails)));
  if (found.items.empty()) {
    note("nothing happened with them yet");
    return ok;
  }
  Table table({{.title = "When"}, {.title = ""}, {.title = "Kind"}, {.title = "Subject", .flexible = true}});
  for (const auto& entry : found.items) {
    table.add({minute(entry.occurred_at), arrow(entry.direction), name_of(entry.kind),
               entry.subject.empty() ? cut(plain(entry.body), 200) : entry.subject});
  }
  table.print();
  say_more(found.next);
  return ok;
}

/// Matches stand between white square brackets; a terminal shows them in color instead.
std::string highlighted(const std::string& snippet) {
  constexpr std::string_view open = "⟦";
  constexpr std::string_view close = "⟧";
  const Style style(STDOUT_FILENO);
  if (style.mark("x") == "x") return snippet;
  std::string out;
  std::string_view rest = snippet;
  while (true) {
    const auto from = rest.find(open);
    const auto to = from == std::string_view::npos ? from : rest.find(close, from);
    if (to == std::string_view::npos) return out + std::string(rest);
    out += rest.substr(0, from);
    out += style.mark(rest.substr(from + open.size(), to - from - open.size()));
    rest.remove_prefix(to + close.size());
  }
}

int search(Context& context, const std::string& text, const std::string& order, const PageOptions& page) {
  if (context.json) {
    say(context.call("search.query", page.with({{"text", text}, {"order", order}})));
    return ok;
  }
  const auto by =
      order == "newest" ? omnicrm::insight::SearchOrder::newest : omnicrm::insight::SearchOrder::relevance;
  const auto found = must(context.session().search().query({.text = text, .order = by}, page.request()));
  if (found.items.empty()) {
    note("nothing has '" + plain(text) + "'");
    return not_found;
  }
  const Style style(STDOUT_FILENO);
  const std::size_t room = is_terminal(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO) : 10'000;
  for (const auto& hit : found.items) {
    const std::string head = fmt::format("{} {} {}  {}", minute(hit.occurred_at), arrow(hit.direction),
                                         plain(hit.people), plain(hit.subject));
    say(style.bold(cut(head, room)));
    const std::string snippet = plain(hit.snippet);
    if (!snippet.empty()) say("  " + highlighted(cut(snippet, room - 2)));
  }
  say_more(found.next);
  return ok;
}

}  // namespace

void add_timeline_commands(CLI::App& app, Context& context) {
  auto page = std::make_shared<PageOptions>();
  auto name = std::make_shared<std::vector<std::string>>();
  auto* show = app.add_subcommand("timeline", "What happened with a person, newest first");
  show->add_option("NAME", *name, "Name, address or id")->required();
  page->add_to(*show);
  show->callback([&context, name, page] {
    context.action = [&context, name, page] { return timeline(context, joined(*name, " "), *page); };
  });

  auto hits = std::make_shared<PageOptions>();
  hits->limit = 10;
  auto words = std::make_shared<std::vector<std::string>>();
  auto order = std::make_shared<std::string>("relevance");
  auto* find = app.add_subcommand("search", "Full-text search over mail, meetings, notes and files");
  find->add_option(
          "QUERY", *words,
          "Words, \"phrases\", prefix*, from:ada with:ada type:meeting after:2002-08-01 before:2002-09-01 "
          "tag:customer subject:word; after -- also -without")
      ->required();
  find->add_option("--order", *order, "relevance or newest")
      ->check(CLI::IsMember({"relevance", "newest"}))
      ->capture_default_str();
  hits->add_to(*find);
  find->callback([&context, words, order, hits] {
    context.action = [&context, words, order, hits] {
      return search(context, joined(*words, " "), *order, *hits);
    };
  });
}

}  // namespace cli
