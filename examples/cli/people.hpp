// Finds the contact that a person typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/model/contact.hpp>

#include "context.hpp"

namespace cli {

/// By id, address, or name. Fails with the nearest name, or with the candidates when several match. `command`
/// is named in the message.
omnicrm::Contact resolve(Context& context, std::string_view command, std::string_view text);

[[nodiscard]] std::string first_value(const std::vector<omnicrm::ContactPoint>& points);

}  // namespace cli
