// A message as facts for a plan, and as an interaction.
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/address.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "providers/files/item_support.hpp"
#include "providers/files/mail_message.hpp"
#include "providers/files/normalizers.hpp"
#include "sync/normalize/mail_text.hpp"

namespace omnicrm::files {
namespace {

using sync::ItemFacts;
using sync::Normalized;
using sync::NormalizedInteraction;
using sync::RawItem;

constexpr std::size_t most_participants = 500;
constexpr std::size_t most_labels = 100;
constexpr std::size_t longest_address = 320;  // RFC 3696 section 3, errata 1690
constexpr std::size_t longest_text = std::size_t{256} << 10;

/// What mail programs call the folder of sent mail, folded (no accents, lower case).
constexpr std::array<std::string_view, 20> sent_names = {"sent",
                                                         "sent mail",
                                                         "sent items",
                                                         "sent messages",
                                                         "gesendet",
                                                         "gesendete",
                                                         "gesendete objekte",
                                                         "gesendete elemente",
                                                         "gesendete nachrichten",
                                                         "envoyes",
                                                         "messages envoyes",
                                                         "elements envoyes",
                                                         "enviados",
                                                         "elementos enviados",
                                                         "mensajes enviados",
                                                         "itens enviados",
                                                         "posta inviata",
                                                         "inviati",
                                                         "verzonden",
                                                         "verzonden items"};

bool names_sent(std::string_view label) {
  const std::string folded = text::fold(label.substr(label.rfind('/') + 1));
  return std::find(sent_names.begin(), sent_names.end(), folded) != sent_names.end();
}

/// Dates before mail existed, or far ahead, come from broken clocks and broken headers.
std::optional<Timestamp> believable(std::optional<Timestamp> at) {
  using namespace std::chrono;
  constexpr Timestamp first = sys_days(year(1971) / 1 / 1);
  constexpr Timestamp last = sys_days(year(2200) / 1 / 1);
  return at && *at >= first && *at < last ? at : std::nullopt;
}

/// When the message came, as Gmail's internalDate has it: the topmost Received. Without one (sent mail) the
/// Date header, unless the mbox envelope says otherwise by more than a day: an envelope has no zone, so
/// within a day the header is the more exact of the two. Nothing if no header has a believable date.
std::optional<Timestamp> message_time(const MailHeader& header, const std::string& envelope) {
  if (const auto received = believable(header.received)) return received;
  const auto date = believable(header.date);
  std::optional<Timestamp> stamped;
  if (!envelope.empty()) {
    if (const auto parsed = parse_timestamp(envelope)) stamped = believable(*parsed);
  }
  if (!date || !stamped) return date ? date : stamped;
  return std::chrono::abs(*date - *stamped) <= std::chrono::hours(24) ? date : stamped;
}

/// Everybody in the header, each once a role.
class People {
 public:
  void add(ParticipantRole role, const std::vector<Mailbox>& mailboxes) {
    seen_.clear();
    for (const Mailbox& mailbox : mailboxes) {
      if (list_.size() >= most_participants) return;
      Participant person;
      person.role = role;
      person.name = text::squeeze(mailbox.name);
      person.address = address_of(mailbox.address);
      if (person.address.empty() || !seen_.insert(person.address).second) continue;
      list_.push_back(std::move(person));
    }
  }

  /// Only a Sender that is somebody else than From adds anything (RFC 5322 section 3.6.2).
  void add_sender(const std::vector<Mailbox>& mailboxes) {
    const std::size_t before = list_.size();
    add(ParticipantRole::sender, mailboxes);
    const auto from = [&](const Participant& person) {
      return std::any_of(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(before),
                         [&](const Participant& other) { return other.address == person.address; });
    };
    while (list_.size() > before && from(list_.back())) list_.pop_back();
  }

  [[nodiscard]] std::vector<Participant> take() { return std::move(list_); }

  static std::string address_of(std::string_view raw) {
    if (auto address = parse_address(raw)) return std::move(address->normalized);
    return std::string(text::cut(text::squeeze(raw), longest_address));
  }

