// Lists come in pages that continue where the last one ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace omnicrm {

/// Which part of a list is wanted. Pages are keyset pages: page 20,000 costs what page 1 costs, and a
/// row that is inserted or deleted meanwhile neither repeats nor hides another. @since 0.1
struct PageRequest {
  /// 1 to 1,000; outside of that is `invalid_argument`.
  std::int64_t limit = 50;
  /// `Page::next` of the page before; empty for the first. Opaque, valid for the same query only.
  std::string cursor;
};

/// One page. @since 0.1
template <class T>
struct Page {
  std::vector<T> items;
  /// Pass it as `PageRequest::cursor` for the next page; absent on the last one.
  std::optional<std::string> next;
};

}  // namespace omnicrm
