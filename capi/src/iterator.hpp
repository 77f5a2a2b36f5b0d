// Lists, item by item.
#pragma once

#include <cstdint>
#include <memory>
#include <omnicrm/core/page.hpp>
#include <string>
#include <utility>

#include "handle.hpp"
#include "omnicrm.h"
#include "session_state.hpp"

namespace omnicrm::capi {

/// A list that is read page by page. One thread at a time.
class Items {
 public:
  virtual ~Items() = default;
  /// The next item as JSON; null at the end. After a failure the same item can be asked for again.
  virtual Result<const std::string*> next(Session& session) = 0;
};

/// Pages that `Fetch` reads: Result<Page<T>>(Session&, const PageRequest&).
template <class T, class Fetch>
class PagedItems final : public Items {
 public:
  PagedItems(Fetch fetch, std::int64_t page_size)
      : fetch_(std::move(fetch)), asked_{.limit = page_size, .cursor = {}} {}

  Result<const std::string*> next(Session& session) override;

 private:
  Fetch fetch_;
  PageRequest asked_;
  Page<T> page_;
  std::size_t at_ = 0;
  bool ended_ = false;
  std::string json_;
};

}  // namespace omnicrm::capi

struct ocrm_iterator final : omnicrm::capi::Handle {
  static constexpr auto type = omnicrm::capi::HandleType::iterator;
  ocrm_iterator(std::shared_ptr<omnicrm::capi::SessionState> a_session,
                std::unique_ptr<omnicrm::capi::Items> list)
      : Handle(type, true), session(std::move(a_session)), items(std::move(list)) {}
  std::shared_ptr<omnicrm::capi::SessionState> session;
  const std::unique_ptr<omnicrm::capi::Items> items;
};
