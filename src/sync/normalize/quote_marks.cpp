#include "sync/normalize/quote_marks.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/text.hpp"

namespace omnicrm::sync {
namespace {

using Lines = std::vector<std::string_view>;

/// Languages in this order everywhere: English, German, French, Spanish, Italian, Dutch, Portuguese.
/// All lower case; compared with the line's ASCII lower case, so accented letters are listed both ways.
constexpr std::array<std::string_view, 20> kOriginalMessage = {"original message",
                                                               "forwarded by",
                                                               "begin forwarded text",
                                                               "forwarded message",
                                                               "begin forwarded message",
                                                               "original-nachricht",
                                                               "ursprüngliche nachricht",
                                                               "weitergeleitete nachricht",
                                                               "anfang der weitergeleiteten",
                                                               "message d'origine",
                                                               "message original",
                                                               "message transféré",
                                                               "début du message transféré",
                                                               "mensaje original",
                                                               "mensaje reenviado",
                                                               "messaggio originale",
                                                               "messaggio inoltrato",
                                                               "oorspronkelijk bericht",
                                                               "mensagem original",
                                                               "mensagem encaminhada"};

constexpr std::array<std::string_view, 6> kFromLabels = {"from", "von", "de", "da", "van", "expéditeur"};

constexpr std::array<std::string_view, 34> kOtherLabels = {
    "sent",       "date",       "to",      "cc",           "subject",    "reply-to",   "gesendet",
    "datum",      "an",         "betreff", "envoyé",       "à",          "objet",      "copie",
    "fecha",      "enviado",    "para",    "asunto",       "inviato",    "data",       "oggetto",
    "a",          "verzonden",  "aan",     "onderwerp",    "enviada",    "enviada em", "assunto",
    "enviado el", "enviado em", "kopie",   "organization", "importance", "attachments"};

struct Attribution {
  std::string_view begin;  ///< how the line may start; empty for any way
  std::string_view end;    ///< how it ends, colon left off
};
constexpr std::array<Attribution, 22> kAttributions = {{
    {"on ", "wrote"},        {"at ", "wrote"},    {"", "writes"},        {"", " wrote"},
    {"", " said"},           {"am ", "schrieb"},  {"am ", "schrieb "},   {"", "schrieb"},
    {"le ", "a écrit"},      {"le ", "a écrit "}, {"le ", "a ecrit"},    {"", " écrivait"},
    {"el ", "escribió"},     {"el ", "escribio"}, {"", " escribió"},     {"il ", "ha scritto"},
    {"", " ha scritto"},     {"op ", "schreef"},  {"op ", "geschreven"}, {"em ", "escreveu"},
    {"no dia ", "escreveu"}, {"a ", "escreveu"},
}};

constexpr std::array<std::string_view, 42> kClosings = {"regards",
                                                        "best regards",
                                                        "kind regards",
                                                        "warm regards",
                                                        "best",
                                                        "best wishes",
                                                        "all the best",
                                                        "cheers",
                                                        "thanks",
                                                        "many thanks",
                                                        "thank you",
                                                        "thanks in advance",
                                                        "sincerely",
                                                        "sincerely yours",
                                                        "yours sincerely",
                                                        "yours truly",
                                                        "yours faithfully",
                                                        "yours",
                                                        "take care",
                                                        "respectfully",
                                                        "with kind regards",
                                                        "br",
                                                        "kr",
                                                        "mit freundlichen grüßen",
                                                        "freundliche grüße",
                                                        "viele grüße",
                                                        "beste grüße",
                                                        "liebe grüße",
                                                        "mfg",
                                                        "gruß",
                                                        "cordialement",
                                                        "bien cordialement",
                                                        "saludos",
                                                        "un saludo",
                                                        "atentamente",
                                                        "cordiali saluti",
                                                        "saluti",
                                                        "distinti saluti",
                                                        "met vriendelijke groet",
                                                        "groeten",
                                                        "atenciosamente",
                                                        "abraços"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& list, std::string_view item) noexcept {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The lower-case label of "Label: value" or "*Label:* value" (Gmail's bold), empty if the line has none.
std::string label_of(std::string_view line) {
  line = text::trim(line);
  while (!line.empty() && line.front() == '*') line.remove_prefix(1);
  const std::size_t colon = line.substr(0, 24).find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  std::string_view label = line.substr(0, colon);
  while (!label.empty() && (label.back() == '*' || label.back() == ' ')) label.remove_suffix(1);
  if (label.ends_with("\xC2\xA0")) label.remove_suffix(2);  // French puts a no-break space before a colon
  return text::lower_ascii(label);
}

bool has_digit(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether `line` (lower case, one piece) is an attribution. Without a known beginning it must name
/// somebody by address, or be short and all of the sentence ("Jane Doe wrote:").
bool is_attribution(std::string_view line) {
  if (!line.ends_with(':') || line.size() > 300) return false;
  line = text::trim(line.substr(0, line.size() - 1));
  for (const Attribution& known : kAttributions) {
    if (!line.ends_with(text::trim(known.end))) continue;
    if (!known.begin.empty()) {
      if (line.starts_with(known.begin) && has_digit(line)) return true;
      continue;
    }
    if (line.find('@') != std::string_view::npos || has_digit(line)) return true;
    if (line.size() <= 60 && std::count(line.begin(), line.end(), ' ') <= 5) return true;
  }
  // Dutch and German clients put the name behind: "Op 3 mei schreef Jan:", "Am 3. Mai schrieb Jan:".
  for (const std::string_view verb : {"schrieb ", "schreef ", "escribió ", "ha scritto "})
    if (line.find(verb) != std::string_view::npos && has_digit(line)) return true;
  return false;
}

/// A short line without the end of a sentence, as names, titles and addresses are.
bool is_signature_like(std::string_view line) noexcept {
  return line.size() <= 72 && !line.ends_with('?') && !line.ends_with(':') && !line.ends_with(',');
}

}  // namespace

bool is_quote_line(std::string_view line) noexcept {
  std::size_t at = 0;
  while (at < line.size() && at < 2 && line[at] == ' ') ++at;
  const std::size_t from = at;
  while (at < line.size() && at - from < 4 && is_letter(line[at])) ++at;
  if (at >= line.size()) return false;
  if (line[at] == '>') return true;
  return at == from && line[at] == '|' && at + 1 < line.size() && line[at + 1] == ' ';
}

bool is_original_message_line(std::string_view line) {
  line = text::trim(line);
  if (line.size() > 80) return false;
  const bool ruled = line.starts_with("--") || line.starts_with("__") || line.starts_with("==");
  const bool announced = line.ends_with(':');
  if (!ruled && !announced) return false;
  const std::size_t begin = std::min(line.find_first_not_of("-_= "), line.size());
  line.remove_prefix(begin);
  line = line.substr(0, line.find_last_not_of("-_= :") + 1);
  const std::string lower = text::lower_ascii(line);
  return std::any_of(kOriginalMessage.begin(), kOriginalMessage.end(), [&](std::string_view known) {
    return lower.starts_with(known) &&
           (ruled ? lower.size() <= known.size() + 50 : lower.size() == known.size());
  });
}

bool is_rule_line(std::string_view line) noexcept {
  line = text::trim(line);
  return line.size() >= 5 && line.find_first_not_of(line.front()) == std::string_view::npos &&
         (line.front() == '_' || line.front() == '-' || line.front() == '=');
}

bool is_footer_rule(std::string_view line) noexcept {
  return line.size() >= 20 && is_rule_line(line) && line.front() != '=';
}

bool is_header_block(const Lines& lines, std::size_t at, std::size_t end) {
  if (lines[at].find(':') == std::string_view::npos) return false;
  std::size_t known = 0;
  bool from = false;
  // Up to eight lines more than the first: long To: lists wrap.
  for (std::size_t i = at; i < std::min(end, at + 9); ++i) {
    if (lines[i].empty() || is_quote_line(lines[i])) break;
    const std::string label = label_of(lines[i]);
    if (contains(kFromLabels, label))
      from = true;
    else if (contains(kOtherLabels, label))
      ++known;
    else if (i == at)
      return false;
    if (from && known >= 2) return true;
  }
  return false;
}

std::size_t attribution_length(const Lines& lines, std::size_t at, std::size_t end) {
  for (std::size_t length = 1; length <= 3 && at + length <= end; ++length) {
    const std::string_view line = text::trim(lines[at + length - 1]);
    if (line.empty() || is_quote_line(line) || line.size() > 200) return 0;
    if (!line.ends_with(':')) {
      if (length == 1 && at + 1 < end && line.ends_with('.')) return 0;
      continue;
    }
    std::string joined;
    for (std::size_t i = at; i < at + length; ++i) {
      if (i != at) joined += ' ';
      joined += text::lower_ascii(text::trim(lines[i]));
    }
    return is_attribution(joined) ? length : 0;
  }
  return 0;
}

std::size_t attribution_before(const Lines& lines, std::size_t begin, std::size_t quote) {
  std::size_t last = quote;
  while (last > begin && quote - last < 2 && lines[last - 1].empty()) --last;
  if (last == begin || !lines[last - 1].ends_with(':')) return quote;
  for (std::size_t length = 1; length <= 3 && last - begin >= length; ++length)
    if (attribution_length(lines, last - length, last) == length) {
      // Prefer the longest that starts as an attribution does: "On Monday,\nJane wrote:".
      std::size_t best = last - length;
      for (std::size_t longer = length + 1; longer <= 3 && last - begin >= longer; ++longer)
        if (has_digit(lines[last - longer]) && attribution_length(lines, last - longer, last) == longer)
          best = last - longer;
      return best;
    }
  return quote;
}

std::size_t find_closing(const Lines& lines, std::size_t begin, std::size_t end) {
  constexpr std::size_t kMaxLines = 10;
  for (std::size_t i = end; i > begin + 1 && end - i < kMaxLines; --i) {
    const std::string_view line = text::trim(lines[i - 1]);
    if (!is_signature_like(line) && !line.ends_with(',')) return end;
    if (line.empty() || line.size() > 40) continue;
    std::string lower = text::lower_ascii(line.substr(0, line.find_last_not_of(",.!") + 1));
    if (!contains(kClosings, lower)) continue;
    // The closing of a mail stands above a name; alone at the very end, "Thanks" is still the mail's text.
    const bool name_follows = std::any_of(lines.begin() + static_cast<std::ptrdiff_t>(i),
                                          lines.begin() + static_cast<std::ptrdiff_t>(end),
                                          [](std::string_view other) { return !other.empty(); });
    return name_follows ? i - 1 : end;
  }
  return end;
}

}  // namespace omnicrm::sync
