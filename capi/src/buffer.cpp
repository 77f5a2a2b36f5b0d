#include "buffer.hpp"

#include "fence.hpp"
#include "text.hpp"

using namespace omnicrm;
using namespace omnicrm::capi;

const char* ocrm_buffer_data(const ocrm_buffer* buffer) {
  return guard("", [&] {
    const auto* found = handle_or_null(buffer);
    return found == nullptr ? "" : found->text.c_str();
  });
}

size_t ocrm_buffer_size(const ocrm_buffer* buffer) {
  return guard(std::size_t{0}, [&] {
    const auto* found = handle_or_null(buffer);
    return found == nullptr ? std::size_t{0} : found->text.size();
  });
}

void ocrm_buffer_free(ocrm_buffer* buffer) {
  guard(0, [&] {
    delete handle_or_null(buffer);
    return 0;
  });
}

int32_t ocrm_writer_write(ocrm_writer* writer, const char* text, size_t size) {
  return fence(nullptr, [&]() -> Result<void> {
    OCRM_ASSIGN(auto* out, handle_of(writer, "writer"));
    OCRM_ASSIGN(const auto bytes, bytes_of(text, size, "text"));
    out->text.append(bytes);
    return {};
  });
}

int32_t ocrm_json_get(const char* json, size_t json_size, const char* pointer, size_t pointer_size,
                      ocrm_buffer** out, ocrm_error** err) {
  return fence(err, [&]() -> Result<void> {
    OCRM_TRY(check_out(out, "out"));
    OCRM_ASSIGN(const auto where, text_of(pointer, pointer_size, "pointer"));
    OCRM_ASSIGN(const auto text, bytes_of(json, json_size, "json"));
    OCRM_ASSIGN(std::string value, json_value(text, where));
    return give(out, std::move(value));
  });
}
