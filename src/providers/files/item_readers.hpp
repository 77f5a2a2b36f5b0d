// The readers of the formats: a scope and a position in, items out.
#pragma once

#include <memory>
#include <string_view>

#include <omnicrm/core/result.hpp>
#include <omnicrm/model/sync.hpp>
#include <omnicrm/sync/source.hpp>

namespace omnicrm::files {

using ReaderResult = Result<std::unique_ptr<sync::SourceReader>>;

/// "mbox", "maildir" and "eml". An mbox resumes at a byte, a folder behind a file.
[[nodiscard]] ReaderResult mail_items(const PlanFile& scope, std::string_view position,
                                      const SyncSource& source);
/// "ics"; resumes at a byte.
[[nodiscard]] ReaderResult calendar_items(const PlanFile& scope, std::string_view position,
                                          const SyncSource& source);
/// "vcf"; resumes at a byte.
[[nodiscard]] ReaderResult card_items(const PlanFile& scope, std::string_view position,
                                      const SyncSource& source);
/// "csv"; resumes at a byte.
[[nodiscard]] ReaderResult table_items(const PlanFile& scope, std::string_view position,
                                       const SyncSource& source);

}  // namespace omnicrm::files
