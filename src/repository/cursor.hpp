// Keyset cursors: where a page of a list ended, as text a caller hands back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <omnicrm/core/ids.hpp>
#include <omnicrm/core/page.hpp>
#include <omnicrm/core/result.hpp>
#include <omnicrm/core/time.hpp>

#include "core/errors.hpp"

namespace omnicrm::repository {

/// `invalid_argument` on "limit" unless it is 1 to 1,000.
[[nodiscard]] Result<void> check_page(const PageRequest& page);

/// Collects the key values of a page's last row. The text is base64url (RFC 4648 section 5, without padding)
/// of the values and of the first six bytes of SHA-256 over `query` and the values: it fits the query it was
/// made for and no other, and a cursor that was cut or typed wrong is noticed.
class CursorWriter {
 public:
  void add(std::int64_t value);
  void add(std::string_view value);
  void add(const Uuid& value);
  void add(Timestamp value) { add(to_micros(value)); }
  template <class Tag>
  void add(const Id<Tag>& value) {
    add(value.value);
  }
  [[nodiscard]] std::string finish(std::string_view query) const;

 private:
  std::string bytes_;
};

/// Takes the values out again, in the same order and types.
class CursorReader {
 public:
  /// Errors: `invalid_argument` on "cursor".
  [[nodiscard]] static Result<CursorReader> open(std::string_view query, std::string_view cursor);

  template <class T>
  [[nodiscard]] Result<T> take() {
    if constexpr (std::is_same_v<T, std::int64_t>) {
      return take_int();
    } else if constexpr (std::is_same_v<T, std::string>) {
      return take_text();
    } else if constexpr (std::is_same_v<T, Timestamp>) {
      return take_int().map(from_micros);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return take_uuid();
    } else {
      return take_uuid().map([](const Uuid& uuid) { return T{uuid}; });
    }
  }
  [[nodiscard]] bool at_end() const noexcept { return position_ == bytes_.size(); }

 private:
  [[nodiscard]] Result<std::int64_t> take_int();
  [[nodiscard]] Result<std::string> take_text();
  [[nodiscard]] Result<Uuid> take_uuid();

  std::string bytes_;
  std::size_t position_ = 0;
};

/// The cursor after a row with these key values (std::int64_t, text, Timestamp, Uuid or ids) of the list that
/// `query` names. `query` holds the filter too: a cursor of another filter is foreign.
template <class... Values>
[[nodiscard]] std::string make_cursor(std::string_view query, const Values&... values) {
  CursorWriter writer;
  (writer.add(values), ...);
  return writer.finish(query);
}

/// The inverse of `make_cursor`. Errors: `invalid_argument` on "cursor" for a broken or foreign one.
template <class... Values>
[[nodiscard]] Result<std::tuple<Values...>> read_cursor(std::string_view query, std::string_view cursor) {
  OMNICRM_ASSIGN(CursorReader reader, CursorReader::open(query, cursor));
  std::tuple<Values...> values;
  Result<void> outcome;
  auto take = [&]<class T>(T& value) {
    if (!outcome) return;
    if (auto taken = reader.take<T>()) {
      value = std::move(*taken);
    } else {
      outcome = fail(std::move(taken).error());
    }
  };
  std::apply([&](auto&... each) { (take(each), ...); }, values);
  OMNICRM_TRY(outcome);
  if (!reader.at_end()) return invalid("cursor", "has values that this list does not know");
  return values;
}

}  // namespace omnicrm::repository
