#include "storage/postgres/pg_types.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace omnicrm::storage {
namespace {

// catalog/pg_type.dat
enum : Oid {
  bool_type = 16,
  bytea_type = 17,
  char_type = 18,
  name_type = 19,
  int8_type = 20,
  int2_type = 21,
  int4_type = 23,
  text_type = 25,
  oid_type = 26,
  json_type = 114,
  float4_type = 700,
  float8_type = 701,
  unknown_type = 705,
  bpchar_type = 1042,
  varchar_type = 1043,
  numeric_type = 1700,
  uuid_type = 2950
};

bool is_text(Oid type) {
  return type == text_type || type == varchar_type || type == bpchar_type || type == name_type ||
         type == json_type || type == unknown_type;
}

template <class T>
T from_network(std::string_view bytes) {
  std::make_unsigned_t<T> value = 0;
  for (const char c : bytes.substr(0, sizeof(T))) {
    value = static_cast<std::make_unsigned_t<T>>((value << 8) | static_cast<unsigned char>(c));
  }
  return static_cast<T>(value);
}

template <class T>
std::string to_network(T value) {
  std::string bytes(sizeof(T), '\0');
  auto rest = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = sizeof(T); i-- > 0;) {
    bytes[i] = static_cast<char>(rest & 0xff);
    rest = static_cast<std::make_unsigned_t<T>>(rest >> (sizeof(T) > 1 ? 8 : 0));
  }
  return bytes;
}

template <class T>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

tl::unexpected<Error> out_of_range(std::int64_t value) {
  return failure(ErrorCode::invalid_argument, fmt::format("{} is out of the column's range", value));
}

/// utils/adt/numeric.c, numeric_send: digits of base 10,000, the first one's power of it, sign, scale.
struct Numeric {
  explicit Numeric(std::string_view bytes) {
    if (bytes.size() < 8) return;
    count = static_cast<std::size_t>(from_network<std::int16_t>(bytes));
    weight = from_network<std::int16_t>(bytes.substr(2));
    const auto flags = static_cast<std::uint16_t>(from_network<std::int16_t>(bytes.substr(4)));
    negative = flags == 0x4000;
    finite = flags == 0 || flags == 0x4000;
    scale = from_network<std::int16_t>(bytes.substr(6));
    digits = bytes.substr(8);
    count = std::min(count, digits.size() / 2);
  }
  [[nodiscard]] int digit(int power) const {
    const int index = weight - power;
    if (index < 0 || index >= static_cast<int>(count)) return 0;
    return from_network<std::int16_t>(digits.substr(static_cast<std::size_t>(index) * 2));
  }
  [[nodiscard]] std::string text() const {
    if (!finite) return "NaN";
    std::string text = negative ? "-" : "";
    for (int power = std::max(weight, 0); power >= 0; --power) {
      text +=
          power == std::max(weight, 0) ? fmt::format("{}", digit(power)) : fmt::format("{:04}", digit(power));
    }
    if (scale <= 0) return text;
    std::string fraction;
    for (int power = -1; std::ssize(fraction) < scale; --power)
      fraction += fmt::format("{:04}", digit(power));
    return text + '.' + fraction.substr(0, static_cast<std::size_t>(scale));
  }

  std::size_t count = 0;
  int weight = 0;
  int scale = 0;
  bool negative = false;
  bool finite = true;
  std::string_view digits;
};

std::string real_text(double value) {
  return fmt::format("{}", value);
}

}  // namespace

void PgParameters::set(std::size_t index, std::string_view bytes, bool binary) {
  values_[index] = bytes.data() != nullptr ? bytes.data() : "";
  lengths_[index] = static_cast<int>(bytes.size());
  formats_[index] = binary ? 1 : 0;
}

void PgParameters::set_own(std::size_t index, std::string bytes, bool binary) {
  own_[index] = std::move(bytes);
  set(index, own_[index], binary);
}

Result<void> PgParameters::add_integer(std::size_t index, std::int64_t value, Oid type) {
  switch (type) {
    case int8_type:
      set_own(index, to_network(value), true);
      return {};
    case int4_type:
      if (!fits<std::int32_t>(value)) return out_of_range(value);
      set_own(index, to_network(static_cast<std::int32_t>(value)), true);
      return {};
    case int2_type:
      if (!fits<std::int16_t>(value)) return out_of_range(value);
      set_own(index, to_network(static_cast<std::int16_t>(value)), true);
      return {};
    case bool_type:
      set_own(index, std::string(1, value != 0 ? '\1' : '\0'), true);
      return {};
    case float8_type:
    case float4_type:
      return add_real(index, static_cast<double>(value), type);
    case bytea_type:
    case uuid_type:
      return failure(ErrorCode::internal, fmt::format("parameter {}: a number for bytes", index));
    default:
      set_own(index, fmt::format("{}", value), false);
      return {};
  }
}

