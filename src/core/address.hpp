// E-mail addresses and their domains, as the library compares them. All functions are pure and thread-safe.
#pragma once

#include <omnicrm/core/result.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace omnicrm {

/// One mailbox.
struct Address {
  /// Lower-case, the domain in ASCII form (IDNA 2008, RFC 5891): what is stored and unique per user.
  std::string normalized;
  /// For matching only, never shown and never written to: +tags cut off (RFC 5233), on Gmail also the dots,
  /// googlemail.com as gmail.com.
  std::string match_key;
  /// The part of `normalized` after the '@'.
  std::string domain;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Reads a bare address (`Ada@Example.ORG`, `<ada@example.org>`, `mailto:ada@example.org`); display names
/// are the header parser's work. Takes what real mail contains (dots anywhere, long local parts, one-label
/// domains, UTF-8 local parts of RFC 6531), refuses what cannot be an address.
/// Errors: `invalid_argument` (field `email`).
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// A domain in lower-case ASCII form, without the final dot. Errors: `invalid_argument` (field `domain`).
[[nodiscard]] Result<std::string> normalize_domain(std::string_view domain);

/// The part of a domain that somebody registered (`mail.example.co.uk` -> `example.co.uk`), by the Public
/// Suffix List that libpsl carries. Nothing for a public suffix itself, one label, or an IP address.
[[nodiscard]] std::optional<std::string> registrable_domain(std::string_view domain);

/// Whether everybody can get an address in this (normalized) domain, so that it says nothing about where a
/// person works.
[[nodiscard]] bool is_free_mail_domain(std::string_view domain);

/// Whether a robot or a mailing list's machinery sends from this local part: no-reply and its kin,
/// mailer-daemon, notifications, majordomo, owner-*, *-request ... Words count as a whole: `newsom`,
/// `bouncer` and `noreplyer` are people. Shared human mailboxes (info, sales, support) are not robots.
[[nodiscard]] bool is_role_address(std::string_view local);

}  // namespace omnicrm
