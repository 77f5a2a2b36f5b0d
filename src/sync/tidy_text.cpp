#include "sync/tidy_text.hpp"

#include <cstring>

#include "core/text.hpp"
#include "model/describe.hpp"
#include "model/reflect.hpp"

namespace omnicrm::sync {
namespace {

bool is_tidy(std::string_view text) {
  return std::memchr(text.data(), 0, text.size()) == nullptr && text::is_utf8(text);
}

/// Texts at any depth of a record.
template <class T>
void tidy(T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    if (!value.empty() && !is_tidy(value)) value = text::to_utf8(value);
  } else if constexpr (std::is_same_v<T, Json>) {
    tidy(value.text);
  } else if constexpr (is_optional<T>) {
    if (value) tidy(*value);
  } else if constexpr (is_vector<T>) {
    for (auto& each : value) tidy(each);
  } else if constexpr (DescribedStruct<T>) {
    for_each_member<T>([&](auto member) { tidy(value.*member.pointer); });
  }
}

}  // namespace

void tidy_text(SourceItem& item) {
  tidy(item.service);
  tidy(item.source_id);
  tidy(item.content_type);
  tidy(item.origin);
  tidy(item.reason);
}

void tidy_text(ItemFacts& facts) {
  tidy(facts.title);
  tidy(facts.labels);
  tidy(facts.participants);
  tidy(facts.delivered_to);
  tidy(facts.left_out);
}

void tidy_text(Normalized& made) {
  for (NormalizedInteraction& each : made.interactions) {
    tidy(each.interaction);
    tidy(each.documents);
  }
  for (NormalizedContact& each : made.contacts) {
    tidy(each.contact);
    tidy(each.tags);
  }
  tidy_text(made.facts);
  tidy(made.reason);
}

}  // namespace omnicrm::sync
