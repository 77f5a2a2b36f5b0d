// A whole database to another storage. No CRM is open meanwhile: the call has a state of its own for
// callbacks.
#include <omnicrm/copy.hpp>

#include <memory>
#include <optional>
#include <string>

#include "buffer.hpp"
#include "callback.hpp"
#include "fence.hpp"
#include "stop.hpp"
#include "text.hpp"

namespace omnicrm::capi {
namespace {

Result<Options> options_of(const char* json, std::size_t size, std::string_view field) {
  OCRM_ASSIGN(const auto text, text_of(json, size, field));
  if (text.empty()) return invalid(field, "must not be empty");
  return options_from_json(text).map_error([&](Error error) {
    error.message = std::string(field) + "." + error.message;
    return error;
  });
}

std::string_view name_of(CopyStage stage) {
  switch (stage) {
    case CopyStage::rows:
      return "rows";
    case CopyStage::text:
      return "text";
    case CopyStage::verify:
      return "verify";
  }
  return "rows";
}

std::string json_of(const CopyReport& report) {
  return "{\"rows\":" + std::to_string(report.rows) + ",\"tables\":" + std::to_string(report.tables) +
         ",\"resumed\":" + (report.resumed ? "true" : "false") +
         ",\"checksum\":" + json_text(report.checksum) + '}';
}

/// Hears of the copy; what it refuses ends it.
struct CopyListener {
  CrmState& frames;
  ocrm_progress_fn function;
  void* user;
  Stop& stop;
  std::optional<Error> refusal = {};

  void tell(const CopyProgress& at) {
    if (refusal) return;
    const std::string note = std::string(name_of(at.stage)) + " " + at.table;
    ocrm_progress told{};
    told.struct_size = sizeof(told);
    told.done = at.rows;
    told.total = at.total;
    told.items = at.rows;
    told.note = note.c_str();
    told.note_size = note.size();
    auto heard = call_host(frames, FrameKind::plain, this,
                           [&](ocrm_error** err) { return function(user, &told, err); });
    if (heard) return;
    refusal = std::move(heard).error();
    stop.request();
  }
};

}  // namespace
}  // namespace omnicrm::capi

using namespace omnicrm;
using namespace omnicrm::capi;

int32_t ocrm_copy_database(const char* from, size_t from_size, const char* to, size_t to_size,
                           int64_t rows_per_transaction, ocrm_progress_fn progress, void* user,
                           const ocrm_cancel* cancel, ocrm_buffer** report, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_TRY(check_out(report, "report"));
    OCRM_ASSIGN(const Options source, options_of(from, from_size, "from"));
    OCRM_ASSIGN(const Options target, options_of(to, to_size, "to"));
    OCRM_ASSIGN(auto asked, token_of(cancel));
    const auto frames = std::make_shared<CrmState>();
    Stop stop(*frames, std::move(asked));
    CopyListener listener{*frames, progress, user, stop};
    CopyOptions options{.stop = stop.token()};
    if (rows_per_transaction != 0) options.rows_per_transaction = rows_per_transaction;
    if (progress != nullptr) options.progress = [&](const CopyProgress& at) { listener.tell(at); };
    auto copied = copy_database(source, target, options);
    if (listener.refusal) return fail(std::move(*listener.refusal));
    OCRM_TRY(copied);
    return give(report, json_of(*copied));
  });
}
