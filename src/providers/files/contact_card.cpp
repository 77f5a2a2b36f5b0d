#include "providers/files/contact_card.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/text.hpp"

namespace omnicrm::files {
namespace {

/// Exactly `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) noexcept {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<PartialDate> checked(PartialDate date) {
  if (date.month && (*date.month < 1 || *date.month > 12)) return std::nullopt;
  if (date.day) {
    const int year = date.year.value_or(2000);  // a leap year: 29 February without a year is a day
    const unsigned month = static_cast<unsigned>(date.month.value_or(1));
    const std::chrono::year_month_day day{std::chrono::year{year}, std::chrono::month{month},
                                          std::chrono::day{static_cast<unsigned>(*date.day)}};
    if (!day.ok()) return std::nullopt;
  }
  return date;
}

std::optional<PartialDate> without_year(std::string_view text) {
  PartialDate date;
  if (text.substr(0, 3) == "---") {
    const int day = digits(text, 3, 2);
    if (day < 0 || text.size() != 5) return std::nullopt;
    date.day = day;
    return checked(date);
  }
  const int month = digits(text, 2, 2);
  if (month < 0) return std::nullopt;
  date.month = month;
  if (text.size() == 4) return checked(date);
  const std::size_t at = text[4] == '-' ? 5 : 4;
  const int day = digits(text, at, 2);
  if (day < 0 || text.size() != at + 2) return std::nullopt;
  date.day = day;
  return checked(date);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> services{{
    {"twitter.com", "twitter"},
    {"x.com", "twitter"},
    {"linkedin.com", "linkedin"},
    {"facebook.com", "facebook"},
    {"instagram.com", "instagram"},
    {"github.com", "github"},
    {"gitlab.com", "gitlab"},
    {"mastodon.social", "mastodon"},
    {"xing.com", "xing"},
    {"t.me", "telegram"},
    {"wa.me", "whatsapp"},
    {"youtube.com", "youtube"},
    {"flickr.com", "flickr"},
    {"myspace.com", "myspace"},
    {"bsky.app", "bluesky"},
    {"tiktok.com", "tiktok"},
}};

}  // namespace

std::string PartialDate::to_string() const {
  if (year && month && day) return fmt::format("{:04}-{:02}-{:02}", *year, *month, *day);
  if (year && month) return fmt::format("{:04}-{:02}", *year, *month);
  if (year) return fmt::format("{:04}", *year);
  if (month && day) return fmt::format("--{:02}-{:02}", *month, *day);
  if (month) return fmt::format("--{:02}", *month);
  return day ? fmt::format("---{:02}", *day) : std::string();
}

bool ContactCard::is_empty() const noexcept {
  return full_name.empty() && given_name.empty() && family_name.empty() && nickname.empty() &&
         emails.empty() && phones.empty() && handles.empty() && urls.empty() && organization.empty();
}

std::optional<PartialDate> parse_partial_date(std::string_view text) {
  text = text::trim(text);
  const std::size_t time = text.find_first_of("T ");
  if (time != std::string_view::npos) text = text.substr(0, time);
  if (text.substr(0, 2) == "--") return without_year(text);
  PartialDate date;
  const int year = digits(text, 0, 4);
  if (year < 0) return std::nullopt;
  date.year = year;
  if (text.size() == 4) return checked(date);
  const bool dashes = text[4] == '-' || text[4] == '/';
  const int month = digits(text, dashes ? 5 : 4, 2);
  if (month < 0) return std::nullopt;
  date.month = month;
  if (dashes && text.size() == 7) return checked(date);
  if (dashes && (text.size() < 8 || text[7] != text[4])) return std::nullopt;
  const std::size_t at = dashes ? 8 : 6;
  const int day = digits(text, at, 2);
  if (day < 0 || text.size() != at + 2) return std::nullopt;
  date.day = day;
  return checked(date);
}

std::string service_of_url(std::string_view url) {
  std::string_view host = url;
  if (const std::size_t scheme = host.find("://"); scheme != std::string_view::npos)
    host.remove_prefix(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#:"));
  const std::string lower = text::lower_ascii(host);
  for (const auto& [domain, service] : services) {
    if (lower == domain) return std::string(service);
    if (lower.size() > domain.size() && lower.ends_with(domain) &&
        lower[lower.size() - domain.size() - 1] == '.') {
      return std::string(service);
    }
  }
  return {};
}

std::string handle_of_url(std::string_view url) {
  std::string_view path = url.substr(0, url.find_first_of("?#"));
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const std::size_t scheme = path.find("://");
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || (scheme != std::string_view::npos && slash < scheme + 3)) {
    return std::string(url);
  }
  std::string_view name = path.substr(slash + 1);
  if (!name.empty() && name.front() == '@') name.remove_prefix(1);
  return std::string(name);
}

}  // namespace omnicrm::files
