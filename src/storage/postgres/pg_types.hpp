// Values on the wire: the binary forms of the types that the schema uses (PostgreSQL, src/backend/utils/adt).
#pragma once

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/core/result.hpp>

namespace omnicrm::storage {

/// A value as it was bound. Text and blobs are borrowed.
struct PgBound {
  enum class Kind { null, integer, real, text, blob };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;
};

/// The parameters of one execution as libpq takes them.
class PgParameters {
 public:
  /// Encodes for the types that the server wants. Errors: `invalid_argument` (text with a NUL byte, a number
  /// out of the column's range), `internal` (a blob for a number).
  Result<void> encode(std::span<const PgBound> values, std::span<const Oid> types);

  /// Values that are in binary form already, and outlive the sending.
  void borrow(std::span<const std::string_view> values);

  [[nodiscard]] int count() const { return static_cast<int>(values_.size()); }
  [[nodiscard]] const char* const* values() const { return values_.data(); }
  [[nodiscard]] const int* lengths() const { return lengths_.data(); }
  [[nodiscard]] const int* formats() const { return formats_.data(); }

 private:
  Result<void> add_integer(std::size_t index, std::int64_t value, Oid type);
  Result<void> add_real(std::size_t index, double value, Oid type);
  Result<void> add_bytes(std::size_t index, const PgBound& value, Oid type);
  void set(std::size_t index, std::string_view bytes, bool binary);
  void set_own(std::size_t index, std::string bytes, bool binary);

  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::string> own_;
};

inline constexpr Oid pg_text_type = 25;
inline constexpr Oid pg_text_array_type = 1009;
/// Types that `encode` gives a binary form; values of others travel as text.
[[nodiscard]] bool pg_has_binary(Oid type);
/// tsvector: binary when it is bound as bytes.
constexpr Oid pg_words_type = 3614;

/// Reads one field of a result in binary form, as SQLite would read its value: any as any.
[[nodiscard]] std::int64_t pg_integer(Oid type, std::string_view bytes);
[[nodiscard]] double pg_real(Oid type, std::string_view bytes);
/// The value as text in `scratch` when it is a number; else `bytes` as they are.
[[nodiscard]] std::string_view pg_text(Oid type, std::string_view bytes, std::string& scratch);

}  // namespace omnicrm::storage
