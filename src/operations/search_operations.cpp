#include "operations/define.hpp"
#include "operations/groups.hpp"
#include "operations/requests.hpp"

namespace omnicrm::operations {
namespace {

struct Search : insight::SearchQuery, PageRequest {};
BOOST_DESCRIBE_STRUCT(Search, (insight::SearchQuery, PageRequest), ())

Result<Page<insight::SearchHit>> query(Session& session, const Search& request) {
  return session.search().query(request, request);
}

}  // namespace
}  // namespace omnicrm::operations

namespace omnicrm {

template <>
inline constexpr auto required_fields<operations::Search> = std::to_array<std::string_view>({"text"});

namespace operations {

std::span<const Operation> search_operations() noexcept {
  static constexpr Operation operations[] = {
      define<query>("search.query", Scope::read,
                    "Full-text search over the timeline, with snippets and filters."),
  };
  return operations;
}

}  // namespace operations
}  // namespace omnicrm
