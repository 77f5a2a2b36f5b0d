// The job `normalize_file`: raw events -> interactions, contacts, organizations, documents.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/errors.hpp"
#include "model/json.hpp"
#include "repository/raw_events.hpp"
#include "sync/batch_store.hpp"
#include "sync/job_payloads.hpp"
#include "sync/plugin_calls.hpp"
#include "sync/record_writer.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm::sync {
namespace {

using repository::StoredItem;

/// An item read outside of the transaction: everything that costs time and needs no storage.
struct ParsedItem {
  StoredItem stored;
  const Normalizer* normalizer = nullptr;
  /// For items that stand alone; a series is read inside the transaction, with the items of other batches.
  std::optional<Result<Normalized>> normalized;
  std::string_view series;
};

RawItem raw_item(const StoredItem& stored) {
  return {.source_id = stored.event.source_id,
          .content_type = stored.event.content_type,
          .payload = stored.payload,
          .origin = &stored.event.origin};
}

/// One run of the job.
class Normalization {
 public:
  Normalization(const Parts& parts, jobs::Context& context, NormalizeJob payload)
      : parts_(parts),
        context_(context),
        unit_(parts.environment, context.user(), "job"),
        payload_(std::move(payload)) {}

  Result<jobs::Outcome> run() {
    OMNICRM_TRY(load());
    if (batch_.state != BatchState::running) return jobs::Outcome::done();
    for (ParsedItem& item : items_) {
      if (context_.stop().stop_requested()) {
        return fail({.code = ErrorCode::cancelled, .message = "stopped", .details = {}, .retryable = true});
      }
      parse(item);
    }
    OMNICRM_TRY(unit_.write([&](storage::Connection& connection) { return write(connection); }));
    return jobs::Outcome::done();
  }

 private:
  Result<void> load() {
    return unit_.read([&](storage::Connection& connection) -> Result<void> {
      items_.clear();
      OMNICRM_ASSIGN(batch_, load_batch(connection, unit_.user(), payload_.batch_id));
      if (!batch_.plan_id) return failure(ErrorCode::failed_precondition, "the batch has no plan");
      OMNICRM_ASSIGN(plan_, load_plan(connection, unit_.user(), *batch_.plan_id));
      options_ = normalize_options(plan_, parts_.environment->clock->now());
      const repository::Unit bound = unit_.bound(connection, payload_.batch_id);
      repository::RawEvents raw_events(connection, bound);
      if (!payload_.from.is_nil()) {
        OMNICRM_ASSIGN(auto run, raw_events.pending(payload_.from, payload_.to));
        for (StoredItem& item : run)
          items_.push_back({.stored = std::move(item), .normalized = {}, .series = {}});
      }
      for (RawEventId id : payload_.changed) {
        const bool is_here =
            std::ranges::any_of(items_, [&](const ParsedItem& item) { return item.stored.event.id == id; });
        if (is_here) continue;
        OMNICRM_ASSIGN(auto item, raw_events.pending(id));
        if (item) items_.push_back({.stored = std::move(*item), .normalized = {}, .series = {}});
      }
      return {};
    });
  }

  void parse(ParsedItem& item) const {
    const RawEvent& event = item.stored.event;
    item.normalizer = parts_.normalizer(event.content_type);
    if (item.normalizer == nullptr) return;
    item.series =
        std::string_view(event.source_id).substr(0, item.normalizer->series_length(event.source_id));
    if (is_series(event)) return;
    const RawItem raw = raw_item(item.stored);
    item.normalized = normalize(*item.normalizer, std::span(&raw, 1), options_);
    std::string().swap(item.stored.payload);  // parsed: half of the memory of a batch
  }

  static bool is_series(const RawEvent& event) { return event.service == "calendar"; }

