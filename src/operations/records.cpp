// The JSON of the public records that are no part of the model, generated once for omnicrm/json.hpp.
#include <omnicrm/json.hpp>

#include "model/json_generate.hpp"
#include "operations/describe.hpp"

namespace omnicrm {

#define OMNICRM_RECORD(T)                 \
  template std::string to_json(const T&); \
  template Result<T> from_json(std::string_view);
OMNICRM_FOR_EACH_CALL_RECORD(OMNICRM_RECORD)
OMNICRM_RECORD(std::vector<PlanFile>)
#undef OMNICRM_RECORD

}  // namespace omnicrm
