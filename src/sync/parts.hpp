// What sync is made of: the sources and normalizers that the wiring place gave it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/sync/normalizer.hpp>
#include <omnicrm/sync/source.hpp>

#include "repository/unit.hpp"

namespace omnicrm::sync {

/// Immutable once jobs run; shared by all users.
struct Parts {
  std::shared_ptr<const repository::Environment> environment;
  std::map<std::string, SourceFactory, std::less<>> sources;  ///< by provider
  std::vector<std::shared_ptr<const Normalizer>> normalizers;

  /// The normalizer of a media type, or null.
  [[nodiscard]] const Normalizer* normalizer(std::string_view content_type) const {
    for (const auto& normalizer : normalizers) {
      if (normalizer->content_type() == content_type) return normalizer.get();
    }
    return nullptr;
  }
  /// Errors: `unsupported` names the provider.
  [[nodiscard]] Result<std::unique_ptr<Source>> open(const SyncSource& source) const {
    const auto found = sources.find(source.provider);
    if (found != sources.end()) return found->second(source);
    return failure(ErrorCode::unsupported,
                   "source.provider: this build has no provider '" + source.provider + "'");
  }
};

}  // namespace omnicrm::sync
