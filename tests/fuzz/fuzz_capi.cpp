// The C functions' JSON door: any operation name with any bytes as its request. Whatever comes in, the answer
// is a status that the header lists, with an answer or an error as it promises.
//
// An input is the operation's name (or, for ocrm_json_get, the pointer), a line end, and the request. Other
// doors are chosen by the first byte: 'O' options, 'T' a timeline's filter, 'S' a search, 'C' a contacts'
// filter, 'E' an error's details; the rest is their JSON. No operation begins with such a letter.
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

/// What a door that makes a handle promises.
template <class T, class Call>
T* check_handle(Call call) {
  T* out = untouched<T>();
  ocrm_error* error = untouched<ocrm_error>();
  const std::int32_t status = call(&out, &error);
  if (status == OCRM_OK) {
    require(error == untouched<ocrm_error>() && out != nullptr && out != untouched<T>());
    return out;
  }
  require(status > OCRM_OK && status < OCRM_INTERNAL);
  require(out == untouched<T>() && error != nullptr && error != untouched<ocrm_error>());
  require(ocrm_error_code(error) == status && is_json_object(ocrm_error_details(error)));
  ocrm_error_free(error);
  return nullptr;
}

/// Options, but never a file: an input that names another path is left out.
void open_with(std::string_view json) {
  ocrm_buffer* path = nullptr;
  if (ocrm_json_get(json.data(), json.size(), "/path", OCRM_NUL, &path, nullptr) != OCRM_OK) return;
  const bool in_memory = std::string_view(ocrm_buffer_data(path), ocrm_buffer_size(path)) == ":memory:";
  ocrm_buffer_free(path);
  // Of a member that comes twice one reader may take the first and another the last.
  if (!in_memory || json.find("path") != json.rfind("path") || json.find('\\') != json.npos) return;
  ocrm* crm = check_handle<ocrm>(
      [&](ocrm** out, ocrm_error** err) { return ocrm_open_json(json.data(), json.size(), out, err); });
  if (crm != nullptr) require(ocrm_close(crm, nullptr) == OCRM_OK);
  ocrm_free(crm);
}

/// Opens a list and takes one item.
template <class Open>
void list_with(Open open) {
  auto* list = check_handle<ocrm_iterator>(open);
  if (list == nullptr) return;
  const char* item = nullptr;
  std::size_t size = 0;
  ocrm_error* error = nullptr;
  const std::int32_t status = ocrm_iterator_next(list, &item, &size, &error);
  require(status >= OCRM_OK && status < OCRM_INTERNAL && (error == nullptr) == (status == OCRM_OK));
  if (item != nullptr) require(std::strlen(item) == size && is_json_object(item));
  ocrm_error_free(error);
  ocrm_iterator_free(list);
}

/// Details that are no JSON object are dropped, whatever they are.
void error_with(std::string_view details) {
  ocrm_error* error =
      ocrm_error_new(OCRM_CONFLICT, details.data(), details.size(), details.data(), details.size(), 1, 0);
  require(error != nullptr && ocrm_error_code(error) == OCRM_CONFLICT);
  require(is_json_object(ocrm_error_details(error)));
  ocrm_error_free(error);
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

/// Whether the first byte chose a door other than operations.
bool took_other_door(std::string_view text) {
  const char door = text.empty() ? '\0' : text.front();
  const std::string_view json = text.substr(std::min<std::size_t>(1, text.size()));
  const auto open = [&](auto function) {
    list_with([&](ocrm_iterator** out, ocrm_error** err) {
      return function(session(), json.data(), json.size(), 0, out, err);
    });
  };
  switch (door) {
    case 'O':
      open_with(json);
      return true;
    case 'T':
      open(ocrm_timeline_open);
      return true;
    case 'S':
      open(ocrm_search_open);
      return true;
    case 'C':
      open(ocrm_contacts_open);
      return true;
    case 'E':
      error_with(json);
      return true;
    default:
      return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(session());
  const std::int64_t before = ocrm_live_handles();
  const bool is_done = took_other_door(text);
  require(ocrm_live_handles() == before);
  if (is_done) return 0;
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
