// The generated JSON code of the model's records, compiled once.
#include "model/json.hpp"

#include "model/describe.hpp"
#include "model/json_generate.hpp"

namespace omnicrm {

#define OMNICRM_RECORD(T)                              \
  template void write_json<T>(std::string&, const T&); \
  template std::string to_json<T>(const T&);           \
  template Result<T> from_json<T>(std::string_view);   \
  template void write_schema<T>(std::string&);         \
  template std::string json_schema<T>();
OMNICRM_FOR_EACH_RECORD(OMNICRM_RECORD)
#undef OMNICRM_RECORD

}  // namespace omnicrm
