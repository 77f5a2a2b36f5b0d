#include "core/zstd.hpp"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "core/errors.hpp"

namespace omnicrm::zstd {
namespace {

struct Free {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

// A context is some 100 KB to 1 MB of tables: kept for the thread's life, not made per message.
ZSTD_CCtx* compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  return context.get();
}

ZSTD_DCtx* decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  return context.get();
}

tl::unexpected<Error> no_memory() {
  return failure(ErrorCode::resource_exhausted, "zstd: out of memory");
}

tl::unexpected<Error> damaged(std::string_view reason) {
  return failure(ErrorCode::data_loss, fmt::format("zstd: {}", reason));
}

tl::unexpected<Error> too_large(std::size_t cap) {
  return failure(ErrorCode::resource_exhausted, fmt::format("zstd: expands to more than {} bytes", cap));
}

std::string_view as_text(std::span<const std::byte> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// The size that the header names is a claim; the output starts with it where it is believable and grows by
// what really comes.
std::size_t first_size(std::string_view data, std::size_t cap) {
  const unsigned long long claimed = ZSTD_getFrameContentSize(data.data(), data.size());
  constexpr std::size_t chunk = 64 * 1024;
  if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR) return std::min(chunk, cap);
  // No zstd frame shrinks by more than this factor without being mostly one repeated block.
  const std::size_t believable = std::max(chunk, data.size() * 64);
  return std::min({static_cast<std::size_t>(claimed), believable, cap});
}

}  // namespace

Result<std::string> compress(std::string_view data, int level) {
  ZSTD_CCtx* const context = compressor();
  if (context == nullptr) return no_memory();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), data.data(), data.size());
  if (ZSTD_isError(size) != 0) return failure(ErrorCode::internal, ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<std::string> compress(std::span<const std::byte> data, int level) {
  return compress(as_text(data), level);
}

Result<std::string> decompress(std::string_view data, std::size_t cap) {
  ZSTD_DCtx* const context = decompressor();
  if (context == nullptr) return no_memory();
  const unsigned long long claimed = ZSTD_getFrameContentSize(data.data(), data.size());
  if (claimed == ZSTD_CONTENTSIZE_ERROR) return damaged("not a zstd frame");
  if (claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed > cap) return too_large(cap);

  ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  std::string out(first_size(data, cap), '\0');
  std::size_t written = 0;
  std::size_t wanted = 1;  // 0 when a frame is complete
  while (in.pos < in.size || wanted != 0) {
    const bool full = written == out.size();
    // At the cap one more byte of room tells "exactly the cap" from "more".
    char beyond = 0;
    if (full && out.size() < cap) out.resize(std::min(cap, std::max<std::size_t>(out.size() * 2, 64 * 1024)));
    const bool at_cap = written == cap;
    ZSTD_outBuffer to{at_cap ? &beyond : out.data() + written, at_cap ? 1 : out.size() - written, 0};
    const std::size_t consumed = in.pos;
    wanted = ZSTD_decompressStream(context, &to, &in);
    if (ZSTD_isError(wanted) != 0) return damaged(ZSTD_getErrorName(wanted));
    if (at_cap && to.pos > 0) return too_large(cap);
    written += to.pos;
    if (to.pos == 0 && in.pos == consumed && wanted != 0) return damaged("the data is cut off");
  }
  out.resize(written);
  return out;
}

Result<std::string> decompress(std::span<const std::byte> data, std::size_t cap) {
  return decompress(as_text(data), cap);
}

}  // namespace omnicrm::zstd
