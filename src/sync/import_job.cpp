// The job `file_import`: source -> raw events.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "core/zstd.hpp"
#include "model/json.hpp"
#include "repository/raw_events.hpp"
#include "sync/batch_store.hpp"
#include "sync/job_payloads.hpp"
#include "sync/plugin_calls.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {
namespace {

// A job normalizes so many items, or so many bytes of them: enough to make the fixed costs small (each leaves
// a segment in the full-text index, and many have to be merged), little enough that memory does not matter
// and others get their turn to write. Fetching costs a quarter of normalizing: a transaction stores two jobs'
// items.
constexpr std::size_t job_items = 512;
constexpr std::size_t job_bytes = std::size_t{4} << 20;
constexpr std::size_t chunk_jobs = 2;
// The first ones are smaller, each twice the one before, so that normalizing begins at once.
constexpr std::size_t first_chunk_items = 64;
/// Until an import looks again whether an undo is over.
constexpr std::chrono::milliseconds undo_pause{100};
// Measured on 6,046 messages of 5.4 KB: level 3 takes 2% less room and a third more time.
constexpr int compression_level = 1;

struct FetchedItem {
  RawEvent event;
  std::string compressed;
  bool ends_job = false;
};

Result<FetchedItem> prepare(SourceItem& item, ConnectionId connection) {
  FetchedItem fetched;
  RawEvent& event = fetched.event;
  event.connection_id = connection;
  event.service = std::move(item.service);
  event.source_id = std::move(item.source_id);
  event.state = item.state;
  event.reason = std::move(item.reason);
  event.content_type = std::move(item.content_type);
  event.size = item.size;
  event.origin = std::move(item.origin);
  if (!item.payload.empty()) {
    event.content_hash = sha256_hex(item.payload);
    OMNICRM_ASSIGN(fetched.compressed, zstd::compress(item.payload, compression_level));
  }
  return fetched;
}

/// Where an item is counted that has reached its terminal state; null for one that has not.
std::int64_t* count_of(BatchCounts& counts, RawEventState state) {
  switch (state) {
    case RawEventState::normalized:
      return &counts.normalized;
    case RawEventState::poison:
      return &counts.poison;
    case RawEventState::skipped:
      return &counts.skipped;
    default:
      return nullptr;
  }
}

/// One run of the job.
class Import {
 public:
  Import(const Parts& parts, jobs::Context& context, BatchId batch)
      : context_(context), unit_(parts.environment, context.user(), "job"), batch_id_(batch), parts_(parts) {}

  Result<jobs::Outcome> run() {
    OMNICRM_TRY(load());
    if (batch_.state != BatchState::running) return jobs::Outcome::done();
    if (undo_waits_) {
      // What it takes back is not to be taken for known.
      context_.progress(0, batch_.total, "waits for an undo");
      return jobs::Outcome::snooze(undo_pause);
    }
    OMNICRM_ASSIGN(source_, parts_.open(plan_.source));
    connection_id_ = source_->connection();
    for (const PlanFile& file : plan_.summary.files) {
      if (file.format != "ignored") OMNICRM_TRY(read_scope(file));
    }
    auto finished = unit_.write([&](storage::Connection& connection) -> Result<void> {
      const repository::Unit bound = unit_.bound(connection, batch_id_);
      OMNICRM_TRY(store_position(connection, bound, connection_id_, whole_source, at_end));
      OMNICRM_TRY(finish_if_complete(connection, bound, connection_id_, batch_id_));
      return context_.complete_in(connection);
    });
    OMNICRM_TRY(finished);
    return jobs::Outcome::done();
  }

 private:
  Result<void> load() {
    return unit_.read([&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(batch_, load_batch(connection, unit_.user(), batch_id_));
      if (!batch_.plan_id) return failure(ErrorCode::failed_precondition, "the batch has no plan");
      OMNICRM_ASSIGN(plan_, load_plan(connection, unit_.user(), *batch_.plan_id));
      OMNICRM_ASSIGN(undo_waits_, is_undo_waiting(connection, unit_.user()));
      return {};
    });
  }

  Result<void> read_scope(const PlanFile& file) {
    std::string position;
    OMNICRM_TRY(unit_.read([&](storage::Connection& connection) -> Result<void> {
      OMNICRM_ASSIGN(position, load_position(connection, unit_.user(), connection_id_, batch_id_, file.path));
      return {};
    }));
    if (position == at_end) return {};
    OMNICRM_ASSIGN(auto reader, source_->read(file, position));
    bool more = true;
    while (more) {
      if (context_.stop().stop_requested()) {
        return fail({.code = ErrorCode::cancelled, .message = "stopped", .details = {}, .retryable = true});
      }
      OMNICRM_ASSIGN(more, read_chunk(*reader, position));
      OMNICRM_TRY(store_chunk(file, more ? position : std::string(at_end)));
      context_.progress(items_, batch_.total, file.path);
    }
    return {};
  }

