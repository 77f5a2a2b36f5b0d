#include <gumbo.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "sync/normalize/html_scan.hpp"
#include "sync/normalize/html_tree.hpp"
#include "sync/normalize/mail_text.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::size_t kMaxInputBytes = 4u << 20;
constexpr std::size_t kMaxQuoteDepth = 20;

/// Collects text with HTML's white space rules: blanks collapse, blocks stand on lines of their own, at
/// most one empty line in a row.
class TextWriter {
 public:
  explicit TextWriter(std::size_t expected) { out_.reserve(expected); }

  void add(std::string_view text) {
    while (!text.empty()) {
      const std::size_t word = word_length(text);
      if (word != 0) {
        add_word(text.substr(0, word));
        text.remove_prefix(word);
      }
      if (text.empty()) return;
      blank_ = true;
      text.remove_prefix(blank_length(text));
    }
  }

  /// Text of <pre>: as it stands.
  void add_preformatted(std::string_view text) {
    while (true) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (!line.empty()) add_word(line);
      if (end == std::string_view::npos) return;
      line_break();
      text.remove_prefix(end + 1);
    }
  }

  /// <br>: ends the line, even an empty one.
  void line_break() {
    ++breaks_;
    blank_ = false;
  }
  /// A block begins or ends here.
  void block() {
    if (!at_line_start_ && !marker_) breaks_ = std::max(breaks_, 1);
    blank_ = false;
  }
  /// The same with an empty line.
  void paragraph() {
    if (!at_line_start_ && !marker_) breaks_ = std::max(breaks_, 2);
    blank_ = false;
  }
  void open_quote() {
    paragraph();
    flush_breaks();
    ++quote_depth_;
  }
  void close_quote() {
    --quote_depth_;
    paragraph();
  }
  /// A list item: its mark stands in front of its first word, whatever blocks lie between.
  void open_item() {
    block();
    marker_ = true;
  }
  void close_item() {
    marker_ = false;
    block();
  }
  void cell() { blank_ = breaks_ == 0; }

  [[nodiscard]] std::string finish() {
    out_.resize(std::string_view(out_).find_last_not_of(" \n") + 1);
    return std::move(out_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
  /// What was written from `from` on.
  [[nodiscard]] std::string_view since(std::size_t from) const noexcept {
    return std::string_view(out_).substr(std::min(from, out_.size()));
  }

 private:
  /// U+00A0 is a blank to a reader; zero-width characters are marks of trackers and soft breaks.
  static std::size_t blank_length(std::string_view text) noexcept {
    const char c = text.front();
    if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
    if (text.starts_with("\xC2\xA0") || text.starts_with("\xC2\xAD")) return 2;
    if (text.starts_with("\xE2\x80\x8B") || text.starts_with("\xE2\x80\x8C") ||
        text.starts_with("\xEF\xBB\xBF"))
      return 3;
    return 0;
  }

  static std::size_t word_length(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
      const auto c = static_cast<unsigned char>(text[at]);
      if ((c <= ' ' || c == 0xC2 || c == 0xE2 || c == 0xEF) && blank_length(text.substr(at)) != 0) break;
      ++at;
    }
    return at;
  }

  void flush_breaks() {
    if (breaks_ != 0 && !out_.empty()) {
      for (int i = 0; i < std::min(breaks_, 2); ++i) {
        if (i == 1) append_marks();  // the empty line between two paragraphs of a quote
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        out_ += '\n';
      }
      at_line_start_ = true;
    }
    breaks_ = 0;
  }

  void append_marks() {
    for (std::size_t i = 0; i < std::min(quote_depth_, kMaxQuoteDepth); ++i) out_ += "> ";
  }

  void add_word(std::string_view word) {
    flush_breaks();
    if (at_line_start_)
      append_marks();
    else if (blank_)
      out_ += ' ';
    if (marker_) out_ += "- ";
    out_ += word;
    marker_ = false;
    at_line_start_ = false;
    blank_ = false;
  }

  std::string out_;
  std::size_t quote_depth_ = 0;
  int breaks_ = 0;
  bool blank_ = false;
  bool marker_ = false;
  bool at_line_start_ = true;
};

