#include "sync/preview.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "model/json.hpp"
#include "repository/raw_events.hpp"
#include "repository/suppressed_items.hpp"
#include "storage/query.hpp"
#include "storage/scratch.hpp"
#include "sync/contact_rules.hpp"
#include "sync/owner_addresses.hpp"
#include "sync/people_tally.hpp"
#include "sync/plugin_calls.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::size_t max_days = 366;
constexpr std::size_t max_labels = 100;
constexpr std::size_t max_samples = 20;
constexpr std::int64_t samples_per_file = 5;
/// Items looked up together. Their payloads are gone by then.
constexpr std::size_t chunk_items = 256;
/// Items a second that an import reaches on two cores (bench import_mail), for the estimate alone.
constexpr double items_per_second = 4'000;
constexpr double bytes_per_second = 25e6;

using Counts = std::map<std::string, std::int64_t>;

std::string day_of(Timestamp at) {
  return to_string_date(std::chrono::floor<std::chrono::days>(at));
}

std::vector<CountEntry> largest(const Counts& counts, std::size_t limit) {
  std::vector<CountEntry> entries;
  for (const auto& [name, count] : counts) entries.push_back({name, count});
  std::ranges::stable_sort(entries, std::ranges::greater{}, &CountEntry::count);
  if (entries.size() > limit) entries.resize(limit);
  return entries;
}

/// The last entries of a map that is sorted by day, newest first.
std::vector<CountEntry> newest(const Counts& counts, std::size_t limit) {
  std::vector<CountEntry> entries;
  for (auto day = counts.rbegin(); day != counts.rend() && entries.size() < limit; ++day) {
    entries.push_back({day->first, day->second});
  }
  return entries;
}

std::string who_of(const ItemFacts& facts) {
  for (const Participant& person : facts.participants) {
    if (person.role == ParticipantRole::from || person.role == ParticipantRole::organizer ||
        person.role == ParticipantRole::about) {
      return person.name.empty() ? person.address : person.name;
    }
  }
  return {};
}

InteractionKind kind_of(std::string_view service) {
  if (service == "calendar") return InteractionKind::meeting;
  return service == "mail" ? InteractionKind::email : InteractionKind::note;
}

class Preview {
 public:
  Preview(const Parts& parts, const repository::Unit& unit, const SyncSource& wanted,
          const std::function<void(const PreviewProgress&)>& progress, std::stop_token stop)
      : parts_(parts), unit_(unit), progress_(progress), stop_(std::move(stop)) {
    plan_.source = wanted;
  }

  Result<SyncPlan> run() {
    OMNICRM_TRY(prepare());
    for (PlanFile& file : plan_.summary.files) {
      if (file.format != "ignored") OMNICRM_TRY(read(file));
    }
    OMNICRM_TRY(conclude());
    return std::move(plan_);
  }

 private:
  Result<void> prepare() {
    OMNICRM_TRY(absolute_paths());
    OMNICRM_ASSIGN(source_, parts_.open(plan_.source));
    OMNICRM_ASSIGN(plan_.summary.files, source_->inventory(stop_));
    OMNICRM_ASSIGN(plan_.summary.owner_addresses,
                   owner_addresses(parts_, unit_, plan_.source, *source_, plan_.summary.files, stop_));
    owner_ = Owner(plan_.summary.owner_addresses);
    OMNICRM_ASSIGN(scratch_, storage::Scratch::open());
    OMNICRM_ASSIGN(people_, PeopleTally::open(scratch_->connection()));
    OMNICRM_TRY(
        scratch_->connection().execute("CREATE TABLE seen (service TEXT NOT NULL, source_id TEXT NOT NULL, "
                                       "PRIMARY KEY (service, source_id)) "
                                       "WITHOUT ROWID"));
    for (const PlanFile& file : plan_.summary.files) report_.total_bytes += file.bytes;
    return {};
  }

  Result<void> absolute_paths() {
    for (std::string& path : plan_.source.paths) {
      if (path.empty()) return invalid("paths", "holds an empty path");
      std::error_code code;
      const auto absolute = std::filesystem::absolute(path, code);
      if (code) return system_failure(code.value(), "resolve", path);
      path = absolute.lexically_normal().string();
    }
    return {};
  }

  /// An item without its payload: what it says was read from it.
  struct Read {
    SourceItem item;
    std::optional<Result<ItemFacts>> facts;  ///< absent for an item that is not read
    std::string content_hash = {};           ///< of an item that may change
    bool known = false;
    bool suppressed = false;  ///< the user deleted what it made
  };

