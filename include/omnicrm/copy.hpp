// A whole database, moved to another storage.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include <omnicrm/core/result.hpp>
#include <omnicrm/options.hpp>

namespace omnicrm {

/// What a copy is at. @since 0.1
enum class CopyStage : std::int32_t {
  rows = 1,    ///< table after table
  text = 2,    ///< the full-text indexes, made anew of the rows that arrived
  verify = 3,  ///< both databases are read once more
};

/// How far a copy is. @since 0.1
struct CopyProgress {
  CopyStage stage = CopyStage::rows;
  std::string table;  ///< the one at hand
  /// Of this stage, those of an earlier, unfinished run included; of `total`.
  std::int64_t rows = 0;
  std::int64_t total = 0;
};

/// @since 0.1
struct CopyOptions {
  /// Rows that are written in one transaction, at the most: what a crash makes the next run do again. Large
  /// rows are fewer. 1 to 100,000.
  std::int64_t rows_per_transaction = 5'000;
  /// Called on the caller's thread: after each transaction, and now and then while verifying. What it throws
  /// ends the copy as `internal`.
  std::function<void(const CopyProgress&)> progress = {};
  /// Ends the copy after the transaction at hand: `cancelled`; run it again to go on.
  std::stop_token stop = {};
};

/// @since 0.1
struct CopyReport {
  std::int64_t rows = 0;
  std::int64_t tables = 0;
  /// An earlier run had been cut off and this one went on from there.
  bool resumed = false;
  /// SHA-256 over what all rows of all tables add up to, in hexadecimal: the same of both databases, whatever
  /// the order of their rows and their dialect.
  std::string checksum;
};

/// Copies every row of every user, and the queue, from one database into an empty one (or one that an
/// earlier, unfinished copy from the same database has begun), makes the full-text indexes there, then reads
/// both again and compares their checksums. `to` is made and brought to this library's schema; `from` must
/// have it already. Nobody may write to `from` meanwhile (a runner's heartbeat does; checked at the end) nor
/// to `to`. Jobs that were running come as they are: on the other side their lease expires and they run
/// again. Only `path`, `sqlite`, `postgres` and `storage` of the options count. Blocks.
///
/// Errors: `not_found` (there is no file `from`), `failed_precondition` (`to` holds data of its own, or
/// another copy's; `from` has another schema, or is an unfinished copy itself; then nothing is written),
/// `invalid_argument` (the options; a text that the other storage cannot hold, by table, column and key),
/// `conflict` (`from` changed meanwhile, or two copies write to `to`: begin again with a new `to`),
/// `cancelled`, `data_loss` (the checksums differ), those of both storages. After any other failure than a
/// `conflict` or `data_loss` the same call goes on where it ended.
/// @since 0.1
[[nodiscard]] Result<CopyReport> copy_database(const Options& from, const Options& to,
                                               const CopyOptions& options = {});

}  // namespace omnicrm
