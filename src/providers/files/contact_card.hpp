// A person or an organization as a file describes one: what vCards and tables both become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <omnicrm/core/time.hpp>

namespace omnicrm::files {

/// An e-mail address, a telephone number or a web address.
struct CardValue {
  std::string value;
  std::vector<std::string> types;  ///< lower case: "home", "work", "cell", ...
  std::string label;               ///< the person's own word for it
  int preference = 0;              ///< 1 is the best (RFC 6350 section 5.3); 0: not said

  friend bool operator==(const CardValue&, const CardValue&) = default;
};

/// A name on some service.
struct CardHandle {
  std::string service;  ///< lower case: "twitter", "linkedin", "skype", "xmpp", ...
  std::string handle;   ///< user name or address there
  std::string url;      ///< if the file has one

  friend bool operator==(const CardHandle&, const CardHandle&) = default;
};

struct CardAddress {
  std::string po_box, extended, street, locality, region, postal_code, country;
  std::vector<std::string> types;
  std::string label;

  friend bool operator==(const CardAddress&, const CardAddress&) = default;
};

/// A date of which parts may be unknown: `--03-15` has no year.
struct PartialDate {
  std::optional<int> year, month, day;

  /// `1985-03-15`, `--03-15`, `1985-03` or `1985`.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const PartialDate&, const PartialDate&) = default;
};

struct CardField {
  std::string name;
  std::string value;

  friend bool operator==(const CardField&, const CardField&) = default;
};

/// All text is well-formed UTF-8 without NUL; absent is empty.
struct ContactCard {
  std::string uid;
  std::string version;  ///< "2.1", "3.0", "4.0"; empty for a row of a table
  std::string kind;     ///< "individual", "org", "group", "location", ...; lower case
  std::string full_name;
  std::string given_name, family_name, additional_names, prefix, suffix;
  std::string nickname;
  std::vector<CardValue> emails, phones, urls;
  std::vector<CardHandle> handles;
  std::string organization, department, job_title, role;
  std::vector<CardAddress> addresses;
  std::optional<PartialDate> birthday, anniversary;
  std::string note;
  std::vector<std::string> tags;
  std::vector<std::string> members;  ///< of a group: UIDs or addresses
  std::vector<CardField> custom;     ///< what has no place above
  std::size_t photo_bytes = 0;
  std::optional<Timestamp> revision;
  std::uint64_t position = 0;  ///< in the file

  /// Nothing that names or reaches anybody.
  [[nodiscard]] bool is_empty() const noexcept;
};

/// Reads the dates that people write: `1985-03-15`, `19850315`, `--0315`, `--03-15`, `1985-03`, `1985`,
/// with or without a time behind; nothing for anything else or an impossible day.
[[nodiscard]] std::optional<PartialDate> parse_partial_date(std::string_view text);

/// "twitter" for "twitter.com/x" and its like; empty for a host that is no known service.
[[nodiscard]] std::string service_of_url(std::string_view url);
/// The user name at the end of a profile address, or the address itself.
[[nodiscard]] std::string handle_of_url(std::string_view url);

}  // namespace omnicrm::files
