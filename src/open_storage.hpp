// The storage that options name: the host's own, a server's, or a file's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <omnicrm/core/result.hpp>
#include <omnicrm/options.hpp>
#include <omnicrm/storage/storage.hpp>

namespace omnicrm {

/// Whether a path is a server's URI, by libpq's two schemes.
[[nodiscard]] bool is_server(std::string_view path);

/// Opens, does not migrate. Errors: the storage's.
[[nodiscard]] Result<std::shared_ptr<storage::Storage>> open_storage(const Options& options);

/// The schema version that this library works with.
[[nodiscard]] std::int64_t latest_schema(storage::Dialect dialect);

}  // namespace omnicrm