  /// False at the end of the scope.
  Result<bool> read_chunk(SourceReader& reader, std::string& position) {
    chunk_.clear();
    const std::size_t limit = std::exchange(next_items_, std::min(2 * next_items_, chunk_jobs * job_items));
    for (std::size_t jobs = 0, items = 0, bytes = 0; jobs < chunk_jobs && chunk_.size() < limit;) {
      // A source may take its time for each item: what there is by now is kept.
      if (!chunk_.empty() && context_.stop().stop_requested()) return true;
      SourceItem item;
      OMNICRM_ASSIGN(const bool found, next_item(reader, item));
      if (!found) return false;
      position = item.next;
      bytes += item.payload.size();
      OMNICRM_ASSIGN(FetchedItem fetched, prepare(item, connection_id_));
      chunk_.push_back(std::move(fetched));
      if (++items < job_items && bytes < job_bytes) continue;
      chunk_.back().ends_job = true;
      ++jobs;
      items = bytes = 0;
    }
    return true;
  }

  Result<void> store_chunk(const PlanFile& file, const std::string& position) {
    OMNICRM_TRY(unit_.write([&](storage::Connection& connection) -> Result<void> {
      const repository::Unit bound = unit_.bound(connection, batch_id_);
      OMNICRM_ASSIGN(const SyncBatch now, load_batch(connection, unit_.user(), batch_id_));
      if (now.state != BatchState::running) return failure(ErrorCode::cancelled, "the batch was cancelled");
      BatchCounts counts;
      OMNICRM_ASSIGN(const auto jobs, put_chunk(connection, bound, counts));
      OMNICRM_TRY(store_position(connection, bound, connection_id_, file.path, position));
      OMNICRM_TRY(add_counts(connection, unit_.user(), batch_id_, counts));
      if (jobs.empty()) return {};
      OMNICRM_TRY(context_.enqueue(connection, jobs));
      return {};
    }));
    items_ += std::ssize(chunk_);
    return {};
  }

  /// Gives the jobs that settle what was put.
  Result<std::vector<jobs::NewJob>> put_chunk(storage::Connection& connection, const repository::Unit& bound,
                                              BatchCounts& counts) {
    repository::RawEvents raw_events(connection, bound);
    std::vector<jobs::NewJob> jobs;
    NormalizeJob job = empty_job();
    const auto finish_job = [&] {
      if (!job.from.is_nil() || !job.changed.empty())
        jobs.push_back(new_job(std::exchange(job, empty_job())));
    };
    std::vector<repository::NewItem> items;
    items.reserve(chunk_.size());
    for (FetchedItem& item : chunk_) items.push_back({&item.event, item.compressed});
    OMNICRM_ASSIGN(const auto outcomes, raw_events.put(items));
    for (std::size_t i = 0; i < chunk_.size(); ++i) {
      take_outcome(chunk_[i], outcomes[i], counts, job);
      if (chunk_[i].ends_job) finish_job();
    }
    finish_job();
    return jobs;
  }

  static void take_outcome(const FetchedItem& item, const repository::Put& put, BatchCounts& counts,
                           NormalizeJob& job) {
    ++counts.items;
    if (put.outcome == repository::PutOutcome::known) {
      ++counts.known;
    } else if (put.outcome == repository::PutOutcome::changed) {
      job.changed.push_back(item.event.id);
      if (!put.replaced) return;
      // Twice in one source: the newer one is to be settled once more, the older one was known.
      ++counts.known;
      if (std::int64_t* counted = count_of(counts, *put.replaced)) --*counted;
    } else if (item.event.state == RawEventState::pending) {
      if (job.from.is_nil()) job.from = item.event.id;
      job.to = item.event.id;
    } else if (std::int64_t* counted = count_of(counts, item.event.state)) {
      ++*counted;
    }
  }

  [[nodiscard]] NormalizeJob empty_job() const {
    return {.batch_id = batch_id_, .from = {}, .to = {}, .changed = {}};
  }

  [[nodiscard]] jobs::NewJob new_job(const NormalizeJob& job) const {
    return {.kind = std::string(normalize_kind),
            .payload = {to_json(job)},
            .run_at = {},
            .unique_key = {},
            .batch_id = batch_id_};
  }

  jobs::Context& context_;
  repository::Unit unit_;
  BatchId batch_id_;
  const Parts& parts_;
  SyncBatch batch_;
  SyncPlan plan_;
  bool undo_waits_ = false;
  std::unique_ptr<Source> source_;
  ConnectionId connection_id_;
  std::vector<FetchedItem> chunk_;
  std::size_t next_items_ = first_chunk_items;
  std::int64_t items_ = 0;
};

class ImportHandler final : public jobs::Handler {
 public:
  explicit ImportHandler(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] jobs::KindOptions options() const override {
    // A mailbox of a million messages takes minutes; the position is stored all the way.
    return {.timeout = std::chrono::hours(12)};
  }

  Result<jobs::Outcome> run(jobs::Context& context) override {
    OMNICRM_ASSIGN(const BatchJob payload, from_json<BatchJob>(context.job().payload.text));
    auto outcome = Import(*parts_, context, payload.batch_id).run();
    if (!outcome) OMNICRM_TRY(fail_batch(*parts_, context, payload.batch_id, outcome.error()));
    return outcome;
  }

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace

std::shared_ptr<jobs::Handler> make_import_handler(std::shared_ptr<const Parts> parts) {
  return std::make_shared<ImportHandler>(std::move(parts));
}

}  // namespace omnicrm::sync
