// Items from files: mbox, maildir, .eml, .ics, .vcf, .csv, and a Takeout archive's folder.
#pragma once

#include <memory>
#include <vector>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/sync.hpp>
#include <omnicrm/sync/normalizer.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm::files {

/// Reads `source.paths` and what lies below them. Nothing is opened before `inventory` or `read`.
/// Errors: `invalid_argument` (no path, a column mapping that names no field). @since 0.1
[[nodiscard]] Result<std::unique_ptr<sync::Source>> files_source(const SyncSource& source);

/// One for each of `message/rfc822`, `text/calendar`, `text/vcard` and `text/csv`, as far as this build reads
/// them. @since 0.1
[[nodiscard]] std::vector<std::shared_ptr<const sync::Normalizer>> file_normalizers();

}  // namespace omnicrm::files
