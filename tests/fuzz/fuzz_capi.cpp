// The C functions' JSON door: any operation name with any bytes as its request. Whatever comes in, the answer
// is a status that the header lists, with an answer or an error as it promises.
//
// An input is the operation's name, a line end, and the request.
#include <omnicrm.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json_object(const char* text) {
  ocrm_buffer* value = nullptr;
  if (ocrm_json_get(text, OCRM_NUL, "", 0, &value, nullptr) != OCRM_OK) return false;
  const bool is_object = ocrm_buffer_data(value)[0] == '{';
  ocrm_buffer_free(value);
  return is_object;
}

template <class T>
T* untouched() {
  return reinterpret_cast<T*>(std::uintptr_t{64});
}

/// Calls a function that gives a buffer, and checks what it promises of status, answer and error.
template <class Call>
void check(Call call, bool gives_object) {
  ocrm_buffer* out = untouched<ocrm_buffer>();
  ocrm_error* error = untouched<ocrm_error>();
  const std::int32_t status = call(&out, &error);
  if (status == OCRM_OK) {
    require(error == untouched<ocrm_error>() && out != nullptr && out != untouched<ocrm_buffer>());
    require(ocrm_buffer_data(out)[ocrm_buffer_size(out)] == '\0');
    if (gives_object) require(is_json_object(ocrm_buffer_data(out)));
    ocrm_buffer_free(out);
    return;
  }
  require(status > OCRM_OK && status < OCRM_INTERNAL);
  require(out == untouched<ocrm_buffer>() && error != nullptr && error != untouched<ocrm_error>());
  require(ocrm_error_code(error) == status && *ocrm_error_message(error) != '\0');
  require(is_json_object(ocrm_error_details(error)));
  ocrm_error_free(error);
}

struct Input {
  std::string_view operation;
  std::string_view json;
};

/// In a transaction that is rolled back: every input finds the same CRM.
std::int32_t call_inside(void* user, ocrm_session* inside, ocrm_error**) {
  const auto& [operation, json] = *static_cast<const Input*>(user);
  check(
      [&, operation = operation, json = json](ocrm_buffer** out, ocrm_error** err) {
        return ocrm_call(inside, operation.data(), operation.size(), json.data(), json.size(), out, err);
      },
      /*gives_object=*/true);
  return OCRM_CANCELLED;
}

ocrm_session* session() {
  static ocrm_session* const opened = [] {
    ocrm* crm = nullptr;
    ocrm_session* ada = nullptr;
    ocrm_buffer* answer = nullptr;
    require(ocrm_open_json(R"({"path":":memory:"})", OCRM_NUL, &crm, nullptr) == OCRM_OK);
    require(ocrm_session_open(crm, "ada", 3, nullptr, 0, &ada, nullptr) == OCRM_OK);
    for (const char* name : {"Bob", "Eve"}) {
      char json[64] = R"({"display_name":")";
      std::strcat(std::strcat(json, name), "\"}");
      require(ocrm_call(ada, "contacts.create", OCRM_NUL, json, OCRM_NUL, &answer, nullptr) == OCRM_OK);
      ocrm_buffer_free(answer);
    }
    return ada;
  }();
  return opened;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  Input input{text.substr(0, end), text.substr(std::min(end + 1, size))};
  check(
      [&](ocrm_buffer** out, ocrm_error** err) {
        return ocrm_json_get(input.json.data(), input.json.size(), input.operation.data(),
                             input.operation.size(), out, err);
      },
      /*gives_object=*/false);
  // A preview would read whatever files the input names.
  if (input.operation.substr(0, 12) == "sync.preview") return 0;
  ocrm_session* const ada = session();
  const std::int64_t handles = ocrm_live_handles();
  require(ocrm_session_transaction(ada, call_inside, &input, nullptr) == OCRM_CANCELLED);
  require(ocrm_live_handles() == handles);
  return 0;
}