  Result<void> read(PlanFile& file) {
    OMNICRM_ASSIGN(auto reader, source_->read(file, ""));
    report_.path = file.path;
    bool more = true;
    while (more) {
      if (stop_.stop_requested()) return failure(ErrorCode::cancelled, "the preview was stopped");
      OMNICRM_ASSIGN(more, read_chunk(*reader));
      OMNICRM_TRY(look_up_known());
      for (Read& read : chunk_) {
        ++file.items;
        ++report_.items;
        report_.bytes += read.item.size;
        OMNICRM_TRY(take(read, file));
      }
      if (progress_) progress_(report_);
    }
    return {};
  }

  /// False at the end of the scope.
  Result<bool> read_chunk(SourceReader& reader) {
    chunk_.clear();
    while (chunk_.size() < chunk_items && !stop_.stop_requested()) {
      Read read;
      OMNICRM_ASSIGN(const bool found, next_item(reader, read.item));
      if (!found) return false;
      const Normalizer* normalizer = parts_.normalizer(read.item.content_type);
      if (read.item.state == RawEventState::pending && normalizer != nullptr) {
        read.facts = facts_of(
            *normalizer, {read.item.source_id, read.item.content_type, read.item.payload, &read.item.origin});
      }
      if (read.item.service != "mail") read.content_hash = sha256_hex(read.item.payload);
      std::string().swap(read.item.payload);
      chunk_.push_back(std::move(read));
    }
    return true;
  }

  /// Here already, or earlier in the same source.
  Result<void> look_up_known() {
    for (Read& read : chunk_) {
      OMNICRM_ASSIGN(const std::int64_t added,
                     storage::execute(scratch_->connection(),
                                      "INSERT OR IGNORE INTO seen (service, source_id) VALUES (?, ?)",
                                      read.item.service, read.item.source_id));
      read.known = added == 0;
    }
    std::map<std::string, std::vector<std::string>> names;  // source ids by service
    std::vector<std::string> items;
    for (const Read& read : chunk_) {
      if (read.known) continue;
      names[read.item.service].push_back(read.item.source_id);
      items.push_back(repository::item_name(read.item.service, read.item.source_id));
    }
    if (names.empty()) return {};
    OMNICRM_ASSIGN(const Stored stored, unit_.read([&](storage::Connection& connection) {
      return look_up_stored(connection, names, items);
    }));
    for (Read& read : chunk_) {
      if (!read.known) compare(stored, read);
    }
    return {};
  }

  /// What the storage knows of the items of a chunk.
  struct Stored {
    std::map<std::string, std::map<std::string, RawEvent, std::less<>>> events;  ///< by service, by source id
    std::set<RawEventId> abandoned;
    std::set<std::string, std::less<>> suppressed;
  };

  Result<Stored> look_up_stored(storage::Connection& connection,
                                const std::map<std::string, std::vector<std::string>>& names,
                                const std::vector<std::string>& items) {
    Stored stored;
    repository::RawEvents raw_events(connection, unit_);
    for (const auto& [service, source_ids] : names) {
      OMNICRM_ASSIGN(stored.events[service], raw_events.find(source_->connection(), service, source_ids));
      for (const auto& [source_id, event] : stored.events[service]) {
        OMNICRM_ASSIGN(const bool abandoned, raw_events.is_abandoned(event));
        if (abandoned) stored.abandoned.insert(event.id);
      }
    }
    OMNICRM_ASSIGN(stored.suppressed, repository::suppressed_items(connection, unit_.user(), items));
    return stored;
  }

  static void compare(const Stored& stored, Read& read) {
    read.suppressed =
        stored.suppressed.contains(repository::item_name(read.item.service, read.item.source_id));
    const auto& events = stored.events.at(read.item.service);
    const auto known = events.find(read.item.source_id);
    if (known == events.end()) return;
    RawEvent event;
    event.service = read.item.service;
    event.state = read.item.state;
    event.origin = read.item.origin;
    event.content_hash = read.content_hash;
    read.known =
        !stored.abandoned.contains(known->second.id) && !repository::takes_place(event, known->second);
  }

