// Small values that several records share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/json.hpp>
#include <omnicrm/core/time.hpp>

namespace omnicrm {

/// Where a record or a field's value came from. The order is the order of trust: a value of a later
/// source replaces one of an earlier source, never the other way round. @since 0.1
enum class Origin {
  unknown,
  email,     ///< a header or body of a mail
  calendar,  ///< an event's organizer or attendee
  host,      ///< an item of a source of the host's own
  csv,       ///< a row of a table
  vcard,     ///< a card
  api,       ///< the host, through an operation
  user,      ///< typed by the person
};

}  // namespace omnicrm
