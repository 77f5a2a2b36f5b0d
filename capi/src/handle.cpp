#include "handle.hpp"

#include <atomic>
#include <string>

#ifndef NDEBUG
#include <pthread.h>

#include <array>
#include <mutex>
#include <unordered_map>
#endif

namespace omnicrm::capi {
namespace {

constinit std::atomic<std::int64_t> live{0};

#ifndef NDEBUG

/// All live handles. Its locks are innermost (nothing is called under them) and held by whoever forks, so a
/// child finds them free.
class Registry {
 public:
  static Registry& instance() {
    static Registry* const registry = new Registry;  // never destroyed: handles may be freed at exit
    return *registry;
  }

  void add(const Handle* handle, HandleType type) {
    Part& part = part_of(handle);
    const std::lock_guard lock(part.mutex);
    part.handles[handle] = type;
  }
  void remove(const Handle* handle) {
    Part& part = part_of(handle);
    const std::lock_guard lock(part.mutex);
    part.handles.erase(handle);
  }
  HandleType type(const Handle* handle) {
    Part& part = part_of(handle);
    const std::lock_guard lock(part.mutex);
    const auto found = part.handles.find(handle);
    return found == part.handles.end() ? HandleType::none : found->second;
  }

 private:
  struct Part {
    std::mutex mutex;
    std::unordered_map<const Handle*, HandleType> handles;
  };

  Registry() {
    pthread_atfork([] { instance().lock_all(); }, [] { instance().unlock_all(); },
                   [] { instance().unlock_all(); });
  }
  void lock_all() {
    for (Part& part : parts_) part.mutex.lock();
  }
  void unlock_all() {
    for (Part& part : parts_) part.mutex.unlock();
  }
  Part& part_of(const Handle* handle) {
    return parts_[(reinterpret_cast<std::uintptr_t>(handle) >> 5) % parts_.size()];
  }

  std::array<Part, 16> parts_;
};

#endif

}  // namespace

Handle::Handle(HandleType type, bool owned) : type_(type), owned_(owned) {
#ifndef NDEBUG
  Registry::instance().add(this, type);
#endif
  if (owned_) live.fetch_add(1, std::memory_order_relaxed);
}

Handle::~Handle() {
#ifndef NDEBUG
  Registry::instance().remove(this);
#endif
  // Written although nobody may read it: that is the point.
  *static_cast<volatile HandleType*>(&type_) = HandleType::none;
  if (owned_) live.fetch_sub(1, std::memory_order_relaxed);
}

std::int64_t live_handles() noexcept {
  return live.load(std::memory_order_relaxed);
}

Result<void> check_handle(const Handle* handle, HandleType type, std::string_view name) {
  if (handle == nullptr) [[unlikely]]
    return invalid(name, "must not be NULL");
#ifndef NDEBUG
  const HandleType found = Registry::instance().type(handle);
  if (found == HandleType::none) return invalid(name, "was freed, or is no handle");
  if (found != type) return invalid(name, "is a handle of another type");
#else
  if (!handle->is(type)) [[unlikely]]
    return invalid(name, "is no such handle, or was freed");
#endif
  return {};
}

}  // namespace omnicrm::capi
