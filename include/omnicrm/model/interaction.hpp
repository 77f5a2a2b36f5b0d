// Something that happened between people: a mail, a meeting, a call, a note, a message.
#pragma once

#include <omnicrm/model/common.hpp>

namespace omnicrm {

/// @since 0.1
enum class InteractionKind { email, meeting, call, note, message };

/// Seen from the user. @since 0.1
enum class Direction {
  none,      ///< notes, and meetings nobody invited the user to
  inbound,   ///< from somebody to the user
  outbound,  ///< from the user
  internal,  ///< from the user to the user alone
};

/// What a participant did in it. @since 0.1
enum class ParticipantRole { from, sender, to, cc, bcc, organizer, attendee, optional_attendee, resource, about };

/// What an invited person answered (RFC 5545 section 3.2.12). @since 0.1
enum class ParticipantResponse { none, needs_action, accepted, declined, tentative, delegated };

/// @since 0.1
enum class InteractionStatus { confirmed, tentative, cancelled };

/// One person's part in an interaction. @since 0.1
struct Participant {
  ParticipantRole role = ParticipantRole::to;
  /// Normalized address; empty for a person named by contact alone.
  std::string address;
  std::string name;
  ParticipantResponse response = ParticipantResponse::none;
  /// The contact that owns the address, as far as there is one.
  std::optional<ContactId> contact_id;
  /// One of the user's own addresses.
  bool is_self = false;

  friend bool operator==(const Participant&, const Participant&) = default;
};

/// A file that came with an interaction, or its text. @since 0.1
struct Document {
  DocumentId id;
  std::optional<InteractionId> interaction_id;
  std::optional<RawEventId> raw_event_id;
  /// Which part of the raw event it is, from 0.
  std::int64_t part = 0;
  std::string filename;
  /// Lower case `type/subtype`.
  std::string content_type;
  /// Decoded size in bytes.
  std::int64_t size = 0;
  /// Extracted text, searchable; empty when there is none.
  std::string text;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};

  friend bool operator==(const Document&, const Document&) = default;
};

/// An entry of the timeline. @since 0.1
struct Interaction {
  InteractionId id;
  std::int64_t version = 1;
  InteractionKind kind = InteractionKind::note;
  Direction direction = Direction::none;
  InteractionStatus status = InteractionStatus::confirmed;
  std::string subject;
  /// Plain text of this message alone, without quoted history and signature.
  std::string body;
  /// Quoted history that was split off.
  std::string quoted;
  /// Signature that was split off.
  std::string signature;
  /// When it happened: sent or received, start of a meeting.
  Timestamp occurred_at{};
  /// End of a meeting or call; absent when it has none.
  std::optional<Timestamp> ended_at;
  /// A meeting of whole days: `occurred_at` and `ended_at` are midnight UTC of its first day and of the day
  /// after its last.
  bool all_day = false;
  /// IANA zone the event was written in ("Europe/Dublin"), or empty.
  std::string zone;
  std::string location;
  std::string conference_url;
  /// Same for all messages of a conversation, all instances of a recurring event.
  std::string thread_id;
  /// Message-ID or UID, without angle brackets.
  std::string message_id;
  std::string in_reply_to;
  /// Start of this instance before it was moved (RFC 5545 section 3.8.4.4).
  std::optional<Timestamp> original_start;
  std::vector<std::string> labels;
  /// Mail that a list or a machine sent.
  bool is_bulk = false;
  /// The contact it is chiefly about: the sender of a mail to the user, the first recipient of one from the
  /// user. Absent when none of them is a contact.
  std::optional<ContactId> contact_id;
  Origin source = Origin::user;
  /// What it was made from.
  std::optional<RawEventId> raw_event_id;
  /// Version of the normalizer that made it; 0 when a person wrote it.
  std::int64_t normalizer_version = 0;
  std::optional<BatchId> batch_id;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::vector<Participant> participants;

  friend bool operator==(const Interaction&, const Interaction&) = default;
};

}  // namespace omnicrm