  Result<void> write(storage::Connection& connection) {
    const repository::Unit bound = unit_.bound(connection, payload_.batch_id);
    // Cancelled or undone meanwhile: these items are not to appear any more.
    OMNICRM_ASSIGN(const SyncBatch now, load_batch(connection, unit_.user(), payload_.batch_id));
    if (now.state != BatchState::running) return context_.complete_in(connection);
    RecordWriter writer(connection, bound, plan_);
    std::vector<RecordWriter::Planned> planned;
    planned.reserve(items_.size());
    for (const ParsedItem& item : items_) {
      const bool is_readable = item.normalized && item.normalized->has_value();
      planned.push_back({&item.stored.event, is_readable ? &**item.normalized : nullptr});
    }
    OMNICRM_TRY(writer.look_up(planned));
    std::set<std::string_view> series_done;
    for (const ParsedItem& item : items_) {
      OMNICRM_TRY(write_item(connection, bound, writer, item, series_done));
    }
    OMNICRM_TRY(writer.finish());
    BatchCounts counts = writer.counts();
    OMNICRM_TRY(add_counts(connection, unit_.user(), payload_.batch_id, counts));
    if (!items_.empty()) {
      OMNICRM_TRY(finish_if_complete(connection, bound, items_.front().stored.event.connection_id,
                                     payload_.batch_id));
    }
    return context_.complete_in(connection);
  }

  Result<void> write_item(storage::Connection& connection, const repository::Unit& bound,
                          RecordWriter& writer, const ParsedItem& item,
                          std::set<std::string_view>& series_done) {
    const RawEvent& event = item.stored.event;
    if (event.service != "mail") {
      // Newer bytes may have come since it was read, or with the same job: what brought them settles it.
      OMNICRM_ASSIGN(const bool waits, repository::RawEvents(connection, bound).is_pending(event));
      if (!waits) return {};
    }
    if (item.normalizer == nullptr) {
      return writer.settle(event, RawEventState::poison,
                           "no_reader: nothing here reads " + event.content_type, 0);
    }
    if (writer.is_suppressed(event))
      return writer.settle(event, RawEventState::skipped, "suppressed: deleted by the user", 0);
    if (!is_series(event)) {
      return writer.write(std::span(&event, 1), *item.normalized, *item.normalizer);
    }
    if (!series_done.insert(item.series).second) return {};
    return write_series(connection, bound, writer, item);
  }

  /// A recurring event and its exceptions, of this and of earlier batches, together.
  Result<void> write_series(storage::Connection& connection, const repository::Unit& bound,
                            RecordWriter& writer, const ParsedItem& item) {
    const RawEvent& first = item.stored.event;
    repository::RawEvents raw_events(connection, bound);
    OMNICRM_ASSIGN(auto stored, raw_events.series(first.connection_id, first.service, item.series));
    std::vector<RawItem> raw;
    std::vector<RawEvent> events;
    for (const StoredItem& member : stored) {
      const std::string_view source_id = member.event.source_id;
      if (source_id.substr(0, item.normalizer->series_length(source_id)) != item.series) continue;
      if (member.payload.empty()) continue;
      raw.push_back(raw_item(member));
      events.push_back(member.event);
    }
    std::set<RawEventId> own;
    for (const ParsedItem& other : items_) {
      if (is_series(other.stored.event) && other.series == item.series) own.insert(other.stored.event.id);
    }
    return writer.write_series(events, own, normalize(*item.normalizer, raw, options_), *item.normalizer,
                               item.series);
  }

  const Parts& parts_;
  jobs::Context& context_;
  repository::Unit unit_;
  NormalizeJob payload_;
  SyncBatch batch_;
  SyncPlan plan_;
  NormalizeOptions options_;
  std::vector<ParsedItem> items_;
};

class NormalizeHandler final : public jobs::Handler {
 public:
  explicit NormalizeHandler(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

  Result<jobs::Outcome> run(jobs::Context& context) override {
    OMNICRM_ASSIGN(NormalizeJob payload, from_json<NormalizeJob>(context.job().payload.text));
    const BatchId batch = payload.batch_id;
    auto outcome = Normalization(*parts_, context, std::move(payload)).run();
    if (!outcome) OMNICRM_TRY(fail_batch(*parts_, context, batch, outcome.error()));
    return outcome;
  }

 private:
  std::shared_ptr<const Parts> parts_;
};

}  // namespace

std::shared_ptr<jobs::Handler> make_normalize_handler(std::shared_ptr<const Parts> parts) {
  return std::make_shared<NormalizeHandler>(std::move(parts));
}

}  // namespace omnicrm::sync
