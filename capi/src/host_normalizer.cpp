#include "host_normalizer.hpp"

#include <iterator>
#include <omnicrm/json.hpp>
#include <utility>

#include "buffer.hpp"

namespace omnicrm::capi {
namespace {

ocrm_raw_item borrowed(const sync::RawItem& item) {
  static constexpr std::string_view none = "{}";
  const std::string_view origin = item.origin == nullptr ? none : std::string_view(item.origin->text);
  return {.struct_size = sizeof(ocrm_raw_item),
          .source_id = item.source_id.data(),
          .source_id_size = item.source_id.size(),
          .content_type = item.content_type.data(),
          .content_type_size = item.content_type.size(),
          .payload = item.payload.data(),
          .payload_size = item.payload.size(),
          .origin = origin.data(),
          .origin_size = origin.size()};
}

class HostNormalizer final : public sync::Normalizer {
 public:
  HostNormalizer(CrmState& crm, std::string content_type, const ocrm_normalizer& functions, User user)
      : crm_(crm), content_type_(std::move(content_type)), functions_(functions), user_(std::move(user)) {}

  [[nodiscard]] std::int64_t version() const noexcept override { return functions_.version; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return content_type_; }

  Result<sync::ItemFacts> facts(const sync::RawItem& item) const override {
    if (functions_.facts == nullptr) {
      OCRM_ASSIGN(auto made, normalize_one(item, to_json(sync::NormalizeOptions{})));
      return std::move(made.facts);
    }
    const ocrm_raw_item given = borrowed(item);
    ocrm_writer out;
    OCRM_TRY(call_host(crm_, FrameKind::plain, this,
                       [&](ocrm_error** err) { return functions_.facts(user_.get(), &given, &out, err); }));
    return from_json<sync::ItemFacts>(out.text.empty() ? "{}" : out.text);
  }

  Result<sync::Normalized> normalize(std::span<const sync::RawItem> series,
                                     const sync::NormalizeOptions& options) const override {
    const std::string options_json = to_json(options);
    sync::Normalized all;
    for (std::size_t index = 0; index < series.size(); ++index) {
      OCRM_ASSIGN(sync::Normalized made, normalize_one(series[index], options_json));
      for (auto& interaction : made.interactions) interaction.item = static_cast<std::int64_t>(index);
      for (auto& contact : made.contacts) contact.item = static_cast<std::int64_t>(index);
      if (index == 0) {
        all = std::move(made);
        continue;
      }
      std::move(made.interactions.begin(), made.interactions.end(), std::back_inserter(all.interactions));
      std::move(made.contacts.begin(), made.contacts.end(), std::back_inserter(all.contacts));
    }
    return all;
  }

 private:
  Result<sync::Normalized> normalize_one(const sync::RawItem& item, const std::string& options) const {
    const ocrm_raw_item given = borrowed(item);
    ocrm_writer out;
    OCRM_TRY(call_host(crm_, FrameKind::plain, this, [&](ocrm_error** err) {
      return functions_.normalize(user_.get(), &given, options.data(), options.size(), &out, err);
    }));
    return from_json<sync::Normalized>(out.text.empty() ? "{}" : out.text);
  }

  CrmState& crm_;
  const std::string content_type_;
  const ocrm_normalizer functions_;
  const User user_;
};

}  // namespace

std::shared_ptr<const sync::Normalizer> make_host_normalizer(CrmState& crm, std::string content_type,
                                                             const ocrm_normalizer& functions, User user) {
  return std::make_shared<const HostNormalizer>(crm, std::move(content_type), functions, std::move(user));
}

}  // namespace omnicrm::capi
