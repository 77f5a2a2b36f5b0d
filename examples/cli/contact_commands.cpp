// contacts list, contacts show, contacts search
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "context.hpp"
#include "output.hpp"
#include "people.hpp"
#include "text.hpp"

namespace cli {
namespace {

using omnicrm::Contact;

Table contact_table() {
  return Table({{.title = "Name", .flexible = true},
                {.title = "Address", .flexible = true},
                {.title = "Organization", .flexible = true},
                {.title = "Changed"}});
}

void add_row(Table& table, const Contact& contact) {
  const std::string reach =
      contact.emails.empty() ? first_value(contact.phones) : first_value(contact.emails);
  table.add({contact.display_name, reach, contact.organization, minute(contact.updated_at).substr(0, 10)});
}

int list(Context& context, const PageOptions& page) {
  if (context.json) {
    say(context.call("contacts.list", page.with()));
    return ok;
  }
  const auto found = must(context.session().contacts().list({}, page.request()));
  if (found.items.empty()) {
    note("no contacts yet; bring some in: omnicrm import PATH");
    return ok;
  }
  Table table = contact_table();
  for (const Contact& contact : found.items) add_row(table, contact);
  table.print();
  say_more(found.next);
  return ok;
}

int search(Context& context, const std::string& text, const PageOptions& page) {
  if (context.json) {
    say(context.call("contacts.search", page.with({{"text", text}})));
    return ok;
  }
  const auto found = must(context.session().contacts().search(text, page.request()));
  if (found.items.empty()) {
    note("nobody matches '" + plain(text) + "'");
    return not_found;
  }
  Table table = contact_table();
  for (const auto& hit : found.items) add_row(table, hit.contact);
  table.print();
  say_more(found.next);
  return ok;
}

void print_points(std::string_view name, const std::vector<omnicrm::ContactPoint>& points) {
  for (const auto& point : points) {
    say(fmt::format("{:<14}{}{}", name, plain(point.value),
                    point.label.empty() ? "" : " (" + plain(point.label) + ")"));
  }
}

void print_contact(const Contact& contact, const std::vector<omnicrm::Tag>& tags) {
  const Style style(STDOUT_FILENO);
  const auto line = [](std::string_view name, const std::string& value) {
    if (!value.empty()) say(fmt::format("{:<14}{}", name, plain(value)));
  };
  say(style.bold(plain(contact.display_name)));
  print_points("e-mail", contact.emails);
  print_points("phone", contact.phones);
  print_points("handle", contact.handles);
  line("organization", contact.organization);
  line("department", contact.department);
  line("job title", contact.job_title);
  line("birthday", contact.birthday);
  line("note", contact.note);
  std::vector<std::string> names;
  names.reserve(tags.size());
  for (const auto& tag : tags) names.push_back(tag.name);
  line("tags", joined(names, ", "));
  line("since", minute(contact.created_at));
  say(style.faint("id            " + contact.id.to_string() + ", version " +
                  std::to_string(contact.version)));
}

int show(Context& context, const std::string& name) {
  const Contact contact = resolve(context, "contacts show", name);
  if (context.json) {
    say(context.call("contacts.get", {{"id", contact.id.to_string()}}));
  } else {
    print_contact(contact, must(context.session().tags().of_contact(contact.id)));
  }
  return ok;
}

}  // namespace

void add_contact_commands(CLI::App& app, Context& context) {
  auto* contacts = app.add_subcommand("contacts", "Lists, shows and finds people");
  contacts->require_subcommand(0, 1);
  auto page = std::make_shared<PageOptions>();
  page->add_to(*contacts);
  contacts->callback([&context, page] {
    if (!context.action) context.action = [&context, page] { return list(context, *page); };
  });
  contacts->add_subcommand("list", "By name")->callback([&context, page] {
    context.action = [&context, page] { return list(context, *page); };
  });

  auto name = std::make_shared<std::vector<std::string>>();
  auto* one = contacts->add_subcommand("show", "One person, by name, address or id");
  one->add_option("NAME", *name, "Name, address or id")->required();
  one->callback(
      [&context, name] { context.action = [&context, name] { return show(context, joined(*name, " ")); }; });

  auto words = std::make_shared<std::vector<std::string>>();
  auto* find = contacts->add_subcommand("search", "By parts of names, addresses and organizations");
  find->add_option("TEXT", *words, "All words must occur")->required();
  find->callback([&context, words, page] {
    context.action = [&context, words, page] { return search(context, joined(*words, " "), *page); };
  });
}

}  // namespace cli