 private:
  std::vector<Participant> list_;
  std::unordered_set<std::string> seen_;
};

ItemFacts facts_of(const MailHeader& header, const RawItem& item) {
  ItemFacts facts;
  facts.title = header.subject;
  facts.at = message_time(header, origin_text(item.origin, "envelope_date"));
  facts.labels = header.labels;
  if (facts.labels.size() > most_labels) facts.labels.resize(most_labels);
  const std::string folder = origin_text(item.origin, "folder");
  facts.marked_sent = names_sent(folder) || std::any_of(facts.labels.begin(), facts.labels.end(), names_sent);
  if (facts.labels.empty() && !folder.empty()) facts.labels.push_back(folder);

  People people;
  people.add(ParticipantRole::from, header.from);
  people.add_sender(header.sender);
  people.add(ParticipantRole::to, header.to);
  people.add(ParticipantRole::cc, header.cc);
  people.add(ParticipantRole::bcc, header.bcc);
  facts.participants = people.take();
  for (const std::string& address : header.delivered_to) {
    if (auto parsed = parse_address(address)) facts.delivered_to.push_back(std::move(parsed->normalized));
  }
  facts.from_list = !header.list_id.empty() || header.list_unsubscribe || header.precedence == "bulk" ||
                    header.precedence == "list" || header.precedence == "junk";
  facts.auto_submitted = !header.auto_submitted.empty() && header.auto_submitted != "no";
  return facts;
}

/// Gmail's thread if it says one, else the first message of the conversation, at last the message itself.
std::string thread_of(const MailHeader& header, std::string_view source_id) {
  if (!header.gmail_thread_id.empty()) return named_id("gmail:" + header.gmail_thread_id, source_id);
  if (!header.references.empty()) return named_id(header.references.front(), source_id);
  if (!header.in_reply_to.empty()) return named_id(header.in_reply_to.front(), source_id);
  return header.message_id.empty() ? std::string(source_id) : named_id(header.message_id, source_id);
}

std::vector<Document> documents_of(MailMessage& message) {
  std::vector<Document> documents;
  documents.reserve(message.attachments.size());
  for (MailAttachment& attachment : message.attachments) {
    Document document;
    document.part = static_cast<std::int64_t>(documents.size());
    document.filename = text::squeeze(attachment.filename);
    document.content_type = std::move(attachment.content_type);
    document.size = static_cast<std::int64_t>(attachment.bytes);
    const std::string& words = attachment.text.empty() ? attachment.content : attachment.text;
    document.text = text::cut(text::to_utf8(words), longest_text);
    documents.push_back(std::move(document));
  }
  return documents;
}

class MailNormalizer final : public sync::Normalizer {
 public:
  [[nodiscard]] std::int64_t version() const noexcept override { return 1; }
  [[nodiscard]] std::string_view content_type() const noexcept override { return "message/rfc822"; }

  Result<ItemFacts> facts(const RawItem& item) const override {
    OMNICRM_ASSIGN(const MailHeader header, parse_mail_header(item.payload));
    return facts_of(header, item);
  }

  Result<Normalized> normalize(std::span<const RawItem> series,
                               const sync::NormalizeOptions&) const override {
    if (series.size() != 1) return invalid("series", "a message stands alone");
    const RawItem& item = series.front();
    OMNICRM_ASSIGN(MailMessage message, parse_mail_message(item.payload));
    Normalized out;
    out.facts = facts_of(message.header, item);
    NormalizedInteraction made;
    fill(made.interaction, message, out.facts, item);
    made.documents = documents_of(message);
    out.interactions.push_back(std::move(made));
    return out;
  }

 private:
  static void fill(Interaction& mail, const MailMessage& message, const ItemFacts& facts,
                   const RawItem& item) {
    const MailHeader& header = message.header;
    mail.kind = InteractionKind::email;
    mail.source = Origin::email;
    mail.subject = header.subject;
    const bool has_plain = !text::trim(message.plain).empty();
    sync::MailText parts =
        sync::split_mail_text(has_plain ? message.plain : sync::html_to_text(message.html));
    mail.body = std::move(parts.body);
    mail.quoted = std::move(parts.quoted);
    mail.signature = std::move(parts.signature);
    // Without any date it stands at the epoch: the time of the import would be another one every time.
    mail.occurred_at = facts.at.value_or(Timestamp{});
    mail.message_id = text::cut(header.message_id, longest_source_id);
    mail.in_reply_to =
        header.in_reply_to.empty() ? "" : text::cut(header.in_reply_to.front(), longest_source_id);
    mail.thread_id = thread_of(header, item.source_id);
    mail.labels = facts.labels;
    mail.is_bulk = facts.from_list || facts.auto_submitted;
    mail.participants = facts.participants;
  }
};

}  // namespace

std::shared_ptr<const sync::Normalizer> mail_normalizer() {
  return std::make_shared<MailNormalizer>();
}

}  // namespace omnicrm::files
