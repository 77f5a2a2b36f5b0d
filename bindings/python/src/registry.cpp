#include "registry.hpp"

#include <utility>

namespace omnicrm::python {
namespace {

struct EnumInfo {
  std::string name;
  std::vector<std::string> values;
};
struct RecordInfo {
  std::string name;
  std::vector<Parameter> given;
  std::vector<Parameter> taken;
};
struct Registry {
  std::vector<EnumInfo> enums;
  std::vector<RecordInfo> records;
  std::vector<FunctionInfo> functions;
};

Registry& registry() {
  static auto& only = *new Registry();
  return only;
}

py::list list_of(const std::vector<Parameter>& parameters) {
  py::list list;
  for (const Parameter& parameter : parameters) {
    list.append(py::make_tuple(parameter.name, parameter.type, parameter.default_text));
  }
  return list;
}

}  // namespace

void note_enum(const std::string& name, std::vector<std::string> values) {
  registry().enums.push_back({name, std::move(values)});
}

void note_record(const std::string& name, std::vector<Parameter> given, std::vector<Parameter> taken) {
  registry().records.push_back({name, std::move(given), std::move(taken)});
}

void note_function(FunctionInfo function) {
  registry().functions.push_back(std::move(function));
}

py::dict describe_module() {
  py::list enums;
  for (const EnumInfo& info : registry().enums) {
    py::list values;
    for (const std::string& value : info.values) values.append(value);
    enums.append(py::make_tuple(info.name, values));
  }
  py::list records;
  for (const RecordInfo& info : registry().records) {
    records.append(py::make_tuple(info.name, list_of(info.given), list_of(info.taken)));
  }
  py::list functions;
  for (const FunctionInfo& info : registry().functions) {
    py::dict function;
    function["owner"] = info.owner;
    function["name"] = info.name;
    function["parameters"] = list_of(info.parameters);
    function["result"] = info.result;
    function["blocks"] = info.blocks;
    functions.append(function);
  }
  py::dict all;
  all["enums"] = enums;
  all["records"] = records;
  all["functions"] = functions;
  return all;
}

}  // namespace omnicrm::python
