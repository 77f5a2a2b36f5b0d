// Records that requests and responses of several operations share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/json_generate.hpp"
#include "operations/describe.hpp"

namespace omnicrm::operations {

/// Takes nothing; gives nothing but success.
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

/// One record by its id.
template <class I>
struct ById {
  I id;
  BOOST_DESCRIBE_CLASS(ById, (), (id), (), ())
};

/// The same, of the version that the caller read; 0: any.
template <class I>
struct ByVersion {
  I id;
  std::int64_t expected_version = 0;
  BOOST_DESCRIBE_CLASS(ByVersion, (), (id, expected_version), (), ())
};

/// A list that has no pages.
template <class T>
struct Items {
  std::vector<T> items;
  BOOST_DESCRIBE_CLASS(Items, (), (items), (), ())
};

struct Count {
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (count))

}  // namespace omnicrm::operations

namespace omnicrm {

template <class I>
inline constexpr auto required_fields<operations::ById<I>> = std::to_array<std::string_view>({"id"});
template <class I>
inline constexpr auto required_fields<operations::ByVersion<I>> = std::to_array<std::string_view>({"id"});

}  // namespace omnicrm
