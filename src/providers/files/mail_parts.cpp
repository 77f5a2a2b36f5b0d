#include "providers/files/mail_parts.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/text.hpp"

namespace omnicrm::files {
namespace {

struct Delimiter {
  std::size_t begin = std::string_view::npos;  ///< of the line end in front of it
  std::size_t end = 0;                         ///< of the line, its line end included
  bool closes = false;
};

/// Whether a delimiter line stands at `at`. RFC 2046 section 5.1.1: "--", the boundary, "--" at the end
/// of the multipart, white space.
bool read_delimiter(std::string_view body, std::size_t at, std::string_view dashes_boundary, Delimiter& out) {
  if (!body.substr(at).starts_with(dashes_boundary)) return false;
  std::size_t end = at + dashes_boundary.size();
  out.closes = body.substr(end).starts_with("--");
  if (out.closes) end += 2;
  while (end < body.size() && (body[end] == ' ' || body[end] == '\t' || body[end] == '\r')) ++end;
  if (end < body.size() && body[end] != '\n') return false;
  out.end = end < body.size() ? end + 1 : end;
  out.begin = at;
  // The line end in front belongs to the delimiter, not to the part.
  if (out.begin > 0) --out.begin;
  if (out.begin > 0 && body[out.begin - 1] == '\r') --out.begin;
  return true;
}

/// Finds delimiter lines. Nested multiparts make it look at the same bytes once a level, so it skips ahead
/// by the boundary's length (Boyer-Moore-Horspool).
class DelimiterFinder {
 public:
  DelimiterFinder(std::string_view body, std::string_view boundary)
      : body_(body), needle_("\n--" + std::string(boundary)), searcher_(needle_.begin(), needle_.end()) {}

  /// The first one at or after `from`, which is the start of a line.
  Delimiter find(std::size_t from) const {
    const std::string_view dashes_boundary = std::string_view(needle_).substr(1);
    Delimiter found;
    if (read_delimiter(body_, from, dashes_boundary, found)) return found;
    const char* at = body_.data() + from;
    const char* const end = body_.data() + body_.size();
    while ((at = std::search(at, end, searcher_)) != end) {
      ++at;
      if (read_delimiter(body_, static_cast<std::size_t>(at - body_.data()), dashes_boundary, found))
        return found;
    }
    return {};
  }

 private:
  std::string_view body_;
  std::string needle_;
  std::boyer_moore_horspool_searcher<std::string::const_iterator> searcher_;
};

/// An entity still to look at.
struct Pending {
  std::string_view entity;
  std::uint32_t depth = 0;
  std::uint32_t alternative = 0;
  std::uint32_t branch = 0;
  bool in_digest = false;
};

class Walk {
 public:
  explicit Walk(const MailLimits& limits) : limits_(limits) {}

  MailParts run(const MailFields& message) {
    visit(message, Pending{});
    while (!open_.empty()) {
      const Pending next = open_.back();
      open_.pop_back();
      visit(split_fields(next.entity), next);
    }
    return std::move(out_);
  }

 private:
  void visit(const MailFields& fields, const Pending& at) {
    MailPart part;
    part.type = content_type(fields.first("content-type"));
    // RFC 2046 section 5.1.5: in a digest a part without a type is a message.
    if (at.in_digest && fields.first("content-type").empty()) part.type.type = "message/rfc822";
    if (text::starts_with_ignoring_case(part.type.type, "multipart/") && descend(part.type, fields.body, at))
      return;
    if (out_.leaves.size() >= limits_.max_parts) {
      out_.truncated = true;
      return;
    }
    if (part.type.type.starts_with("multipart/")) part.type.type = "text/plain";
    part.disposition = disposition(fields.first("content-disposition"));
    part.encoding = text::trim(fields.first("content-transfer-encoding"));
    part.content_id = text::trim(fields.first("content-id"));
    part.body = fields.body;
    part.alternative = at.alternative;
    part.branch = at.branch;
    out_.leaves.push_back(std::move(part));
  }

  /// Puts the children on the stack. False if there is no delimiter line: then the body is shown as text.
  bool descend(const ContentType& type, std::string_view body, const Pending& at) {
    if (at.depth >= limits_.max_depth) {
      out_.truncated = true;
      return true;
    }
    const std::size_t room = limits_.max_parts - std::min<std::size_t>(limits_.max_parts, seen_);
    const std::vector<std::string_view> children = split_multipart(body, type.boundary, room + 1);
    if (children.empty()) return false;
    const std::size_t taken = std::min(children.size(), room);
    out_.truncated = out_.truncated || taken != children.size();
    seen_ += taken;
    const bool alternative = type.type == "multipart/alternative";
    if (alternative) ++alternatives_;
    for (std::size_t i = taken; i-- > 0;)
      open_.push_back({children[i], at.depth + 1, alternative ? alternatives_ : at.alternative,
                       alternative ? static_cast<std::uint32_t>(i) : at.branch,
                       type.type == "multipart/digest"});
    return true;
  }

  const MailLimits& limits_;
  MailParts out_;
  std::vector<Pending> open_;
  std::size_t seen_ = 0;
  std::uint32_t alternatives_ = 0;
};

}  // namespace

std::vector<std::string_view> split_multipart(std::string_view body, std::string_view boundary,
                                              std::size_t limit) {
  std::vector<std::string_view> parts;
  if (boundary.empty()) return parts;
  const DelimiterFinder finder(body, boundary);
  Delimiter delimiter = finder.find(0);
  while (delimiter.begin != std::string_view::npos && !delimiter.closes && parts.size() < limit) {
    const std::size_t begin = delimiter.end;
    delimiter = finder.find(begin);
    const std::size_t end = delimiter.begin == std::string_view::npos ? body.size() : delimiter.begin;
    parts.push_back(body.substr(begin, end > begin ? end - begin : 0));
  }
  return parts;
}

MailParts list_parts(const MailFields& message, const MailLimits& limits) {
  return Walk(limits).run(message);
}

}  // namespace omnicrm::files
