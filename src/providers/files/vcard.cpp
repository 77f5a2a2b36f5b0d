#include "providers/files/vcard.hpp"

#include <utility>

#include "core/errors.hpp"

namespace omnicrm::files {

VCardReader::VCardReader(TextSource source) : components_(std::move(source), {"VCARD"}, ComponentLimits{}) {}

Result<VCardReader> VCardReader::open(const std::string& path, std::uint64_t position) {
  OMNICRM_ASSIGN(TextSource source, TextSource::open(path, position));
  return VCardReader(std::move(source));
}

VCardReader VCardReader::from_memory(std::string_view bytes, std::string name) {
  return VCardReader(TextSource::from_memory(bytes, 0, std::move(name)));
}

Result<bool> VCardReader::next(VCardItem& item) {
  Component component;
  std::string problem;
  OMNICRM_ASSIGN(const bool found, components_.next(component, problem));
  if (!found) return false;
  item.position = component.position;
  item.next = component.next;
  if (problem.empty()) {
    ContactCard card = read_vcard(component);
    if (!card.is_empty()) {
      item.card = std::move(card);
      return true;
    }
    problem = "the card has no name, address, number or organization";
  }
  item.card = at_position(ErrorCode::invalid_argument, components_.name(), component.position, problem);
  return true;
}

}  // namespace omnicrm::files
