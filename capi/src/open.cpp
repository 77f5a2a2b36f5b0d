// Opening: options from the struct, from JSON, and the host's parts.
#include <memory>
#include <omnicrm/options.hpp>
#include <optional>
#include <vector>

#include "fence.hpp"
#include "host_clock.hpp"
#include "host_log.hpp"
#include "host_normalizer.hpp"
#include "host_source.hpp"
#include "structs.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// A vtable of the host and what came with it.
template <class T>
struct Given {
  Result<T> functions;
  User user;
};

/// Everything that the host hands over with the options. Taken first of all, so that it is freed whatever
/// comes.
struct HostParts {
  User log;
  std::optional<Given<ocrm_clock>> clock;
  std::vector<Given<ocrm_source>> sources;
  std::vector<Given<ocrm_normalizer>> normalizers;
};

/// A struct whose size is wrong cannot be read: not even who would have to be freed.
template <class T>
Given<T> take(CrmState& crm, const T* given, const T& initial, std::string_view field) {
  auto read = read_struct(given, initial, field);
  if (!read) return {std::move(read), User(&crm, nullptr, nullptr)};
  return {read, User(&crm, read->user, read->user_free)};
}

/// Far more than anybody plugs in: a larger number is a wrong one.
constexpr std::size_t most_parts = 1'000;

/// Of an array whose number is wrong nothing is read.
Result<void> check_counts(const ocrm_options& options) {
  if (options.source_count > most_parts) return invalid("source_count", "must be at most 1000");
  if (options.normalizer_count > most_parts) return invalid("normalizer_count", "must be at most 1000");
  return {};
}

HostParts take_parts(CrmState& crm, const ocrm_options& options) {
  HostParts parts{User(&crm, options.log_user, options.log_user_free), {}, {}, {}};
  const auto given = [](const void* array, std::size_t count) {
    return array == nullptr || count > most_parts ? 0 : count;
  };
  const std::size_t sources = given(options.sources, options.source_count);
  const std::size_t normalizers = given(options.normalizers, options.normalizer_count);
  if (options.clock != nullptr)
    parts.clock.emplace(take(crm, options.clock, ocrm_clock OCRM_CLOCK_INIT, "clock"));
  // With the room made nothing can fail any more before everything is taken.
  parts.sources.reserve(sources);
  parts.normalizers.reserve(normalizers);
  for (std::size_t index = 0; index < sources; ++index) {
    parts.sources.push_back(take(crm, options.sources[index], ocrm_source OCRM_SOURCE_INIT, "sources"));
  }
  for (std::size_t index = 0; index < normalizers; ++index) {
    parts.normalizers.push_back(
        take(crm, options.normalizers[index], ocrm_normalizer OCRM_NORMALIZER_INIT, "normalizers"));
  }
  return parts;
}

Result<Options> basic_options(const ocrm_options& given) {
  OCRM_ASSIGN(const auto json, text_of(given.json, given.json_size, "json"));
  OCRM_ASSIGN(const auto path, text_of(given.path, given.path_size, "path"));
  OCRM_ASSIGN(Options options, options_from_json(json.empty() ? "{}" : json));
  if (given.path != nullptr) {
    if (path.empty()) return invalid("path", "must not be empty");
    if (path.find('\0') != std::string_view::npos) return invalid("path", "must not hold a NUL");
    options.path = path;
  }
  return options;
}

Result<void> add_sources(CrmState& crm, const ocrm_options& given, HostParts& parts, Options& options) {
  if (given.source_count > 0 && (given.sources == nullptr || given.source_names == nullptr))
    return invalid("sources", "and source_names must not be NULL when source_count is not 0");
  for (std::size_t index = 0; index < parts.sources.size(); ++index) {
    auto& source = parts.sources[index];
    OCRM_TRY(source.functions);
    OCRM_TRY(check_source(*source.functions));
    OCRM_ASSIGN(const auto name, text_of(given.source_names[index], OCRM_NUL, "source_names"));
    if (name.empty()) return invalid("source_names", "must not hold an empty name");
    if (options.sources.contains(std::string(name)))
      return failure(ErrorCode::already_exists, "source_names: '" + std::string(name) + "' comes twice");
    options.sources.emplace(
        name, make_source_factory(crm, std::string(name), *source.functions, std::move(source.user)));
  }
  return {};
}

