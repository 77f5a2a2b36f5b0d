#include "core/address.hpp"

#include <idn2.h>
#include <libpsl.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace omnicrm {
namespace {

// RFC 5321 section 4.5.3.1 says 64 and 255; senders of variable return paths go beyond 64.
constexpr std::size_t max_local = 255;
constexpr std::size_t max_domain = 255;

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

constexpr bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// RFC 5322 section 3.2.3, atext; above ASCII RFC 6531 section 3.3. The dot is let through anywhere.
constexpr bool is_local_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

// Labels of letters, digits, '-' and '_' (which real host names have), 1 to 63 bytes each.
bool is_host_name(std::string_view domain) {
  if (domain.empty() || domain.size() > max_domain) return false;
  return std::ranges::all_of(text::split(domain, '.'), [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
  });
}

// [192.0.2.1], [IPv6:2001:db8::1] (RFC 5321 section 4.1.3)
bool is_domain_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return false;
  return std::ranges::all_of(domain.substr(1, domain.size() - 2), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == ':' || c == '-';
  });
}

bool is_ip_address(std::string_view domain) {
  if (domain.starts_with('[')) return true;
  return std::ranges::all_of(domain, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) ||
         domain.find(':') != std::string_view::npos;
}

std::string lower_local(std::string_view local) {
  if (is_ascii(local)) return text::lower_ascii(local);
  std::string composed = text::normalize(local);
  utf8proc_int32_t code_point = 0;
  std::string out;
  std::string_view rest = composed;
  while (!rest.empty()) {
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()),
                                       static_cast<utf8proc_ssize_t>(rest.size()), &code_point);
    if (size <= 0) break;  // cannot be: `normalize` gives UTF-8
    utf8proc_uint8_t bytes[4];
    const auto written = utf8proc_encode_char(utf8proc_tolower(code_point), bytes);
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(written));
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  return out;
}

// "john.doe" means john.doe (RFC 5322 section 3.2.4); other quoted strings keep their quotes.
Result<std::string> normalize_local(std::string_view local) {
  if (local.empty()) return invalid("email", "has nothing before the @");
  if (local.size() > max_local) return invalid("email", "has more than 255 bytes before the @");
  if (!text::is_utf8(local)) return invalid("email", "is not UTF-8");
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    const std::string_view inside = local.substr(1, local.size() - 2);
    if (inside.empty()) return invalid("email", "has nothing before the @");
    if (std::ranges::any_of(inside,
                            [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '"' || c == '\\'; })) {
      return invalid("email", "has a quoted part that no mail system accepts");
    }
    std::string lower = lower_local(inside);
    return std::ranges::all_of(lower, is_local_character) ? lower : '"' + lower + '"';
  }
  std::string lower = lower_local(local);
  if (!std::ranges::all_of(lower, is_local_character)) {
    return invalid("email", "has a character before the @ that no address contains");
  }
  return lower;
}

std::string match_key(std::string_view local, std::string_view domain) {
  if (local.starts_with('"')) return std::string(local) + '@' + std::string(domain);
  const std::size_t plus = local.find('+');
  std::string key;
  key.reserve(local.size() + 1 + domain.size());
  key = plus == 0 ? local : local.substr(0, plus);
  const bool gmail = domain == "gmail.com" || domain == "googlemail.com";
  if (gmail) std::erase(key, '.');
  if (key.empty()) key = local;  // only dots: not an address of Gmail, but still one
  key += '@';
  key += gmail ? std::string_view("gmail.com") : domain;
  return key;
}

/// What an ASCII character may stand for in an address without quotes, brackets or blanks.
struct PlainCharacter {
  char lower = 0;
  bool in_local = false;
  bool in_domain = false;
};

constexpr auto plain_characters = [] {
  std::array<PlainCharacter, 256> table{};
  for (std::size_t i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    table[i] = {lower, is_local_character(lower), is_letter_or_digit(lower) || lower == '-' || lower == '_'};
  }
  return table;
}();

