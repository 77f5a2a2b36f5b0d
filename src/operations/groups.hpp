// The groups of operations, one file each.
#pragma once

#include <span>

#include "operations/registry.hpp"

namespace omnicrm::operations {

[[nodiscard]] std::span<const Operation> audit_operations() noexcept;
[[nodiscard]] std::span<const Operation> contact_operations() noexcept;
[[nodiscard]] std::span<const Operation> interaction_operations() noexcept;
[[nodiscard]] std::span<const Operation> job_operations() noexcept;
[[nodiscard]] std::span<const Operation> operation_operations() noexcept;
[[nodiscard]] std::span<const Operation> organization_operations() noexcept;
[[nodiscard]] std::span<const Operation> schedule_operations() noexcept;
[[nodiscard]] std::span<const Operation> search_operations() noexcept;
[[nodiscard]] std::span<const Operation> segment_operations() noexcept;
[[nodiscard]] std::span<const Operation> setting_operations() noexcept;
[[nodiscard]] std::span<const Operation> sync_operations() noexcept;
[[nodiscard]] std::span<const Operation> tag_operations() noexcept;
[[nodiscard]] std::span<const Operation> task_operations() noexcept;

}  // namespace omnicrm::operations
