#include "sync/plugin_calls.hpp"

#include <exception>
#include <string>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "sync/tidy_text.hpp"

namespace omnicrm::sync {
namespace {

tl::unexpected<Error> threw(std::string_view what) {
  return failure(ErrorCode::internal, "the normalizer threw: " + text::to_utf8(what));
}

template <class Made>
bool names_given_items(const std::vector<Made>& records, std::size_t given) {
  for (const Made& made : records) {
    if (made.item < 0 || static_cast<std::size_t>(made.item) >= given) return false;
  }
  return true;
}

}  // namespace

Result<bool> next_item(SourceReader& reader, SourceItem& item) {
  auto found = reader.next(item);
  if (!found || !*found) return found;
  // Kept as text between the job's runs; mended it would be another place.
  if (!text::is_utf8(item.next) || item.next.find('\0') != std::string::npos)
    return invalid("next", "of the source's item is not UTF-8 text without NUL");
  tidy_text(item);
  return found;
}

Result<ItemFacts> facts_of(const Normalizer& normalizer, const RawItem& item) {
  try {
    auto facts = normalizer.facts(item);
    if (facts) tidy_text(*facts);
    return facts;
  } catch (const std::exception& thrown) {
    return threw(thrown.what());
  } catch (...) {
    return threw("something that is no std::exception");
  }
}

Result<Normalized> normalize(const Normalizer& normalizer, std::span<const RawItem> series,
                             const NormalizeOptions& options) {
  try {
    auto made = normalizer.normalize(series, options);
    if (made && (!names_given_items(made->interactions, series.size()) ||
                 !names_given_items(made->contacts, series.size()))) {
      return failure(ErrorCode::internal, "the normalizer made a record of an item that it was not given");
    }
    if (made) tidy_text(*made);
    return made;
  } catch (const std::exception& thrown) {
    return threw(thrown.what());
  } catch (...) {
    return threw("something that is no std::exception");
  }
}

}  // namespace omnicrm::sync