std::string_view attribute(const GumboNode* node, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&node->v.element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

/// Invisible by its own style; what a style sheet hides is not looked for.
bool is_hidden(const GumboNode* node) {
  if (gumbo_get_attribute(&node->v.element.attributes, "hidden") != nullptr) return true;
  std::string style = text::lower_ascii(attribute(node, "style"));
  if (style.empty()) return false;
  std::erase(style, ' ');
  return style.find("display:none") != std::string::npos ||
         style.find("visibility:hidden") != std::string::npos ||
         style.find("mso-hide:all") != std::string::npos;
}

bool is_skipped(const GumboNode* node) {
  switch (node->v.element.tag) {
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_HEAD:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_SELECT:
    case GUMBO_TAG_TEXTAREA:
      return true;
    default:
      return is_hidden(node);
  }
}

/// An image says its alternative text, unless it is too small to be seen.
void add_image(const GumboNode* node, TextWriter& out) {
  const auto tiny = [&](const char* name) {
    const std::string_view size = attribute(node, name);
    return size == "0" || size == "1" || size == "1px" || size == "0px";
  };
  if (tiny("width") || tiny("height")) return;
  if (const std::string_view alt = text::trim(attribute(node, "alt")); !alt.empty()) out.add(alt);
}

/// The target of a link if a reader can use it and does not see it yet.
std::optional<std::string> hidden_target(const GumboNode* link, std::string_view shown) {
  const std::string target(text::trim(attribute(link, "href")));
  if (!text::starts_with_ignoring_case(target, "http://") &&
      !text::starts_with_ignoring_case(target, "https://"))
    return std::nullopt;
  if (target.find_first_of(" \n\r\t") != std::string::npos) return std::nullopt;
  std::string_view bare = std::string_view(target).substr(target.find("//") + 2);
  if (bare.ends_with('/')) bare.remove_suffix(1);
  if (shown.empty() || shown.find(bare) != std::string_view::npos) return std::nullopt;
  return target;
}

class Renderer {
 public:
  Renderer(const HtmlTree& tree, TextWriter& out) : tree_(tree), out_(out) {}

  /// Walks without recursion: down to the first child, along by the index that Gumbo keeps, up by `parent`.
  void render() {
    const GumboNode* const root = tree_.root();
    const GumboNode* node = root;
    bool down = enter(node);
    while (true) {
      const GumboVector* children = down ? children_of(node) : nullptr;
      if (children != nullptr && children->length != 0) {
        node = static_cast<const GumboNode*>(children->data[0]);
        down = enter(node);
        continue;
      }
      if (down) leave(node);
      while (node != root && !has_next(node)) {
        node = node->parent;
        leave(node);
      }
      if (node == root) return;
      node = static_cast<const GumboNode*>(children_of(node->parent)->data[node->index_within_parent + 1]);
      down = enter(node);
    }
  }

 private:
  static const GumboVector* children_of(const GumboNode* node) {
    if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
    return node->type == GUMBO_NODE_ELEMENT ? &node->v.element.children : nullptr;
  }

  static bool has_next(const GumboNode* node) {
    return node->index_within_parent + 1 < children_of(node->parent)->length;
  }

  /// Whether the node's children are to be shown.
  bool enter(const GumboNode* node) {
    switch (node->type) {
      case GUMBO_NODE_DOCUMENT:
        return true;
      case GUMBO_NODE_ELEMENT:
        return enter_element(node);
      case GUMBO_NODE_TEXT:
      case GUMBO_NODE_WHITESPACE:
      case GUMBO_NODE_CDATA:
        if (preformatted_ != 0)
          out_.add_preformatted(tree_.text_of(node, buffer_));
        else
          out_.add(tree_.text_of(node, buffer_));
        return false;
      default:
        return false;
    }
  }

  bool enter_element(const GumboNode* node) {
    if (is_skipped(node)) return false;
    switch (node->v.element.tag) {
      case GUMBO_TAG_BR:
        out_.line_break();
        return false;
      case GUMBO_TAG_IMG:
        add_image(node, out_);
        return false;
      case GUMBO_TAG_HR:
        out_.block();
        out_.add("---");
        out_.block();
        return false;
      case GUMBO_TAG_LI:
        out_.open_item();
        return true;
      case GUMBO_TAG_A:
        link_from_ = out_.size();
        return true;
      case GUMBO_TAG_PRE:
        ++preformatted_;
        break;
      case GUMBO_TAG_BLOCKQUOTE:
        out_.open_quote();
        return true;
      default:
        break;
    }
    space(node);
    return true;
  }

  void leave(const GumboNode* node) {
    if (node->type != GUMBO_NODE_ELEMENT) return;
    switch (node->v.element.tag) {
      case GUMBO_TAG_LI:
        out_.close_item();
        return;
      case GUMBO_TAG_A:
        if (const auto target = hidden_target(node, text::trim(out_.since(link_from_))))
          out_.add(" <" + *target + ">");
        return;
      case GUMBO_TAG_PRE:
        --preformatted_;
        break;
      case GUMBO_TAG_BLOCKQUOTE:
        out_.close_quote();
        return;
      default:
        break;
    }
    space(node);
  }

  /// The room that the element puts around itself.
  void space(const GumboNode* node) {
    switch (node->v.element.tag) {
      case GUMBO_TAG_P:
      case GUMBO_TAG_H1:
      case GUMBO_TAG_H2:
      case GUMBO_TAG_H3:
      case GUMBO_TAG_H4:
      case GUMBO_TAG_H5:
      case GUMBO_TAG_H6:
      case GUMBO_TAG_PRE:
        // Outlook makes every line a paragraph of this class, without room between.
        if (attribute(node, "class") == "MsoNormal")
          out_.block();
        else
          out_.paragraph();
        return;
      case GUMBO_TAG_UL:
      case GUMBO_TAG_OL:
      case GUMBO_TAG_DL:
      case GUMBO_TAG_TABLE:
      case GUMBO_TAG_TR:
      case GUMBO_TAG_DIV:
      case GUMBO_TAG_CENTER:
      case GUMBO_TAG_DT:
      case GUMBO_TAG_DD:
      case GUMBO_TAG_ADDRESS:
      case GUMBO_TAG_ARTICLE:
      case GUMBO_TAG_SECTION:
      case GUMBO_TAG_HEADER:
      case GUMBO_TAG_FOOTER:
      case GUMBO_TAG_FORM:
      case GUMBO_TAG_CAPTION:
        out_.block();
        return;
      case GUMBO_TAG_TD:
      case GUMBO_TAG_TH:
        out_.cell();
        return;
      default:
        return;
    }
  }

  const HtmlTree& tree_;
  TextWriter& out_;
  std::string buffer_;
  std::size_t preformatted_ = 0;
  std::size_t link_from_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view html) {
  html = text::cut(html, kMaxInputBytes);
  TextWriter out(html.size() / 2);
  const HtmlTree tree = HtmlTree::parse(html);
  if (tree.root() != nullptr)
    Renderer(tree, out).render();
  else
    out.add_preformatted(strip_tags(html));
  return text::to_utf8(out.finish());
}

}  // namespace omnicrm::sync
