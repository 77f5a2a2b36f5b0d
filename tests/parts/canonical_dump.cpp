#include "parts/canonical_dump.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "core/sha256.hpp"
#include "parts/database_reader.hpp"

namespace omnicrm::testing {
namespace {

namespace json = boost::json;
using Names = std::map<std::string, std::string>;
using Cell = DatabaseReader::Cell;
using Columns = std::vector<std::string>;

constexpr std::size_t shown_lines = 6;

std::string blob_of(UserId user) {
  return {reinterpret_cast<const char*>(user.value.bytes.data()), user.value.bytes.size()};
}

/// Ids as uuids stand in JSON columns: 8-4-4-4-12.
std::string dashed(const std::string& hex_id) {
  if (hex_id.size() != 32) return hex_id;
  return hex_id.substr(0, 8) + "-" + hex_id.substr(8, 4) + "-" + hex_id.substr(12, 4) + "-" +
         hex_id.substr(16, 4) + "-" + hex_id.substr(20);
}

class Dump {
 public:
  Dump(const std::string& path, UserId user) : database_(look_into(path)), user_({blob_of(user)}) {}

  std::vector<std::string> run() {
    name_everything();
    contacts();
    table("identity", "SELECT kind, match_key, contact_id FROM contact_identities WHERE user_id = ?");
    table("organization",
          "SELECT domain, name, website, industry, note, custom, source, provenance, deleted_at IS NULL AS "
          "live "
          "FROM organizations WHERE user_id = ?");
    interactions();
    table("raw_event",
          "SELECT service, source_id, state, reason, content_type, size, content_hash, normalizer_version, "
          "(SELECT p.payload FROM raw_payloads p WHERE p.user_id = raw_events.user_id AND p.seq = "
          "raw_events.seq) "
          "FROM raw_events WHERE user_id = ?");
    table("document",
          "SELECT interaction_id, raw_event_id, part, filename, content_type, size, text FROM documents "
          "WHERE user_id = ?");
    table("tag", "SELECT name, color FROM tags WHERE user_id = ?");
    table("contact_tag",
          "SELECT ct.contact_id, t.name FROM contact_tags ct JOIN tags t ON t.user_id = ct.user_id "
          "AND t.id = ct.tag_id WHERE ct.user_id = ?");
    table("segment", "SELECT name, filter FROM segments WHERE user_id = ?");
    table("task",
          "SELECT title, note, contact_id, due_at, snoozed_until, done_at IS NULL AS open FROM tasks "
          "WHERE user_id = ?");
    table("suppression", "SELECT kind, value FROM suppressions WHERE user_id = ?");
    table("setting", "SELECT name, value FROM settings WHERE user_id = ?");
    std::sort(lines_.begin(), lines_.end());
    return std::move(lines_);
  }

 private:
  void name_everything() {
    std::map<std::string, std::set<std::string>> reached;
    for (const auto& row : database_->rows(
             "SELECT contact_id, kind, match_key FROM contact_identities WHERE user_id = ?", user_)) {
      reached[row[0]].insert(row[1] + ":" + row[2]);
    }
    for (const auto& row :
         database_->rows("SELECT id, display_name FROM contacts WHERE user_id = ?", user_)) {
      const auto found = reached.find(row[0]);
      names_[row[0]] = "contact " + (found == reached.end() ? row[1] : *found->second.begin());
    }
    for (const auto& row :
         database_->rows("SELECT id, domain, name FROM organizations WHERE user_id = ?", user_)) {
      names_[row[0]] = "organization " + (row[1].empty() ? row[2] : row[1]);
    }
    for (const auto& row :
         database_->rows("SELECT id, service, source_id FROM raw_events WHERE user_id = ?", user_)) {
      names_[row[0]] = row[1] + ":" + row[2];
    }
    for (const auto& row : database_->rows(
             "SELECT id, raw_event_id, original_start, subject FROM interactions WHERE user_id = ?", user_)) {
      names_[row[0]] = named(row[1]) + "|" + row[2] + (row[1].empty() ? row[3] : "");
    }
  }

  [[nodiscard]] std::string named(const std::string& id) const {
    const auto name = names_.find(id);
    return name == names_.end() ? id : name->second;
  }

  /// The same inside JSON: provenance names raw events.
  [[nodiscard]] json::value renamed(json::value value) const {
    if (value.is_string()) {
      std::string bare(value.get_string());
      std::erase(bare, '-');
      if (const auto name = names_.find(bare); name != names_.end() && dashed(bare) == value.get_string()) {
        return json::value(name->second);
      }
      return value;
    }
    if (value.is_array()) {
      for (json::value& each : value.get_array()) each = renamed(each);
    }
    if (value.is_object()) {
      std::map<std::string, json::value> sorted;
      // Of several items that said the same, any may be the one that provenance names.
      const bool claim = value.get_object().contains("origin") && value.get_object().contains("from");
      for (const auto& [key, each] : value.get_object()) {
        if (!claim || key != "from") sorted.emplace(key, renamed(each));
      }
      json::object object;
      for (const auto& [key, each] : sorted) object.emplace(key, each);
      return object;
    }
    return value;
  }

