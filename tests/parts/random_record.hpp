// Random records of any described type, the same for the same seed: for property tests.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <omnicrm/core/json.hpp>
#include <omnicrm/core/time.hpp>

#include "model/describe.hpp"
#include "model/json.hpp"
#include "model/reflect.hpp"

namespace omnicrm::testing {

/// One seed, one sequence of values. One thread at a time.
class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : engine_(seed) {}

  /// A value with every field set at random; optionals are absent half of the time.
  template <class T>
  T make() {
    if constexpr (std::is_same_v<T, bool>) {
      return below(2) == 1;
    } else if constexpr (std::integral<T>) {
      return static_cast<T>(integer());
    } else if constexpr (std::floating_point<T>) {
      return static_cast<T>(real());
    } else if constexpr (std::is_same_v<T, std::string>) {
      return text();
    } else if constexpr (std::is_same_v<T, Json>) {
      return Json{json(3)};
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return uuid();
    } else if constexpr (is_id<T>) {
      return T{uuid()};
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      return timestamp();
    } else if constexpr (std::is_same_v<T, Date>) {
      return std::chrono::floor<std::chrono::days>(timestamp());
    } else if constexpr (DescribedEnum<T>) {
      return *enum_from_name<T>(enum_names<T>[below(enum_names<T>.size())]);
    } else if constexpr (is_optional<T>) {
      if (below(2) == 0) return std::nullopt;
      return make<typename T::value_type>();
    } else if constexpr (is_vector<T>) {
      T values(below(4));
      for (auto& value : values) value = make<typename T::value_type>();
      return values;
    } else if constexpr (is_map<T>) {
      T values;
      for (std::size_t count = below(4); count != 0; --count)
        values[text()] = make<typename T::mapped_type>();
      return values;
    } else {
      static_assert(Record<T>, "describe it");
      T record{};
      for_each_member<T>([&](auto member) {
        auto& field = record.*member.pointer;
        field = make<std::remove_cvref_t<decltype(field)>>();
      });
      return record;
    }
  }

  /// 0 to `limit` - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }

 private:
  std::int64_t integer() {
    constexpr std::array<std::int64_t, 6> edges{
        0,        1, -1, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(),
        1LL << 53};
    if (below(4) == 0) return edges[below(edges.size())];
    return static_cast<std::int64_t>(engine_()) >> below(64);
  }

  double real() {
    constexpr std::array<double, 6> edges{0.0, -0.0, 0.1, 1e300, 5e-324, 1.0 / 3};
    if (below(3) == 0) return edges[below(edges.size())];
    return static_cast<double>(integer()) / static_cast<double>(1 + below(1000));
  }

  Uuid uuid() {
    Uuid id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(engine_());
    return id;
  }

  /// Years 1 to 9999, whole seconds, milliseconds or microseconds.
  Timestamp timestamp() {
    constexpr std::int64_t first = -62'135'596'800;
    constexpr std::int64_t last = 253'402'300'799;
    const auto second =
        first + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(last - first));
    constexpr std::array<std::int64_t, 3> unit{1'000'000, 1'000, 1};
    const std::int64_t step = unit[below(3)];
    const auto fraction = static_cast<std::int64_t>(below(1'000'000)) / step * step;
    return from_micros(second * 1'000'000 + fraction);
  }

  /// Valid UTF-8 with what breaks careless code: quotes, controls, NUL, scripts, 4-byte characters.
  std::string text() {
    static constexpr std::array<std::string_view, 16> parts{"Ada Lovelace",
                                                            "\"",
                                                            "\\",
                                                            "\n\t\r\b\f",
                                                            std::string_view("\0", 1),
                                                            "\x01\x1f\x7f",
                                                            "é",
                                                            "Åström",
                                                            "日本語",
                                                            "שלום",
                                                            "مرحبا",
                                                            "😀👩‍👩‍👧",
                                                            "\xef\xbf\xbd",
                                                            "\xe2\x80\xa8",
                                                            "</script>",
                                                            "a rather longer run of plain text "};
    std::string text;
    for (std::size_t count = below(6); count != 0; --count) text += parts[below(parts.size())];
    return text;
  }

  std::string json(int depth) {
    switch (below(depth == 0 ? 5 : 7)) {
      case 0:
        return "null";
      case 1:
        return below(2) == 0 ? "true" : "false";
      case 2:
        return std::to_string(integer());
      case 3:
        return "-12.50e+3";
      case 4:
        return json_text(text());
      case 5: {
        std::string array = "[";
        for (std::size_t count = below(4); count != 0; --count) {
          array += json(depth - 1);
          if (count != 1) array += ',';
        }
        return array + "]";
      }
      default: {
        std::string object = "{";
        for (std::size_t count = below(4); count != 0; --count) {
          object += json_text(text() + std::to_string(count)) + ":" + json(depth - 1);
          if (count != 1) object += ',';
        }
        return object + "}";
      }
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace omnicrm::testing
