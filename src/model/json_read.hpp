// Values from JSON, generated from their description.
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

#include "model/json_tape.hpp"
#include "model/reflect.hpp"

namespace omnicrm::json_detail {

/// Reads nodes of a tape into values. After a failed read it knows the path and the reason: the reason comes
/// from the deepest call, each call on the way back puts its part of the path in front.
class Reader {
 public:
  explicit Reader(const JsonTape& tape) : tape_(tape) {}

  /// The failure as `invalid_argument`.
  [[nodiscard]] Error error() const;

  template <class T>
  bool read(std::uint32_t node, T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      if (!expect(node, JsonNode::Kind::boolean)) return false;
      value = tape_[node].boolean;
      return true;
    } else if constexpr (std::integral<T>) {
      std::int64_t number = 0;
      if (!read_integer(node, std::numeric_limits<T>::min(), limit<T>(), number)) return false;
      value = static_cast<T>(number);
      return true;
    } else if constexpr (std::floating_point<T>) {
      double number = 0;
      if (!read_real(node, number)) return false;
      value = static_cast<T>(number);
      return std::isfinite(value) || refuse("out of range");
    } else if constexpr (std::is_same_v<T, std::string>) {
      if (!expect(node, JsonNode::Kind::text)) return false;
      value.assign(tape_[node].text);
      return true;
    } else if constexpr (std::is_same_v<T, Json>) {
      return read_free(node, value);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return read_uuid(node, value);
    } else if constexpr (is_id<T>) {
      return read_uuid(node, value.value);
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      return read_timestamp(node, value);
    } else if constexpr (std::is_same_v<T, Date>) {
      return read_date(node, value);
    } else if constexpr (DescribedEnum<T>) {
      return read_enum(node, value);
    } else if constexpr (is_optional<T>) {
      if (tape_[node].kind == JsonNode::Kind::null) {
        value.reset();
        return true;
      }
      return read(node, value.emplace());
    } else if constexpr (is_vector<T>) {
      return read_vector(node, value);
    } else if constexpr (is_map<T>) {
      return read_map(node, value);
    } else {
      static_assert(Record<T>, "no JSON form: describe the struct or enumeration");
      return read_record(node, value);
    }
  }

 private:
  template <class T>
  static constexpr std::int64_t limit() {
    static_assert(sizeof(T) < sizeof(std::int64_t) || std::signed_integral<T>, "use std::int64_t");
    return static_cast<std::int64_t>(std::numeric_limits<T>::max());
  }

  bool refuse(std::string reason) {
    reason_ = std::move(reason);
    return false;
  }
  bool inside(std::string part) {
    path_.push_back(std::move(part));
    return false;
  }
  bool inside(std::string_view name) { return inside(std::string(name)); }
  bool inside(std::size_t index) { return inside("[" + std::to_string(index) + "]"); }
  bool expected(std::string_view what, std::uint32_t node);
  bool expect(std::uint32_t node, JsonNode::Kind kind) {
    return tape_[node].kind == kind || expected(kind_name(kind), node);
  }

  bool read_integer(std::uint32_t node, std::int64_t low, std::int64_t high, std::int64_t& value);
  bool read_real(std::uint32_t node, double& value);
  bool read_free(std::uint32_t node, Json& value);
  bool read_uuid(std::uint32_t node, Uuid& value);
  bool read_timestamp(std::uint32_t node, Timestamp& value);
  bool read_date(std::uint32_t node, Date& value);
  bool wrong_name(std::uint32_t node, const std::string& allowed);

  template <class T>
  bool read_enum(std::uint32_t node, T& value) {
    if (!expect(node, JsonNode::Kind::text)) return false;
    const auto found = enum_from_name<T>(tape_[node].text);
    if (!found) return wrong_name(node, enum_list<T>());
    value = *found;
    return true;
  }

  template <class T>
  bool read_vector(std::uint32_t node, std::vector<T>& values) {
    if (!expect(node, JsonNode::Kind::array)) return false;
    const std::size_t count = tape_[node].count;
    values.clear();
    values.reserve(count);
    std::uint32_t child = node + 1;
    for (std::size_t index = 0; index < count; ++index, child = tape_[child].next) {
      T value{};
      if (!read(child, value)) return inside(index);
      values.push_back(std::move(value));
    }
    return true;
  }

  template <class T>
  bool read_map(std::uint32_t node, std::map<std::string, T>& values) {
    if (!expect(node, JsonNode::Kind::object)) return false;
    values.clear();
    std::uint32_t name = node + 1;
    for (std::size_t index = 0; index < tape_[node].count; ++index, name = tape_[name + 1].next) {
      const auto [place, is_new] = values.try_emplace(std::string(tape_[name].text));
      if (!is_new) {
        refuse("comes twice");
        return inside(tape_[name].text);
      }
      if (!read(name + 1, place->second)) return inside(tape_[name].text);
    }
    return true;
  }

  template <class T>
  struct Field {
    std::string_view name;
    bool (*read)(Reader&, std::uint32_t, T&);
  };

  template <Record T>
  static constexpr auto fields_of() {
    std::array<Field<T>, member_count<T>> fields{};
    std::size_t count = 0;
    for_each_member<T>([&](auto member) {
      fields[count].name = member.name;
      fields[count].read = [](Reader& reader, std::uint32_t node, T& record) {
        return reader.read(node, record.*decltype(member)::pointer);
      };
      ++count;
    });
    return fields;
  }

  /// Position of the field `name`, looked for from `hint` on: names mostly come in the order of the record.
  template <class T, std::size_t N>
  static std::size_t find(const std::array<Field<T>, N>& fields, std::string_view name, std::size_t hint) {
    for (std::size_t step = 0; step < N; ++step) {
      const std::size_t at = hint + step < N ? hint + step : hint + step - N;
      if (fields[at].name == name) return at;
    }
    return N;
  }

  template <Record T>
  bool read_record(std::uint32_t node, T& record) {
    static constexpr auto fields = fields_of<T>();
    static_assert(fields.size() <= 64, "`seen` has 64 bits");
    if (!expect(node, JsonNode::Kind::object)) return false;
    std::uint64_t seen = 0;
    std::size_t hint = 0;
    std::uint32_t name = node + 1;
    for (std::size_t left = tape_[node].count; left != 0; --left, name = tape_[name + 1].next) {
      const std::size_t at = find(fields, tape_[name].text, hint);
      if (at == fields.size()) {
        refuse("unknown field");
        return inside(tape_[name].text);
      }
      if ((seen >> at & 1) != 0) {
        refuse("comes twice");
        return inside(tape_[name].text);
      }
      seen |= std::uint64_t{1} << at;
      if (!fields[at].read(*this, name + 1, record)) return inside(fields[at].name);
      hint = at + 1;
    }
    return has_required<T>(fields, seen);
  }

  template <class T, std::size_t N>
  bool has_required([[maybe_unused]] const std::array<Field<T>, N>& fields,
                    [[maybe_unused]] std::uint64_t seen) {
    static_assert(
        [] {
          for (std::string_view name : required_fields<T>) {
            if (!has_member<T>(name)) return false;
          }
          return true;
        }(),
        "a required field that the record does not have");
    for (std::string_view name : required_fields<T>) {
      if ((seen >> find(fields, name, 0) & 1) == 0) {
        refuse("is required");
        return inside(name);
      }
    }
    return true;
  }

  const JsonTape& tape_;
  std::string reason_;
  std::vector<std::string> path_;  // the deepest part first
};

}  // namespace omnicrm::json_detail
