#include "fence.hpp"

#ifdef OMNICRM_C_TEST_HOOK

namespace omnicrm::capi {

FenceHook fence_hook = nullptr;

}  // namespace omnicrm::capi

#endif
