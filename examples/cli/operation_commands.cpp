// call, operations
#include <boost/json/parse.hpp>
#include <iostream>
#include <iterator>
#include <memory>

#include "context.hpp"
#include "output.hpp"

namespace cli {
namespace {

int call(Context& context, const std::string& operation, std::string request) {
  if (request == "-")
    request.assign(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  say(context.call(operation, request, false));
  return ok;
}

int operations(Context& context, bool schema) {
  const std::string contract = omnicrm::operations_schema();
  if (schema || context.json) {
    say(contract);
    return ok;
  }
  Table table({{.title = "Operation"}, {.title = "Scope"}, {.title = "What it does", .flexible = true}});
  const auto document = boost::json::parse(contract);
  for (const auto& operation : document.at("operations").as_array()) {
    const auto text = [&](const char* name) { return std::string(operation.at(name).as_string()); };
    table.add({text("name"), text("scope"), text("summary")});
  }
  table.print();
  return ok;
}

}  // namespace

void add_operation_commands(CLI::App& app, Context& context) {
  auto operation = std::make_shared<std::string>();
  auto request = std::make_shared<std::string>("{}");
  auto* invoke = app.add_subcommand("call", "Calls an operation with a JSON object");
  invoke->add_option("OPERATION", *operation, "Its name; all of them: omnicrm operations")->required();
  invoke->add_option("JSON", *request, "Its request; '-' reads standard input");
  invoke->callback([&context, operation, request] {
    context.action = [&context, operation, request] { return call(context, *operation, *request); };
  });

  auto schema = std::make_shared<bool>(false);
  auto* list = app.add_subcommand("operations", "Lists what can be called");
  list->add_flag("--json-schema", *schema, "The whole contract with JSON Schemas");
  list->callback(
      [&context, schema] { context.action = [&context, schema] { return operations(context, *schema); }; });
}

}  // namespace cli
