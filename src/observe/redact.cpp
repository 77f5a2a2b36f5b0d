#include "observe/redact.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/text.hpp"

namespace omnicrm::observe {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_word(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}
/// Characters of tokens: base64 of both alphabets, RFC 6750's b64token.
constexpr bool is_token(char c) noexcept {
  return is_word(c) || c == '.' || c == '~' || c == '+' || c == '/' || c == '=';
}
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t run(std::string_view text, std::size_t at, bool (*belongs)(char)) noexcept {
  while (at < text.size() && belongs(text[at])) ++at;
  return at;
}

/// The name without case, dashes and underscores.
struct PlainName {
  std::array<char, 64> letters{};
  std::size_t size = 0;

  explicit PlainName(std::string_view name) noexcept {
    // The end of a long name says what it is.
    if (name.size() > letters.size()) name.remove_prefix(name.size() - letters.size());
    for (char c : name) {
      if (c == '_' || c == '-' || c == '.') continue;
      letters[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  [[nodiscard]] std::string_view text() const noexcept { return {letters.data(), size}; }
};

/// A part of the text that is not to be seen: [begin, end).
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;
};
using Found = std::optional<Part>;

constexpr std::array<std::string_view, 22> beginnings = {
    "sk-",  "sk_live_", "sk_test_", "rk_live_", "pk_live_", "whsec_",     "ghp_",  "gho_",
    "ghu_", "ghs_",     "ghr_",     "glpat-",   "xoxb-",    "xoxp-",      "xoxa-", "xapp-",
    "AKIA", "ASIA",     "AIza",     "ya29.",    "GOCSPX-",  "github_pat_"};

/// A key or token that says what it is, from the beginning of a word.
Found known_token(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t shortest_rest = 8;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("eyJ")) {
    const std::size_t end = run(text, at, [](char c) { return is_word(c) || c == '.'; });
    const std::string_view token = text.substr(at, end - at);
    if (std::ranges::count(token, '.') >= 2 && token.size() >= 20) return Part{at, end};
  }
  if (rest.starts_with("1//0")) {  // Google's refresh tokens
    const std::size_t end = run(text, at, is_token);
    if (end - at >= 20) return Part{at, end};
  }
  for (std::string_view beginning : beginnings) {
    if (!rest.starts_with(beginning)) continue;
    const std::size_t end = run(text, at + beginning.size(), is_token);
    if (end - at >= beginning.size() + shortest_rest) return Part{at, end};
  }
  return {};
}

/// The credentials after the name of an HTTP authentication scheme.
Found credentials(std::string_view text, std::size_t at) noexcept {
  const std::string_view rest = text.substr(at);
  const bool bearer = text::starts_with_ignoring_case(rest, "bearer ");
  if (!bearer && !text::starts_with_ignoring_case(rest, "basic ")) return {};
  const std::size_t begin = text.find_first_not_of(' ', at + (bearer ? 6 : 5));
  if (begin == std::string_view::npos) return {};
  const std::size_t end = run(text, begin, is_token);
  const std::string_view token = text.substr(begin, end - begin);
  // "Basic settings" is a heading; base64 of a name and a password is no such word.
  const bool is_plain_word = std::ranges::all_of(token, [](char c) { return c >= 'a' && c <= 'z'; });
  if (token.size() < 6 || (!bearer && is_plain_word)) return {};
  return Part{begin, end};
}

/// `scheme://user:password@host`: the password; a long user alone is a token. Passwords with signs that
/// should have been escaped reach to the last @.
Found uri_password(std::string_view text, std::size_t at) noexcept {
  if (!text.substr(at).starts_with("://")) return {};
  const std::size_t begin = at + 3;
  std::size_t end = text.find_first_of(" \t\r\n\"'<>`", begin);
  if (end == std::string_view::npos) end = text.size();
  const std::string_view run_of_uri = text.substr(begin, end - begin);
  const std::size_t last = run_of_uri.rfind('@');
  if (last == std::string_view::npos) return {};
  const std::size_t path = std::min(run_of_uri.find_first_of("/?#"), run_of_uri.size());
  const std::size_t colon = run_of_uri.find(':');
  if (colon == std::string_view::npos || colon > std::min(path, last)) {
    constexpr std::size_t shortest_token = 20;
    if (last < path && last >= shortest_token) return Part{begin, begin + last};
    return {};
  }
  if (last > path) {
    // An @ in a path or query: the colon is a port's, unless what follows is no number.
    const std::string_view port = run_of_uri.substr(colon + 1, path - colon - 1);
    if (std::ranges::all_of(port, is_digit)) return {};
  }
  if (last == colon + 1) return {};
  return Part{begin + colon + 1, begin + last};
}

Found pem_key(std::string_view text, std::size_t at) noexcept {
  if (!text.substr(at).starts_with("-----BEGIN ")) return {};
  const std::size_t label = text.find("-----", at + 11);
  if (label == std::string_view::npos || !text.substr(at, label - at).ends_with("PRIVATE KEY")) return {};
  const std::size_t begin = label + 5;
  const std::size_t end = text.find("-----END", begin);
  return Part{begin, end == std::string_view::npos ? text.size() : end};
}

/// The value behind a sign at `at` (= or :), when the word before it is a secret's name.
Found named_value(std::string_view text, std::size_t at) noexcept {
  std::size_t name_end = at;
  while (name_end > 0 && (is_space(text[name_end - 1]) || text[name_end - 1] == '"' ||
                          text[name_end - 1] == '\'' || text[name_end - 1] == '\\'))
    --name_end;
  std::size_t name_begin = name_end;
  while (name_begin > 0 && is_word(text[name_begin - 1])) --name_begin;
  if (name_begin == name_end || !is_secret_name(text.substr(name_begin, name_end - name_begin))) return {};
  std::size_t begin = at + 1;
  while (begin < text.size() && (is_space(text[begin]) || text[begin] == '\\')) ++begin;
  if (begin == text.size() || text.substr(begin).starts_with(redacted_mark)) return {};
  if (const char quote = text[begin]; quote == '"' || quote == '\'') {
    const bool is_escaped = text[begin - 1] == '\\';  // JSON within a text of JSON
    ++begin;
    std::size_t end = begin;
    if (is_escaped) end = std::min(text.find('\\', begin), text.size());
    while (!is_escaped && end < text.size() && text[end] != quote)
      end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
    if (end > begin) return Part{begin, std::min(end, text.size())};
    return {};
  }
  if (text::starts_with_ignoring_case(text.substr(begin), "bearer ") ||
      text::starts_with_ignoring_case(text.substr(begin), "basic ")) {
    begin = text.find(' ', begin) + 1;
  }
  const std::size_t end = std::min(text.find_first_of(" \t\r\n,;&)}]\"'", begin), text.size());
  if (end == begin || text.substr(begin).starts_with(redacted_mark)) return {};
  return Part{begin, end};
}

Found find_at(std::string_view text, std::size_t at) noexcept {
  const char c = text[at];
  if (c == '=' || c == ':') {
    if (c == ':')
      if (const Found found = uri_password(text, at)) return found;
    return named_value(text, at);
  }
  const bool begins_word = at == 0 || !is_word(text[at - 1]);
  if (!begins_word) return {};
  if (c == '-') return pem_key(text, at);
  if (c == 'b' || c == 'B')
    if (const Found found = credentials(text, at)) return found;
  return known_token(text, at);
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
  const PlainName plain(name);
  const std::string_view text = plain.text();
  constexpr std::array<std::string_view, 8> within = {"password",      "passwd", "passphrase", "secret",
                                                      "authorization", "apikey", "privatekey", "credential"};
  constexpr std::array<std::string_view, 4> at_end = {"token", "cookie", "pwd", "jwt"};
  return std::ranges::any_of(within, [&](auto word) { return text.find(word) != std::string_view::npos; }) ||
         std::ranges::any_of(at_end, [&](auto word) { return text.ends_with(word); });
}

bool is_private_name(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 8> whole = {"body",    "bodyhtml", "bodytext", "html",
                                                     "snippet", "content",  "payload",  "raw"};
  return is_secret_name(name) || std::ranges::find(whole, PlainName(name).text()) != whole.end();
}

std::optional<std::string> redacted(std::string_view text) {
  std::optional<std::string> out;
  std::size_t kept = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const Found found = find_at(text, at);
    if (!found || text.substr(found->begin, found->end - found->begin) == redacted_mark) continue;
    if (!out) out.emplace();
    out->append(text.substr(kept, found->begin - kept)).append(redacted_mark);
    kept = found->end;
    at = found->end - 1;
  }
  if (out) out->append(text.substr(kept));
  return out;
}

}  // namespace omnicrm::observe