  json::object record(const Columns& columns, const std::vector<Cell>& cells) const {
    json::object out;
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const std::string& value = cells[at].bytes;
      if (cells[at].is_blob) {
        out.emplace(columns[at], value.size() == 16 ? named(hex(value)) : sha256_hex(value));
        continue;
      }
      boost::system::error_code error;
      json::value parsed;
      if (value.starts_with('{') || value.starts_with('[')) parsed = json::parse(value, error);
      out.emplace(columns[at], parsed.is_structured() && !error ? renamed(parsed) : json::value(value));
    }
    return out;
  }

  void table(const std::string& name, const std::string& sql) {
    database_->each(sql, user_, [&](const Columns& columns, const std::vector<Cell>& cells) {
      lines_.push_back(name + " " + json::serialize(record(columns, cells)));
    });
  }

  void contacts() {
    database_->each(
        "SELECT id, display_name, name_prefix, given_name, middle_name, family_name, name_suffix, nickname, "
        "emails, "
        "phones, handles, organization_id, organization, department, job_title, birthday, note, custom, "
        "source, "
        "provenance, pinned, archived, deleted_at IS NULL AS live, sort_name FROM contacts "
        "WHERE user_id = ? AND merged_into IS NULL",
        user_, [&](const Columns& columns, const std::vector<Cell>& cells) {
          lines_.push_back("contact " + json::serialize(record(columns, cells)));
        });
  }

  void interactions() {
    std::map<std::string, json::array> participants;
    database_->each(
        "SELECT interaction_id, role, address, match_key, name, response, contact_id, is_self, occurred_at "
        "FROM interaction_participants WHERE user_id = ? ORDER BY interaction_id, ordinal",
        user_, [&](const Columns& columns, const std::vector<Cell>& cells) {
          json::object person = record(columns, cells);
          const std::string& key = cells[0].bytes;
          person.erase("interaction_id");
          participants[key].push_back(std::move(person));
        });
    database_->each(
        "SELECT id, kind, direction, status, subject, body, quoted, signature, occurred_at, ended_at, "
        "all_day, zone, "
        "location, conference_url, thread_id, message_id, in_reply_to, original_start, labels, is_bulk, "
        "contact_id, "
        "source, raw_event_id, normalizer_version FROM interactions WHERE user_id = ?",
        user_, [&](const Columns& columns, const std::vector<Cell>& cells) {
          json::object interaction = record(columns, cells);
          const std::string& key = cells[0].bytes;
          interaction.emplace("participants", std::move(participants[key]));
          lines_.push_back("interaction " + json::serialize(interaction));
        });
  }

  std::unique_ptr<DatabaseReader> database_;
  std::vector<std::string> user_;
  Names names_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> canonical_dump(const std::string& path, UserId user) {
  return Dump(path, user).run();
}

std::vector<std::string> canonical_dump(const std::string& path, std::string_view user_name) {
  const auto user = user_id(user_name);
  if (!user) throw std::runtime_error(user.error().message);
  return canonical_dump(path, *user);
}

std::string difference(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::vector<std::string> missing;
  std::vector<std::string> surplus;
  std::set_difference(expected.begin(), expected.end(), actual.begin(), actual.end(),
                      std::back_inserter(missing));
  std::set_difference(actual.begin(), actual.end(), expected.begin(), expected.end(),
                      std::back_inserter(surplus));
  if (missing.empty() && surplus.empty()) return {};
  std::string text = std::to_string(missing.size()) + " lines missing, " + std::to_string(surplus.size()) +
                     " not expected\n";
  for (std::size_t i = 0; i < std::max(missing.size(), surplus.size()) && i < shown_lines; ++i) {
    const std::string empty;
    const std::string& was = i < missing.size() ? missing[i] : empty;
    const std::string& is = i < surplus.size() ? surplus[i] : empty;
    const auto apart = std::mismatch(was.begin(), was.end(), is.begin(), is.end()).first - was.begin();
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, apart - 60));
    const auto part = [&](const std::string& line) {
      if (line.size() <= from) return line.substr(0, 240);
      return line.substr(0, 80) + " ... " + line.substr(from, 240);
    };
    text += "  - " + part(was) + "\n  + " + part(is) + "\n";
  }
  return text;
}

std::vector<std::string> only(const std::vector<std::string>& dump, std::string_view table) {
  std::vector<std::string> lines;
  for (const std::string& line : dump) {
    if (line.starts_with(std::string(table) + " ")) lines.push_back(line);
  }
  return lines;
}

}  // namespace omnicrm::testing
