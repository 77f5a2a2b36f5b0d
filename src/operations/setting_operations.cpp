#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

using repository::Setting;

struct GetSetting {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GetSetting, (), (name))

struct SetSetting {
  std::string name;
  Json value;
};
BOOST_DESCRIBE_STRUCT(SetSetting, (), (name, value))

Result<Setting> get(Session& session, const GetSetting& request) {
  OMNICRM_ASSIGN(Json value, session.settings().get(request.name));
  return Setting{request.name, std::move(value)};
}

Result<Setting> set(Session& session, const SetSetting& request) {
  OMNICRM_TRY(session.settings().set(request.name, request.value));
  return get(session, GetSetting{request.name});
}

Result<Items<Setting>> list(Session& session, const Nothing&) {
  OMNICRM_ASSIGN(auto settings, session.settings().list());
  return Items<Setting>{std::move(settings)};
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::GetSetting> = std::to_array<std::string_view>({"name"});
template <>
inline constexpr auto required_fields<operations::SetSetting> = std::to_array<std::string_view>({"name",
                                                                                                 "value"});

namespace operations {

std::span<const Operation> setting_operations() noexcept {
  static constexpr Operation operations[] = {
      define<get>("settings.get", Scope::read, "A setting's value; null when it was never set."),
      define<set>("settings.set", Scope::write, "Sets a setting; null removes it."),
      define<list>("settings.list", Scope::read, "All settings."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
