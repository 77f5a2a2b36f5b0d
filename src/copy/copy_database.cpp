#include <omnicrm/copy.hpp>

#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "copy/copier.hpp"
#include "core/errors.hpp"
#include "open_storage.hpp"

namespace omnicrm {
namespace {

constexpr std::int64_t most_rows = 100'000;

bool is_file(const Options& options) {
  return !options.storage && !is_server(options.path) && options.path != ":memory:";
}

/// Opening would make an empty database of a file that is missing. (Of servers, their identity tells.)
Result<void> check_files(const Options& from, const Options& to) {
  std::error_code error;
  if (is_file(from) && !std::filesystem::exists(from.path, error))
    return failure(ErrorCode::not_found, "from: there is no database at " + from.path);
  const bool same = is_file(from) && is_file(to) ? std::filesystem::equivalent(from.path, to.path, error)
                                                 : from.storage && from.storage == to.storage;
  if (same) return invalid("to", "is the same database as from");
  return {};
}

Result<CopyReport> run(const Options& from, const Options& to, const CopyOptions& options) {
  if (options.rows_per_transaction < 1 || options.rows_per_transaction > most_rows)
    return invalid("rows_per_transaction", "must be 1 to 100,000");
  OMNICRM_TRY(check_files(from, to));
  OMNICRM_ASSIGN(auto from_storage, open_storage(from));
  OMNICRM_ASSIGN(auto source, copy::examine_source(*from_storage, {.stop = options.stop}));
  // Not before: a file is made when it is opened.
  OMNICRM_ASSIGN(auto to_storage, open_storage(to));
  return copy::Copier(std::move(from_storage), std::move(source), std::move(to_storage), options).run();
}

}  // namespace

Result<CopyReport> copy_database(const Options& from, const Options& to, const CopyOptions& options) {
  try {
    return run(from, to, options);
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::resource_exhausted, "out of memory");
  } catch (const std::exception& thrown) {
    return failure(ErrorCode::internal, thrown.what());
  }
}

}  // namespace omnicrm
