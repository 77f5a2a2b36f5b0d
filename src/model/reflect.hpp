// What a description says at compile time: the members of a struct, the names of an enumeration.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/page.hpp>

namespace omnicrm {

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value;

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

/// A page is described here: a template cannot be described from outside by the macros.
template <class T>
inline constexpr bool is_page = false;
template <class T>
inline constexpr bool is_page<Page<T>> = true;

template <class T>
concept Record = DescribedStruct<T> || is_page<T>;

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<Id<Tag>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<std::map<std::string, T>> = true;

namespace reflect_detail {

template <class T>
struct PageItems {
  static constexpr const char* name = "items";
  static constexpr auto pointer = &Page<T>::items;
};
template <class T>
struct PageNext {
  static constexpr const char* name = "next";
  static constexpr auto pointer = &Page<T>::next;
};

template <class T>
struct Members {
  using type =
      boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
};
template <class T>
struct Members<Page<T>> {
  using type = boost::mp11::mp_list<PageItems<T>, PageNext<T>>;
};

}  // namespace reflect_detail

/// A list of descriptors, each with `name` and `pointer`, in the order of declaration.
template <Record T>
using members_of = typename reflect_detail::Members<T>::type;

template <Record T>
inline constexpr std::size_t member_count = boost::mp11::mp_size<members_of<T>>::value;

template <class T, class Descriptor>
using member_type = std::remove_cvref_t<decltype(std::declval<T&>().*Descriptor::pointer)>;

/// Calls `function(descriptor)` for each member.
template <Record T, class Function>
constexpr void for_each_member(Function&& function) {
  boost::mp11::mp_for_each<members_of<T>>(std::forward<Function>(function));
}

template <Record T>
[[nodiscard]] constexpr bool has_member(std::string_view name) {
  bool found = false;
  for_each_member<T>([&](auto member) { found = found || name == std::string_view(member.name); });
  return found;
}

/// Which fields JSON must bring along; none unless a record says so beside its description:
///     template <> inline constexpr auto required_fields<GetContact> =
///     std::to_array<std::string_view>({"id"});
template <class T>
inline constexpr auto required_fields = std::array<std::string_view, 0>{};

// --- enumerations ----------------------------------------------------------------------------------

namespace reflect_detail {

template <DescribedEnum E>
constexpr auto names_of() {
  using List = boost::describe::describe_enumerators<E>;
  std::array<std::string_view, boost::mp11::mp_size<List>::value> names{};
  std::size_t count = 0;
  boost::mp11::mp_for_each<List>([&](auto enumerator) { names[count++] = enumerator.name; });
  return names;
}

template <DescribedEnum E>
constexpr auto first_of() {
  using First = boost::mp11::mp_front<boost::describe::describe_enumerators<E>>;
  return static_cast<std::underlying_type_t<E>>(First::value);
}

template <DescribedEnum E>
constexpr bool is_dense() {
  auto expected = first_of<E>();
  bool dense = true;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto enumerator) {
    dense = dense && static_cast<std::underlying_type_t<E>>(enumerator.value) == expected++;
  });
  return dense;
}

}  // namespace reflect_detail

/// All names, in the order of the values.
template <DescribedEnum E>
inline constexpr auto enum_names = reflect_detail::names_of<E>();

/// The name of a value; empty for one that is no enumerator.
template <DescribedEnum E>
[[nodiscard]] constexpr std::string_view enum_name(E value) noexcept {
  static_assert(reflect_detail::is_dense<E>(), "the values must follow each other: the names are an array");
  const auto index =
      static_cast<std::size_t>(static_cast<std::underlying_type_t<E>>(value) - reflect_detail::first_of<E>());
  return index < enum_names<E>.size() ? enum_names<E>[index] : std::string_view{};
}

template <DescribedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_from_name(std::string_view name) noexcept {
  for (std::size_t index = 0; index < enum_names<E>.size(); ++index) {
    if (enum_names<E>[index] == name)
      return static_cast<E>(static_cast<std::underlying_type_t<E>>(index) + reflect_detail::first_of<E>());
  }
  return std::nullopt;
}

/// "email, meeting, call": for messages.
template <DescribedEnum E>
[[nodiscard]] std::string enum_list() {
  std::string list;
  for (std::string_view name : enum_names<E>) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace omnicrm
