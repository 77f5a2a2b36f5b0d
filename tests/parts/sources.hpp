// What tests import: real messages, and calendars, cards and tables of their own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <omnicrm/model/sync.hpp>

namespace omnicrm::testing {

/// A message as it stands in a file of its own: without an mbox's envelope line.
struct TestMessage {
  std::string name;
  std::string bytes;
};

/// Every tenth of the 6,046 real messages (scripts/fetch-testdata), in a fixed order.
[[nodiscard]] const std::vector<TestMessage>& corpus();
/// Of these, the ones whose Message-ID no other has.
[[nodiscard]] const std::vector<TestMessage>& distinct_corpus();
/// `count` of them, beginning at `from`.
[[nodiscard]] std::vector<TestMessage> some_mail(std::size_t from, std::size_t count);

/// Whose mailbox the real messages are.
[[nodiscard]] std::vector<std::string> corpus_owners();
/// A source over `paths` that takes people of both directions as contacts.
[[nodiscard]] SyncSource corpus_source(std::vector<std::string> paths);

/// All of these give the path.
std::string write_file(const std::string& path, std::string_view text);
std::string write_mbox(const std::string& path, std::span<const TestMessage> messages);
std::string write_maildir(const std::string& folder, std::span<const TestMessage> messages);
std::string write_messages(const std::string& folder, std::span<const TestMessage> messages);

/// A short message of one's own.
struct MailText {
  std::string id;
  std::string from;
  std::string to;
  std::string subject = "Hello";
  std::string body = "A few words.";
  std::string date = "Thu, 22 Aug 2002 12:36:23 +0000";
  std::string more_headers = {};
};
[[nodiscard]] TestMessage mail(const MailText& text);

/// A calendar of events, each "BEGIN:VEVENT ... END:VEVENT".
[[nodiscard]] std::string calendar(std::span<const std::string> events);
struct EventText {
  std::string uid;
  std::string start = "20020901T100000Z";
  std::string end = "20020901T110000Z";
  std::string title = "Meeting";
  int sequence = 0;
  std::string more = {};  ///< whole lines, each with its "\r\n"
};
[[nodiscard]] std::string event(const EventText& text);
[[nodiscard]] std::string card(std::string_view uid, std::string_view name, std::string_view email,
                               std::string_view more = {});

}  // namespace omnicrm::testing