Result<void> add_normalizers(CrmState& crm, const ocrm_options& given, HostParts& parts, Options& options) {
  if (given.normalizer_count > 0 && given.normalizers == nullptr)
    return invalid("normalizers", "must not be NULL when normalizer_count is not 0");
  for (auto& normalizer : parts.normalizers) {
    OCRM_TRY(normalizer.functions);
    const ocrm_normalizer& functions = *normalizer.functions;
    if (functions.normalize == nullptr) return invalid("normalizers", "normalize must not be NULL");
    OCRM_ASSIGN(const auto type,
                text_of(functions.content_type, functions.content_type_size, "content_type"));
    if (type.empty()) return invalid("content_type", "must not be empty");
    options.normalizers.push_back(
        make_host_normalizer(crm, std::string(type), functions, std::move(normalizer.user)));
  }
  return {};
}

Result<void> add_clock(CrmState& crm, HostParts& parts, Options& options) {
  if (!parts.clock) {
    options.clock = system_clock();
    return {};
  }
  OCRM_TRY(parts.clock->functions);
  if (parts.clock->functions->now == nullptr) return invalid("clock", "now must not be NULL");
  options.clock = make_host_clock(crm, *parts.clock->functions, std::move(parts.clock->user));
  return {};
}

Result<void> add_log(CrmState& crm, const ocrm_options& given, HostParts& parts, Options& options) {
  if (given.log_level < OCRM_LOG_DEBUG || given.log_level > OCRM_LOG_ERROR)
    return invalid("log_level", "must be one of OCRM_LOG_*");
  LogSink sink{given.log, given.log_level, std::move(parts.log)};
  options.logger = make_host_logger(crm, std::move(sink), std::move(options.logger));
  return {};
}

Result<void> open(const ocrm_options& given, ocrm** out) {
  const auto state = std::make_shared<CrmState>();
  HostParts parts = take_parts(*state, given);
  OCRM_TRY(check_counts(given));
  OCRM_TRY(check_out(out, "out"));
  OCRM_ASSIGN(Options options, basic_options(given));
  OCRM_TRY(add_log(*state, given, parts, options));
  OCRM_TRY(add_clock(*state, parts, options));
  OCRM_TRY(add_sources(*state, given, parts, options));
  OCRM_TRY(add_normalizers(*state, given, parts, options));
  options.jobs.on_progress = [crm = state.get()](const jobs::JobProgress& progress) {
    crm->progress_hub().tell(*crm, progress);
  };
  auto handle = std::make_unique<ocrm>(state);
  auto clock = options.clock;
  OCRM_ASSIGN(auto crm, Crm::open(std::move(options)));
  state->set(std::move(crm), std::move(clock));
  *out = handle.release();
  return {};
}

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_open(const ocrm_options* options, ocrm** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    const ocrm_options defaults = OCRM_OPTIONS_INIT;
    if (options == nullptr) return capi::open(defaults, out);
    OCRM_ASSIGN(const ocrm_options given, read_struct(options, defaults, "options"));
    return capi::open(given, out);
  });
}

int32_t ocrm_open_json(const char* json, size_t json_size, ocrm** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    ocrm_options given = OCRM_OPTIONS_INIT;
    given.json = json;
    given.json_size = json_size;
    return capi::open(given, out);
  });
}

int32_t ocrm_close(ocrm* crm, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_ASSIGN(const auto* handle, handle_of(crm, "crm"));
    const auto state = handle->state;  // freed meanwhile: it stays until this has ended
    return state->close();
  });
}

void ocrm_free(ocrm* crm) {
  guard(0, [&] {
    auto* handle = handle_or_null(crm);
    if (handle == nullptr) return 0;
    auto state = std::move(handle->state);
    delete handle;
    CrmState::let_go(std::move(state));
    return 0;
  });
}
