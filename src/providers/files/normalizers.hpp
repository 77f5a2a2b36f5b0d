// The normalizers of the file formats.
#pragma once

#include <memory>

#include <omnicrm/sync/normalizer.hpp>

namespace omnicrm::files {

[[nodiscard]] std::shared_ptr<const sync::Normalizer> mail_normalizer();
[[nodiscard]] std::shared_ptr<const sync::Normalizer> calendar_normalizer();
[[nodiscard]] std::shared_ptr<const sync::Normalizer> card_normalizer();
[[nodiscard]] std::shared_ptr<const sync::Normalizer> table_normalizer();

}  // namespace omnicrm::files
