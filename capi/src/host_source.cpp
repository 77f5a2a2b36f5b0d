#include "host_source.hpp"

#include <memory>
#include <omnicrm/json.hpp>
#include <utility>

#include "buffer.hpp"
#include "stop.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

/// What every source of a provider uses.
struct Provider {
  CrmState& crm;
  const std::string name;
  const ocrm_source functions;
  User user;
};

/// Items of the same account, read by whatever plan, belong to one connection: always the same one.
ConnectionId connection_of(std::string_view provider, std::string_view account) {
  // A name space of our own: the version-5 UUID of "omnicrm.h/source" under the nil UUID.
  static const Uuid name_space = Uuid::from_name(Uuid{}, "omnicrm.h/source");
  return ConnectionId{Uuid::from_name(name_space, std::string(provider) + '\n' + std::string(account))};
}

class HostReader final : public sync::SourceReader {
 public:
  HostReader(std::shared_ptr<const Provider> provider, void* reader, std::int64_t max_item_bytes)
      : provider_(std::move(provider)), reader_(reader), max_item_bytes_(max_item_bytes) {}
  ~HostReader() override {
    call_quietly(provider_->crm, FrameKind::plain, this,
                 [this] { provider_->functions.reader_close(reader_); });
  }

  Result<bool> next(sync::SourceItem& item) override {
    ocrm_source_item filled = OCRM_SOURCE_ITEM_INIT;
    int32_t found = 0;
    OCRM_TRY(call_host(provider_->crm, FrameKind::plain, this, [&](ocrm_error** err) {
      return provider_->functions.next(reader_, &filled, &found, err);
    }));
    if (found == 0) return false;
    OCRM_TRY(take(filled, item));
    return true;
  }

 private:
  static Result<RawEventState> state_of(int32_t state) {
    switch (state) {
      case OCRM_ITEM_PENDING:
        return RawEventState::pending;
      case OCRM_ITEM_SKIPPED:
        return RawEventState::skipped;
      case OCRM_ITEM_POISON:
        return RawEventState::poison;
      default:
        return invalid("state", "must be one of OCRM_ITEM_*");
    }
  }

  Result<void> take(const ocrm_source_item& filled, sync::SourceItem& item) const {
    item = {};
    OCRM_ASSIGN(item.service, text_of(filled.service, filled.service_size, "service"));
    OCRM_ASSIGN(item.source_id, text_of(filled.source_id, filled.source_id_size, "source_id"));
    OCRM_ASSIGN(item.content_type, text_of(filled.content_type, filled.content_type_size, "content_type"));
    OCRM_ASSIGN(item.next, text_of(filled.next, filled.next_size, "next"));
    if (item.service.empty()) return invalid("service", "must not be empty");
    if (item.source_id.empty()) return invalid("source_id", "must not be empty");
    OCRM_ASSIGN(const auto origin, text_of(filled.origin, filled.origin_size, "origin"));
    if (!origin.empty()) {
      if (!is_json_object(origin)) return invalid("origin", "must be a JSON object");
      item.origin.text = origin;
    }
    OCRM_ASSIGN(item.reason, text_of(filled.reason, filled.reason_size, "reason"));
    OCRM_ASSIGN(item.state, state_of(filled.state));
    if (item.state != RawEventState::pending && item.reason.empty())
      return invalid("reason", "must say why the item is left out");
    OCRM_ASSIGN(const auto payload, bytes_of(filled.payload, filled.payload_size, "payload"));
    item.size = static_cast<std::int64_t>(payload.size());
    if (item.state != RawEventState::pending) return {};
    if (item.size > max_item_bytes_) {
      item.state = RawEventState::skipped;
      item.reason =
          "too_large: " + std::to_string(item.size) + " bytes, the cap is " + std::to_string(max_item_bytes_);
    } else {
      item.payload = payload;
    }
    return {};
  }

  const std::shared_ptr<const Provider> provider_;
  void* const reader_;
  const std::int64_t max_item_bytes_;
};

class HostSource final : public sync::Source {
 public:
  HostSource(std::shared_ptr<const Provider> provider, void* source, std::int64_t max_item_bytes)
      : provider_(std::move(provider)), source_(source), max_item_bytes_(max_item_bytes) {}
  ~HostSource() override {
    call_quietly(provider_->crm, FrameKind::plain, this, [this] { provider_->functions.close(source_); });
  }

  Result<void> find_account() {
    ocrm_writer account;
    if (provider_->functions.account != nullptr) {
      OCRM_TRY(call([&](ocrm_error** err) { return provider_->functions.account(source_, &account, err); }));
    }
    connection_ = connection_of(provider_->name, account.text);
    return {};
  }

  [[nodiscard]] ConnectionId connection() const override { return connection_; }

  Result<std::vector<PlanFile>> inventory(std::stop_token stop) override {
    const ocrm_cancel cancel(std::move(stop));
    ocrm_writer out;
    OCRM_TRY(
        call([&](ocrm_error** err) { return provider_->functions.inventory(source_, &cancel, &out, err); }));
    auto scopes = from_json<std::vector<PlanFile>>(out.text);
    if (!scopes) scopes.error().message = provider_->name + ": inventory: " + scopes.error().message;
    return scopes;
  }

  Result<std::unique_ptr<sync::SourceReader>> read(const PlanFile& scope,
                                                   std::string_view position) override {
    const std::string json = to_json(scope);
    void* reader = nullptr;
    OCRM_TRY(call([&](ocrm_error** err) {
      return provider_->functions.read(source_, json.data(), json.size(), position.data(), position.size(),
                                       &reader, err);
    }));
    return std::unique_ptr<sync::SourceReader>(
        std::make_unique<HostReader>(provider_, reader, max_item_bytes_));
  }

 private:
  template <class Function>
  Result<void> call(Function&& function) {
    return call_host(provider_->crm, FrameKind::plain, this, std::forward<Function>(function));
  }

  const std::shared_ptr<const Provider> provider_;
  void* const source_;
  const std::int64_t max_item_bytes_;
  ConnectionId connection_;
};

Result<std::unique_ptr<sync::Source>> open_source(const std::shared_ptr<const Provider>& provider,
                                                  const SyncSource& wanted) {
  const std::string json = to_json(wanted);
  void* source = nullptr;
  OCRM_TRY(call_host(provider->crm, FrameKind::plain, provider.get(), [&](ocrm_error** err) {
    return provider->functions.open(provider->user.get(), json.data(), json.size(), &source, err);
  }));
  auto opened = std::make_unique<HostSource>(provider, source, wanted.max_item_bytes);
  OCRM_TRY(opened->find_account());
  return opened;
}

}  // namespace

Result<void> check_source(const ocrm_source& source) {
  if (source.open == nullptr || source.close == nullptr || source.inventory == nullptr ||
      source.read == nullptr || source.next == nullptr || source.reader_close == nullptr)
    return invalid("sources", "open, close, inventory, read, next and reader_close must not be NULL");
  return {};
}

sync::SourceFactory make_source_factory(CrmState& crm, std::string name, const ocrm_source& source,
                                        User user) {
  auto provider = std::make_shared<const Provider>(Provider{crm, std::move(name), source, std::move(user)});
  return [provider](const SyncSource& wanted) { return open_source(provider, wanted); };
}

}  // namespace omnicrm::capi