  Result<void> take(const Read& read, const PlanFile& file) {
    const SourceItem& item = read.item;
    PlanSummary& summary = plan_.summary;
    ++summary.items;
    summary.bytes += item.size;
    count_service(item.service);
    if (read.known) {
      ++summary.known_items;
      add_sample(item, read.facts && *read.facts ? **read.facts : ItemFacts{}, file, "known");
      return {};
    }
    if (item.state != RawEventState::pending) {
      ++skipped_[item.reason.substr(0, item.reason.find(':'))];
      add_sample(item, {}, file, item.reason);
      return {};
    }
    if (read.suppressed) {
      ++skipped_["suppressed"];
      add_sample(item, {}, file, "suppressed: deleted by the user");
      return {};
    }
    if (!read.facts) {
      ++skipped_["no_reader"];
      return {};
    }
    if (!*read.facts) {
      ++skipped_["unreadable"];
      add_sample(item, {}, file, "unreadable: " + read.facts->error().message);
      return {};
    }
    if (const std::string& reason = (*read.facts)->left_out; !reason.empty()) {
      ++skipped_[reason.substr(0, reason.find(':'))];
      add_sample(item, **read.facts, file, reason);
      return {};
    }
    return weigh(item, **read.facts, file);
  }

  void count_service(std::string_view service) {
    PlanSummary& summary = plan_.summary;
    if (service == "mail") ++summary.messages;
    if (service == "calendar") ++summary.events;
    if (service == "contacts") ++summary.cards;
    if (service == "table") ++summary.rows;
  }

  Result<void> weigh(const SourceItem& item, const ItemFacts& facts, const PlanFile& file) {
    PlanSummary& summary = plan_.summary;
    if (facts.at) {
      ++days_[day_of(*facts.at)];
      if (!summary.first_at || *facts.at < *summary.first_at) summary.first_at = facts.at;
      if (!summary.last_at || *facts.at > *summary.last_at) summary.last_at = facts.at;
    }
    count_labels(facts, file);
    const auto people = decide(facts, kind_of(item.service), owner_, plan_.source.contact_policy);
    if (facts.is_card) {
      if (!people.empty() && !makes_contact(people.front().rule))
        ++skipped_[std::string(to_string(people.front().rule))];
      OMNICRM_TRY(people_->add_card(people));
    } else {
      for (const PersonDecision& person : people) OMNICRM_TRY(people_->add(person));
    }
    add_sample(item, facts, file, "import");
    return {};
  }

  void count_labels(const ItemFacts& facts, const PlanFile& file) {
    for (const std::string& label : facts.labels) ++labels_[label];
    if (facts.labels.empty()) ++labels_[std::filesystem::path(file.path).filename().string()];
    // A source with endless labels does not take endless memory: the rarest go.
    if (labels_.size() > 100 * max_labels) {
      Counts kept;
      for (const CountEntry& entry : largest(labels_, 50 * max_labels)) kept[entry.name] = entry.count;
      labels_ = std::move(kept);
    }
    while (days_.size() > 10 * max_days) days_.erase(days_.begin());
  }

  void add_sample(const SourceItem& item, const ItemFacts& facts, const PlanFile& file, std::string outcome) {
    if (file.items > samples_per_file || plan_.summary.samples.size() >= max_samples) return;
    plan_.summary.samples.push_back({.service = item.service,
                                     .title = facts.title.empty() ? item.source_id : facts.title,
                                     .who = who_of(facts),
                                     .at = facts.at,
                                     .outcome = std::move(outcome)});
  }

  Result<void> conclude() {
    PlanSummary& summary = plan_.summary;
    summary.per_day = newest(days_, max_days);
    summary.per_label = largest(labels_, max_labels);
    summary.skipped_items = largest(skipped_, max_labels);
    summary.estimated_seconds =
        std::max(static_cast<double>(summary.items - summary.known_items) / items_per_second,
                 static_cast<double>(summary.bytes) / bytes_per_second);
    OMNICRM_TRY(people_->match(unit_));
    return people_->summarize(summary);
  }

  const Parts& parts_;
  const repository::Unit& unit_;
  const std::function<void(const PreviewProgress&)>& progress_;
  std::stop_token stop_;
  SyncPlan plan_;
  std::unique_ptr<Source> source_;
  Owner owner_;
  std::unique_ptr<storage::Scratch> scratch_;
  std::optional<PeopleTally> people_;
  PreviewProgress report_;
  std::vector<Read> chunk_;
  Counts days_, labels_, skipped_;
};

}  // namespace

Result<SyncPlan> make_plan(const Parts& parts, const repository::Unit& unit, const SyncSource& source,
                           const std::function<void(const PreviewProgress&)>& progress,
                           std::stop_token stop) {
  return Preview(parts, unit, source, progress, std::move(stop)).run();
}

}  // namespace omnicrm::sync
