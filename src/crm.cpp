// The one place that wires the rooms together.
#include <omnicrm/crm.hpp>

#include <exception>
#include <new>
#include <omnicrm/providers/files.hpp>

#include "copy/begin.hpp"
#include "core/errors.hpp"
#include "core/id_generator.hpp"
#include "jobs/jobs_admin.hpp"
#include "jobs/runner.hpp"
#include "jobs/running_job.hpp"
#include "jobs/wakeup.hpp"
#include "observe/context_logger.hpp"
#include "open_storage.hpp"
#include "operations/registry.hpp"
#include "repository/unit.hpp"
#include "run_batch.hpp"
#include "session/session_impl.hpp"
#include "storage_metrics.hpp"
#include "sync/parts.hpp"
#include "sync/sync_jobs.hpp"

namespace omnicrm {
namespace {

using repository::Environment;

class StorageAdmin final : public Admin {
 public:
  explicit StorageAdmin(const SessionParts& parts)
      : storage_(parts.environment->storage),
        jobs_(jobs::make_jobs_admin(storage_, parts.environment->clock, parts.wakeup)) {}

  Result<void> backup(const std::string& path) override { return storage_->backup(path); }
  Result<std::vector<std::string>> check() override { return storage_->check(); }
  Result<std::int64_t> schema_version() override { return storage_->schema_version(); }
  jobs::JobsAdmin& jobs() noexcept override { return *jobs_; }

 private:
  std::shared_ptr<storage::Storage> storage_;
  std::unique_ptr<jobs::JobsAdmin> jobs_;
};

/// For a host that migrates by itself.
Result<void> check_schema(storage::Storage& storage) {
  OMNICRM_ASSIGN(const std::int64_t version, storage.schema_version());
  const std::int64_t expected = latest_schema(storage.dialect());
  if (version == expected) return {};
  return failure(ErrorCode::failed_precondition,
                 "the database has schema version " + std::to_string(version) + ", this library needs " +
                     std::to_string(expected) + (version < expected ? "; open it with migration" : ""));
}

Result<std::shared_ptr<const Environment>> open_environment(const Options& options) {
  auto environment = std::make_shared<Environment>();
  environment->clock = options.clock ? options.clock : system_clock();
  environment->random = options.random ? options.random : system_random();
  environment->logger = observe::context_logger(options.logger ? options.logger : observe::silent_logger());
  environment->ids = std::make_shared<IdGenerator>(environment->clock, environment->random);
  OMNICRM_ASSIGN(environment->storage, open_storage(options));
  OMNICRM_TRY(options.migrate ? environment->storage->migrate() : check_schema(*environment->storage));
  OMNICRM_TRY(copy::check_finished(*environment->storage));
  return environment;
}

Result<std::shared_ptr<const sync::Parts>> sync_parts(std::shared_ptr<const Environment> environment,
                                                      const Options& options) {
  auto parts = std::make_shared<sync::Parts>();
  parts->environment = std::move(environment);
  parts->sources.emplace("files", files::files_source);
  for (const auto& [provider, factory] : options.sources) {
    if (provider.empty() || !factory) return invalid("sources", "has an entry without a name or a factory");
    if (!parts->sources.emplace(provider, factory).second) {
      return failure(ErrorCode::already_exists, "sources: '" + provider + "' is the library's own");
    }
  }
  for (const auto& normalizer : options.normalizers) {
    if (!normalizer) return invalid("normalizers", "holds a null");
    parts->normalizers.push_back(normalizer);
  }
  for (auto& normalizer : files::file_normalizers()) parts->normalizers.push_back(std::move(normalizer));
  return std::shared_ptr<const sync::Parts>(std::move(parts));
}

Result<void> register_handlers(jobs::Runner& runner, const std::shared_ptr<const sync::Parts>& parts) {
  OMNICRM_TRY(runner.register_handler(std::string(sync::import_kind), sync::make_import_handler(parts)));
  OMNICRM_TRY(
      runner.register_handler(std::string(sync::normalize_kind), sync::make_normalize_handler(parts)));
  return runner.register_handler(std::string(sync::undo_kind), sync::make_undo_handler(parts));
}

class WiredCrm final : public Crm {
 public:
  WiredCrm(std::shared_ptr<const SessionParts> parts, std::unique_ptr<jobs::Runner> runner,
           std::shared_ptr<observe::Metrics> metrics)
      : parts_(std::move(parts)),
        runner_(std::move(runner)),
        admin_(*parts_),
        metrics_(std::move(metrics)),
        storage_metrics_(*metrics_, parts_->environment->storage) {}

  Session session(UserId user, std::string_view actor) override {
    return Session(std::make_unique<Session::Impl>(parts_, user, actor));
  }
  Result<Session> session(std::string_view user_name, std::string_view actor) override {
    OMNICRM_ASSIGN(const UserId user, user_id(user_name));
    return session(user, actor);
  }
  Result<SyncBatch> run_batch(Session& session, BatchId batch,
                              const std::function<void(const BatchProgress&)>& progress,
                              std::stop_token stop) override {
    OMNICRM_TRY(jobs::RunningJob::check_outside(parts_->environment->storage.get()));
    return omnicrm::run_batch(*runner_, session, batch, progress, std::move(stop));
  }
  jobs::Runner& jobs() noexcept override { return *runner_; }
  Admin& admin() noexcept override { return admin_; }
  std::string metrics_text() override {
    if (metrics_->is_on()) storage_metrics_.refresh();
    return metrics_->text();
  }

 private:
  std::shared_ptr<const SessionParts> parts_;
  std::unique_ptr<jobs::Runner> runner_;
  StorageAdmin admin_;
  std::shared_ptr<observe::Metrics> metrics_;
  StorageMetrics storage_metrics_;
};

Result<std::unique_ptr<Crm>> wire(const Options& options) {
  OMNICRM_ASSIGN(std::shared_ptr<const Environment> environment, open_environment(options));
  OMNICRM_ASSIGN(const std::shared_ptr<const sync::Parts> sync, sync_parts(environment, options));
  const auto wakeup = std::make_shared<jobs::Wakeup>();
  const auto metrics = options.metrics ? options.metrics : observe::no_metrics();
  auto runner = jobs::make_runner({.storage = environment->storage,
                                   .clock = environment->clock,
                                   .ids = environment->ids,
                                   .random = environment->random,
                                   .logger = environment->logger,
                                   .wakeup = wakeup,
                                   .metrics = metrics,
                                   .tracer = options.tracer},
                                  options.jobs);
  OMNICRM_TRY(register_handlers(*runner, sync));
  auto parts = std::make_shared<SessionParts>(SessionParts{.environment = environment,
                                                           .sync = sync,
                                                           .wakeup = wakeup,
                                                           .dispatch = operations::dispatch,
                                                           .tracer = options.tracer,
                                                           .span_name = operations::span_name});
  return std::make_unique<WiredCrm>(std::move(parts), std::move(runner), metrics);
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): a temporary made of designated initializers, most
// often
Result<std::unique_ptr<Crm>> Crm::open(Options options) {
  try {
    return wire(options);
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::resource_exhausted, "out of memory");
  } catch (const std::exception& thrown) {
    return failure(ErrorCode::internal, thrown.what());
  }
}

std::string operations_schema() {
  return operations::schema();
}

std::string_view version() noexcept {
  return OMNICRM_VERSION;
}

}  // namespace omnicrm
