// What the tests of the file source share: a folder to write into, and everything a source gives out of it.
#pragma once

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/providers/files.hpp>

#include "model/json.hpp"
#include "parts/temporary_folder.hpp"

namespace omnicrm::testing {

class FileFolder : public TemporaryFolder {
 public:
  std::string write(std::string_view name, std::string_view bytes) const {
    const std::filesystem::path full = path() / name;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << bytes;
    return full.string();
  }
  [[nodiscard]] SyncSource source(std::string_view below = "") const {
    SyncSource source;
    source.paths = {below.empty() ? path().string() : file(below)};
    return source;
  }
};

inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(OMNICRM_FIXTURES) + "/" + name, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file.good(), name);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

inline std::unique_ptr<sync::Source> open_source(const SyncSource& source) {
  auto opened = files::files_source(source);
  BOOST_REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
  return std::move(*opened);
}

inline std::vector<PlanFile> inventory(const SyncSource& source) {
  auto files = open_source(source)->inventory({});
  BOOST_REQUIRE_MESSAGE(files.has_value(), (files ? "" : files.error().message));
  return *files;
}

inline std::vector<sync::SourceItem> read_scope(sync::Source& source, const PlanFile& scope,
                                                std::string_view position = {}) {
  auto reader = source.read(scope, position);
  BOOST_REQUIRE_MESSAGE(reader.has_value(), (reader ? "" : reader.error().message));
  std::vector<sync::SourceItem> items;
  for (;;) {
    sync::SourceItem item;
    const auto more = (*reader)->next(item);
    BOOST_REQUIRE_MESSAGE(more.has_value(), (more ? "" : more.error().message));
    if (!*more) return items;
    items.push_back(std::move(item));
  }
}

/// All items of all scopes, in order.
inline std::vector<sync::SourceItem> read_all(const SyncSource& from) {
  const auto source = open_source(from);
  std::vector<sync::SourceItem> items;
  for (const PlanFile& scope : inventory(from)) {
    if (scope.format == "ignored") continue;
    for (sync::SourceItem& item : read_scope(*source, scope)) items.push_back(std::move(item));
  }
  return items;
}

/// Everything about an item on one line, to compare and to show.
inline std::string line_of(const sync::SourceItem& item) {
  return item.service + '|' + item.source_id + '|' + item.content_type + '|' + std::to_string(item.size) +
         '|' + item.origin.text + '|' + std::to_string(static_cast<int>(item.state)) + '|' + item.reason +
         '|' + item.next + '|' + item.payload;
}

/// Reading on behind any item gives what came after it.
inline void check_resumes(const SyncSource& from) {
  const auto source = open_source(from);
  for (const PlanFile& scope : inventory(from)) {
    if (scope.format == "ignored") continue;
    const auto all = read_scope(*source, scope);
    BOOST_REQUIRE(!all.empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto rest = read_scope(*source, scope, all[i].next);
      BOOST_REQUIRE_EQUAL(rest.size(), all.size() - i - 1);
      for (std::size_t k = 0; k < rest.size(); ++k) BOOST_TEST(line_of(rest[k]) == line_of(all[i + 1 + k]));
    }
  }
}

inline const sync::Normalizer& normalizer_of(std::string_view content_type) {
  static const auto normalizers = files::file_normalizers();
  for (const auto& normalizer : normalizers) {
    if (normalizer->content_type() == content_type) return *normalizer;
  }
  throw std::runtime_error("no normalizer for " + std::string(content_type));
}

inline sync::RawItem raw(const sync::SourceItem& item) {
  return {.source_id = item.source_id,
          .content_type = item.content_type,
          .payload = item.payload,
          .origin = &item.origin};
}

inline sync::NormalizeOptions wide_window() {
  sync::NormalizeOptions options;
  options.window_start = *parse_timestamp("2016-01-01");
  options.window_end = *parse_timestamp("2027-11-23");
  return options;
}

inline sync::Normalized normalize(const sync::SourceItem& item) {
  const sync::RawItem one = raw(item);
  auto made = normalizer_of(item.content_type).normalize(std::span(&one, 1), wide_window());
  BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
  return std::move(*made);
}

/// A message, calendar, card or row without a file around it.
inline sync::SourceItem item_of(std::string_view content_type, std::string_view payload,
                                std::string origin = "{}") {
  sync::SourceItem item;
  item.content_type = content_type;
  item.payload = payload;
  item.source_id = "id@example.org";
  item.origin = Json{std::move(origin)};
  return item;
}

/// All records, in one text; `items` gives each its item's name instead of a number.
inline std::string text_of(const sync::Normalized& made, std::span<const sync::RawItem> items) {
  std::string out =
      std::to_string(static_cast<int>(made.state)) + made.reason + '\n' + made.facts.title + '\n';
  for (const auto& person : made.facts.participants) out += person.address + ' ';
  for (const auto& one : made.interactions) {
    out += std::string(items[one.item].source_id) + ' ' + to_json(one.interaction) + '\n';
    for (const auto& document : one.documents) out += to_json(document) + '\n';
  }
  for (const auto& one : made.contacts) {
    out += std::string(items[one.item].source_id) + ' ' + to_json(one.contact) + '\n';
    for (const auto& tag : one.tags) out += tag + '\n';
  }
  return out;
}

}  // namespace omnicrm::testing