Result<void> PgParameters::add_real(std::size_t index, double value, Oid type) {
  if (std::isnan(value)) return {};  // null, as everywhere
  switch (type) {
    case float8_type:
      set_own(index, to_network(std::bit_cast<std::int64_t>(value)), true);
      return {};
    case float4_type:
      set_own(index, to_network(std::bit_cast<std::int32_t>(static_cast<float>(value))), true);
      return {};
    case bytea_type:
    case uuid_type:
      return failure(ErrorCode::internal, fmt::format("parameter {}: a number for bytes", index));
    default:
      set_own(index, real_text(value), false);
      return {};
  }
}

Result<void> PgParameters::add_bytes(std::size_t index, const PgBound& value, Oid type) {
  if (value.bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    return failure(ErrorCode::resource_exhausted, "value too large: over 2 GiB");
  }
  if (type == bytea_type) {
    set(index, value.bytes, true);
    return {};
  }
  if (value.kind == PgBound::Kind::blob && !is_text(type)) {
    const bool is_known = type == pg_words_type || (type == uuid_type && value.bytes.size() == 16);
    if (!is_known) {
      return failure(ErrorCode::internal,
                     fmt::format("parameter {}: {} bytes for type {}", index, value.bytes.size(), type));
    }
    set(index, value.bytes, true);
    return {};
  }
  if (value.bytes.find('\0') != std::string_view::npos) {
    return failure(ErrorCode::invalid_argument,
                   fmt::format("parameter {}: PostgreSQL cannot hold text with a NUL byte", index));
  }
  if (is_text(type)) {
    set(index, value.bytes, true);
  } else {
    set_own(index, std::string(value.bytes), false);  // in text form it must end with a NUL
  }
  return {};
}

Result<void> PgParameters::encode(std::span<const PgBound> values, std::span<const Oid> types) {
  values_.assign(types.size(), nullptr);
  lengths_.assign(types.size(), 0);
  formats_.assign(types.size(), 1);
  own_.resize(std::max(own_.size(), types.size()));
  for (std::size_t index = 0; index < std::min(values.size(), types.size()); ++index) {
    const PgBound& value = values[index];
    switch (value.kind) {
      case PgBound::Kind::null:
        break;
      case PgBound::Kind::integer:
        OMNICRM_TRY(add_integer(index, value.integer, types[index]));
        break;
      case PgBound::Kind::real:
        OMNICRM_TRY(add_real(index, value.real, types[index]));
        break;
      case PgBound::Kind::text:
      case PgBound::Kind::blob:
        OMNICRM_TRY(add_bytes(index, value, types[index]));
        break;
    }
  }
  return {};
}

void PgParameters::borrow(std::span<const std::string_view> values) {
  values_.assign(values.size(), nullptr);
  lengths_.assign(values.size(), 0);
  formats_.assign(values.size(), 1);
  for (std::size_t index = 0; index < values.size(); ++index) set(index, values[index], true);
}

bool pg_has_binary(Oid type) {
  switch (type) {
    case bool_type:
    case bytea_type:
    case int8_type:
    case int2_type:
    case int4_type:
    case float4_type:
    case float8_type:
    case text_type:
    case varchar_type:
    case uuid_type:
      return true;
    default:
      return false;
  }
}

std::int64_t pg_integer(Oid type, std::string_view bytes) {
  switch (type) {
    case int8_type:
      return from_network<std::int64_t>(bytes);
    case int4_type:
      return from_network<std::int32_t>(bytes);
    case oid_type:
      return static_cast<std::uint32_t>(from_network<std::int32_t>(bytes));
    case int2_type:
      return from_network<std::int16_t>(bytes);
    case bool_type:
      return !bytes.empty() && bytes[0] != '\0' ? 1 : 0;
    case float8_type:
    case float4_type: {
      const double value = pg_real(type, bytes);
      if (std::isnan(value)) return 0;
      if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
      return value < -0x1p63 ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(value);
    }
    default: {
      std::string scratch;
      const std::string_view text = pg_text(type, bytes, scratch);
      std::int64_t value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
  }
}

double pg_real(Oid type, std::string_view bytes) {
  switch (type) {
    case float8_type:
      return std::bit_cast<double>(from_network<std::int64_t>(bytes));
    case float4_type:
      return static_cast<double>(std::bit_cast<float>(from_network<std::int32_t>(bytes)));
    case int8_type:
    case int4_type:
    case int2_type:
    case oid_type:
    case bool_type:
      return static_cast<double>(pg_integer(type, bytes));
    default: {
      std::string scratch;
      const std::string_view text = pg_text(type, bytes, scratch);
      double value = 0;
      std::from_chars(text.data(), text.data() + text.size(), value);
      return value;
    }
  }
}

std::string_view pg_text(Oid type, std::string_view bytes, std::string& scratch) {
  switch (type) {
    case int8_type:
    case int4_type:
    case int2_type:
    case oid_type:
    case bool_type:
      scratch = fmt::format("{}", pg_integer(type, bytes));
      return scratch;
    case float8_type:
    case float4_type:
      scratch = real_text(pg_real(type, bytes));
      return scratch;
    case numeric_type:
      scratch = Numeric(bytes).text();
      return scratch;
    default:
      return bytes;
  }
}

}  // namespace omnicrm::storage