/// Reads what nearly every address is in one pass, with the rules of `normalize_local` and `is_host_name`;
/// nothing for one that needs more than lower case, or is none.
std::optional<Address> read_plain(std::string_view text) {
  const auto plain = [&](std::size_t i) { return plain_characters[static_cast<unsigned char>(text[i])]; };
  std::string normalized(text);
  std::size_t at = 0;
  for (; at < text.size() && plain(at).in_local; ++at) normalized[at] = plain(at).lower;
  if (at == 0 || at > max_local || at == text.size() || text[at] != '@') return std::nullopt;
  const std::size_t domain = at + 1;
  if (text.size() - domain > max_domain) return std::nullopt;
  std::size_t label = domain;
  for (std::size_t i = domain; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (i == label || i - label > 63 || text[label] == '-' || text[i - 1] == '-') return std::nullopt;
      label = i + 1;
    } else if (plain(i).in_domain) {
      normalized[i] = plain(i).lower;
    } else {
      return std::nullopt;
    }
  }
  Address address;
  address.domain = normalized.substr(domain);
  address.match_key = match_key(std::string_view(normalized).substr(0, at), address.domain);
  address.normalized = std::move(normalized);
  return address;
}

const psl_ctx_t* public_suffixes() {
  static const psl_ctx_t* const built_in = [] {
    const psl_ctx_t* list = psl_builtin();
    // A libpsl without a list inside reads the distribution's. Never freed: nothing of ours runs at exit.
    return list != nullptr ? list : psl_latest(nullptr);
  }();
  return built_in;
}

}  // namespace

Result<std::string> normalize_domain(std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (is_ascii(domain)) {
    std::string lower = text::lower_ascii(domain);
    if (is_host_name(lower) || is_domain_literal(lower)) return lower;
    return invalid("domain", "is not a domain name");
  }
  if (!text::is_utf8(domain) || domain.find('\0') != std::string_view::npos ||
      domain.size() > 4 * max_domain) {
    return invalid("domain", "is not a domain name");
  }
  // UTS 46 non-transitional: what browsers and registries use today (straße.de is not strasse.de).
  char* ascii = nullptr;
  const int status =
      idn2_to_ascii_8z(std::string(domain).c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK) return invalid("domain", idn2_strerror(status));
  const std::unique_ptr<char, void (*)(void*)> owner(ascii, &idn2_free);
  std::string lower = text::lower_ascii(ascii);
  if (lower.ends_with('.')) lower.pop_back();
  if (!is_host_name(lower)) return invalid("domain", "is not a domain name");
  return lower;
}

Result<Address> parse_address(std::string_view text) {
  if (auto plain = read_plain(text)) return std::move(*plain);
  std::string_view rest = text::trim(text);
  if (text::starts_with_ignoring_case(rest, "mailto:")) {
    rest.remove_prefix(7);
    rest = rest.substr(0, rest.find('?'));
  }
  if (rest.size() >= 2 && rest.front() == '<' && rest.back() == '>') {
    rest = text::trim(rest.substr(1, rest.size() - 2));
  }
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return invalid("email", "has no @");
  OMNICRM_ASSIGN(const std::string local, normalize_local(text::trim(rest.substr(0, at))));
  auto domain = normalize_domain(text::trim(rest.substr(at + 1)));
  if (!domain) return invalid("email", "has no domain name after the @");
  return Address{
      .normalized = local + '@' + *domain, .match_key = match_key(local, *domain), .domain = *domain};
}

std::optional<std::string> registrable_domain(std::string_view domain) {
  auto normalized = normalize_domain(domain);
  if (!normalized || is_ip_address(*normalized)) return std::nullopt;
  const psl_ctx_t* const list = public_suffixes();
  if (list == nullptr) return std::nullopt;
  const char* const registrable = psl_registrable_domain(list, normalized->c_str());
  if (registrable == nullptr) return std::nullopt;
  return std::string(registrable);
}

}  // namespace omnicrm
