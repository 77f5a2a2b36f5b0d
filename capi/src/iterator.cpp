#include "iterator.hpp"

#include <omnicrm/json.hpp>

#include "fence.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

constexpr std::int64_t usual_page = 100;
constexpr std::int64_t largest_page = 1'000;

template <class Filter>
Result<Filter> read_filter(const char* json, std::size_t size, std::string_view field) {
  OCRM_ASSIGN(const auto text, bytes_of(json, size, field));
  return from_json<Filter>(text.empty() ? "{}" : text);
}

/// Makes the iterator over what `fetch` reads.
template <class T, class Fetch>
Result<void> open_iterator(const SessionUse& session, std::int64_t page_size, Fetch fetch,
                           ocrm_iterator** out) {
  if (page_size < 0 || page_size > largest_page) return invalid("page_size", "must be 0 to 1000");
  auto items =
      std::make_unique<PagedItems<T, Fetch>>(std::move(fetch), page_size == 0 ? usual_page : page_size);
  *out = new ocrm_iterator(session.state, std::move(items));
  return {};
}

}  // namespace

template <class T, class Fetch>
Result<const std::string*> PagedItems<T, Fetch>::next(Session& session) {
  while (at_ == page_.items.size()) {
    if (ended_) return nullptr;
    OCRM_ASSIGN(page_, fetch_(session, asked_));
    at_ = 0;
    ended_ = !page_.next;
    if (page_.next) asked_.cursor = *page_.next;
  }
  json_ = to_json(page_.items[at_]);
  ++at_;
  return &json_;
}

}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_timeline_open(ocrm_session* session, const char* filter, size_t filter_size, int64_t page_size,
                           ocrm_iterator** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(auto asked, read_filter<repository::TimelineFilter>(filter, filter_size, "filter"));
    const auto fetch = [asked = std::move(asked)](Session& at, const PageRequest& page) {
      return at.interactions().timeline(asked, page);
    };
    return open_iterator<Interaction>(call, page_size, fetch, out);
  });
}

int32_t ocrm_search_open(ocrm_session* session, const char* query, size_t query_size, int64_t page_size,
                         ocrm_iterator** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(auto asked, read_filter<insight::SearchQuery>(query, query_size, "query"));
    const auto fetch = [asked = std::move(asked)](Session& at, const PageRequest& page) {
      return at.search().query(asked, page);
    };
    return open_iterator<insight::SearchHit>(call, page_size, fetch, out);
  });
}

int32_t ocrm_contacts_open(ocrm_session* session, const char* filter, size_t filter_size, int64_t page_size,
                           ocrm_iterator** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const SessionUse call, use(session));
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const auto asked, read_filter<repository::ContactFilter>(filter, filter_size, "filter"));
    const auto fetch = [asked](Session& at, const PageRequest& page) {
      return at.contacts().list(asked, page);
    };
    return open_iterator<Contact>(call, page_size, fetch, out);
  });
}

int32_t ocrm_iterator_next(ocrm_iterator* iterator, const char** item, size_t* size, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* found, handle_of(iterator, "iterator"));
    OCRM_TRY(check_out(item, "item"));
    OCRM_TRY(check_out(size, "size"));
    OCRM_ASSIGN(const SessionUse call, use(found->session));
    OCRM_ASSIGN(const std::string* json, found->items->next(*call));
    *item = json == nullptr ? nullptr : json->c_str();
    *size = json == nullptr ? 0 : json->size();
    return {};
  });
}

void ocrm_iterator_free(ocrm_iterator* iterator) {
  guard(0, [&] {
    auto* found = handle_or_null(iterator);
    if (found == nullptr) return 0;
    const CrmState& crm = found->session->crm();
    if (crm.is_forked() || crm.is_abandoned()) keep_for_ever(found->session);
    delete found;
    return 0;
  });
}
