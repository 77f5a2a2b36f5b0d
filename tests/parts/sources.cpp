#include "parts/sources.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

#include "core/text.hpp"

namespace omnicrm::testing {
namespace {

namespace fs = std::filesystem;

std::string folder_of_messages() {
  const std::string command = OMNICRM_SOURCE "/scripts/fetch-testdata";
  FILE* answer = ::popen(command.c_str(), "r");
  if (answer == nullptr) throw std::runtime_error("cannot run " + command);
  std::array<char, 4096> line{};
  std::string folder;
  if (std::fgets(line.data(), static_cast<int>(line.size()), answer) != nullptr) folder = line.data();
  if (::pclose(answer) != 0 || folder.empty()) throw std::runtime_error(command + " failed");
  return std::string(text::trim(folder));
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<TestMessage> load(std::size_t every) {
  std::vector<fs::path> paths;
  const std::string folder = folder_of_messages();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<TestMessage> messages;
  for (std::size_t i = 0; i < paths.size(); i += every) {
    TestMessage message{paths[i].filename().string(), read_file(paths[i])};
    if (message.bytes.starts_with("From ")) message.bytes.erase(0, message.bytes.find('\n') + 1);
    if (!message.bytes.ends_with('\n')) message.bytes += '\n';
    messages.push_back(std::move(message));
  }
  return messages;
}

/// The Message-ID as written, or nothing.
std::string id_of(const TestMessage& message) {
  const std::string lower = text::lower_ascii(message.bytes.substr(0, message.bytes.find("\n\n") + 1));
  const std::size_t at = lower.find("\nmessage-id:");
  if (at == std::string::npos) return {};
  const std::size_t end = lower.find('\n', at + 1);
  return std::string(text::trim(std::string_view(message.bytes).substr(at + 12, end - at - 12)));
}

}  // namespace

const std::vector<TestMessage>& corpus() {
  static const std::vector<TestMessage> messages = load(10);
  return messages;
}

const std::vector<TestMessage>& distinct_corpus() {
  static const std::vector<TestMessage> messages = [] {
    std::map<std::string, int> seen;
    for (const TestMessage& message : corpus()) ++seen[id_of(message)];
    std::vector<TestMessage> distinct;
    for (const TestMessage& message : corpus()) {
      const std::string id = id_of(message);
      if (!id.empty() && seen[id] == 1) distinct.push_back(message);
    }
    return distinct;
  }();
  return messages;
}

std::vector<TestMessage> some_mail(std::size_t from, std::size_t count) {
  const auto& all = distinct_corpus();
  if (from + count > all.size()) throw std::out_of_range("so many messages there are not");
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<std::string> corpus_owners() {
  return {"yyyy@spamassassin.taint.org",
          "zzzz@spamassassin.taint.org",
          "jm@spamassassin.taint.org",
          "yyyy@netnoteinc.com",
          "jm@netnoteinc.com",
          "jm@jmason.org",
          "yyyy@jmason.org",
          "zzzz@jmason.org"};
}

SyncSource corpus_source(std::vector<std::string> paths) {
  SyncSource source;
  source.paths = std::move(paths);
  source.owner_addresses = corpus_owners();
  source.contact_policy = ContactPolicy::sent_and_received;
  source.past_days = 36'500;
  return source;
}

std::string write_file(const std::string& path, std::string_view text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
  return path;
}

std::string write_mbox(const std::string& path, std::span<const TestMessage> messages) {
  std::string mbox;
  for (const TestMessage& message : messages) {
    mbox += "From MAILER-DAEMON Thu Aug 22 12:36:23 2002\n";
    for (const std::string_view line : text::split(message.bytes, '\n')) {
      // mboxrd: one more ">" before what could be taken for an envelope line, or for a quoted one.
      const std::size_t start = line.find_first_not_of('>');
      if (start != std::string_view::npos && line.substr(start).starts_with("From ")) mbox += '>';
      mbox.append(line).append("\n");
    }
  }
  return write_file(path, mbox);
}

std::string write_maildir(const std::string& folder, std::span<const TestMessage> messages) {
  for (const char* part : {"/cur", "/new", "/tmp"}) fs::create_directories(folder + part);
  std::size_t number = 0;
  for (const TestMessage& message : messages) {
    const std::string name = std::to_string(1'030'000'000 + number++) + ".test.host";
    write_file(folder + (number % 3 == 0 ? "/new/" + name : "/cur/" + name + ":2,S"), message.bytes);
  }
  return folder;
}

std::string write_messages(const std::string& folder, std::span<const TestMessage> messages) {
  for (const TestMessage& message : messages) write_file(folder + "/" + message.name + ".eml", message.bytes);
  return folder;
}

TestMessage mail(const MailText& text) {
  return {text.id, "From: " + text.from + "\nTo: " + text.to + "\nSubject: " + text.subject +
                       "\nDate: " + text.date + "\nMessage-ID: <" + text.id + ">\n" + text.more_headers +
                       "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + text.body + "\n"};
}

std::string calendar(std::span<const std::string> events) {
  std::string text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\n";
  for (const std::string& event : events) text += event;
  return text + "END:VCALENDAR\r\n";
}

std::string event(const EventText& text) {
  return "BEGIN:VEVENT\r\nUID:" + text.uid + "\r\nDTSTAMP:20020801T080000Z\r\nDTSTART:" + text.start +
         "\r\nDTEND:" + text.end + "\r\nSUMMARY:" + text.title +
         "\r\nSEQUENCE:" + std::to_string(text.sequence) + "\r\n" + text.more + "END:VEVENT\r\n";
}

std::string card(std::string_view uid, std::string_view name, std::string_view email, std::string_view more) {
  std::string text = "BEGIN:VCARD\r\nVERSION:4.0\r\n";
  text.append("UID:").append(uid).append("\r\nFN:").append(name).append("\r\nEMAIL:").append(email);
  return text.append("\r\n").append(more).append("END:VCARD\r\n");
}

}  // namespace omnicrm::testing
