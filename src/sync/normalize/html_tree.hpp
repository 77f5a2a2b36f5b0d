// Gumbo on a leash: one HTML document parsed within a memory budget.
#pragma once

#include <gumbo.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "sync/normalize/html_brief.hpp"

namespace omnicrm::sync {

/// A parsed document with all its memory. Movable; one thread at a time.
///
/// Gumbo frees its tree by recursion, reconstructs formatting elements without bound (a kilobyte of
/// unclosed <b id=...> before many <p> makes gigabytes), and scans the whole stack of open elements
/// for each tag. So its memory comes from an arena that is dropped as a whole and ends the parse when
/// the budget is used up, and what is nested too deeply is not given to it.
class HtmlTree {
 public:
  /// The tree, or nothing (`root()` is null) if the document is too large, too deep or too costly. Keeps
  /// views of `html`, which must outlive it.
  [[nodiscard]] static HtmlTree parse(std::string_view html);

  HtmlTree(HtmlTree&&) noexcept;
  HtmlTree& operator=(HtmlTree&&) noexcept;
  ~HtmlTree();

  /// The document node; lives as long as this object. Its text is to be read by `text_of`.
  [[nodiscard]] const GumboNode* root() const noexcept { return root_; }
  /// The text of a text node; may stand in `buffer`, or in the input.
  [[nodiscard]] std::string_view text_of(const GumboNode* node, std::string& buffer) const;

 private:
  struct Arena;
  HtmlTree();

  std::unique_ptr<HtmlBrief> brief_;
  std::unique_ptr<Arena> arena_;
  const GumboNode* root_ = nullptr;
};

}  // namespace omnicrm::sync
