#include "sync/normalize/html_tree.hpp"

#include <csetjmp>
#include <cstdlib>
#include <new>
#include <vector>

#include "sync/normalize/html_scan.hpp"

namespace omnicrm::sync {
namespace {

constexpr std::size_t kMaxHtmlBytes = 512u << 10;
constexpr std::size_t kMaxNesting = 256;
constexpr std::size_t kBlockBytes = 64u << 10;

}  // namespace

/// Hands out memory and takes none back until it is destroyed.
struct HtmlTree::Arena {
  std::vector<std::unique_ptr<char[]>> blocks;
  char* next = nullptr;
  std::size_t left = 0;
  std::size_t budget = 0;
  std::jmp_buf give_up;

  void* take(std::size_t size) noexcept {
    constexpr std::size_t kAlign = alignof(std::max_align_t);
    size = (size + kAlign - 1) / kAlign * kAlign;
    if (size > left && !grow(size)) return nullptr;
    void* const taken = next;
    next += size;
    left -= size;
    return taken;
  }

  bool grow(std::size_t size) noexcept {
    const std::size_t block = size > kBlockBytes ? size : kBlockBytes;
    if (block > budget) return false;
    try {
      blocks.push_back(std::unique_ptr<char[]>(new char[block]));
    } catch (const std::bad_alloc&) {
      return false;
    }
    budget -= block;
    next = blocks.back().get();
    left = block;
    return true;
  }

  /// Gumbo does not check for null, so the parse is left from here: only Gumbo's C frames lie between.
  static void* allocate(void* self, std::size_t size) {
    auto* const arena = static_cast<Arena*>(self);
    void* const taken = arena->take(size);
    if (taken == nullptr) std::longjmp(arena->give_up, 1);
    return taken;
  }

  static void release(void*, void*) noexcept {}

  /// Null when the budget is used up. No object with a destructor may live in this function.
  const GumboNode* parse(const char* text, std::size_t size) {
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = &Arena::allocate;
    options.deallocator = &Arena::release;
    options.userdata = this;
    options.max_errors = 0;
    if (setjmp(give_up) != 0) return nullptr;
    return gumbo_parse_with_options(&options, text, size)->document;
  }
};

HtmlTree::HtmlTree() : arena_(std::make_unique<Arena>()) {}
HtmlTree::HtmlTree(HtmlTree&&) noexcept = default;
HtmlTree& HtmlTree::operator=(HtmlTree&&) noexcept = default;
HtmlTree::~HtmlTree() = default;

HtmlTree HtmlTree::parse(std::string_view html) {
  HtmlTree tree;
  if (html.size() > kMaxHtmlBytes) return tree;
  tree.brief_ = std::make_unique<HtmlBrief>(html);
  const std::string_view brief = tree.brief_->html();
  if (!is_tame(brief, kMaxNesting)) return tree;
  tree.arena_->budget = (1u << 20) + 32 * html.size();
  tree.root_ = tree.arena_->parse(brief.data(), brief.size());
  return tree;
}

std::string_view HtmlTree::text_of(const GumboNode* node, std::string& buffer) const {
  return brief_->expand(node->v.text.text, buffer);
}

}  // namespace omnicrm::sync
