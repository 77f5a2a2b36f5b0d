// What a record costs on its way to JSON, from JSON, and into a statement.
#include <boost/json.hpp>

#include "bench_report.hpp"
#include "model/json.hpp"
#include "repository/row.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;

Contact typical_contact() {
  const auto at = *parse_timestamp("2026-11-23T13:11:07.123456Z");
  return {.id = *ContactId::parse("0190f3a0-7e57-7abc-8def-0123456789ab"),
          .version = 3,
          .display_name = "Ada King, Countess of Lovelace",
          .given_name = "Ada",
          .family_name = "Lovelace",
          .emails = {{.value = "ada@analytical-engine.example", .label = "work", .is_primary = true},
                     {.value = "ada.lovelace@example.org", .label = "home"}},
          .phones = {{.value = "+44 20 7946 0958", .label = "mobile", .is_primary = true}},
          .organization_id = *OrganizationId::parse("0190f3a0-7e57-7abc-8def-ba9876543210"),
          .organization = "Analytical Engine Ltd",
          .job_title = "Enchantress of Numbers",
          .birthday = "1815-12-10",
          .note = "Met at Charles Babbage's soirée; wrote the notes on the engine.",
          .source = Origin::email,
          .provenance = {R"({"display_name":{"origin":"email","at":"2026-11-23T13:11:07Z","from":""}})"},
          .batch_id = *BatchId::parse("0190f3a0-7e57-7abc-8def-000000000001"),
          .created_at = at,
          .updated_at = at};
}

/// Takes what is bound and does nothing with it: what remains is the cost of the mapping.
class SinkStatement final : public storage::Statement {
 public:
  void bind_null(int parameter) override { sum_ += parameter; }
  void bind_int(int parameter, std::int64_t value) override { sum_ += parameter + value; }
  void bind_real(int parameter, double) override { sum_ += parameter; }
  void bind_text(int parameter, std::string_view value) override { add(parameter, value.size()); }
  void bind_blob(int parameter, std::span<const std::byte> value) override { add(parameter, value.size()); }
  Result<bool> step() override { return false; }
  void reset() noexcept override {}
  [[nodiscard]] bool is_null(int) const override { return true; }
  [[nodiscard]] std::int64_t get_int(int) const override { return sum_; }
  [[nodiscard]] double get_real(int) const override { return 0; }
  [[nodiscard]] std::string_view get_text(int) const override { return {}; }
  [[nodiscard]] std::span<const std::byte> get_blob(int) const override { return {}; }

 private:
  void add(int parameter, std::size_t size) { sum_ += parameter + static_cast<std::int64_t>(size); }
  std::int64_t sum_ = 0;
};

/// The same columns bound one by one, as one would write it for this record.
void bind_by_hand(storage::Statement& to, const Contact& contact, std::string_view emails,
                  std::string_view phones, std::string_view handles) {
  const auto optional_id = [&](int parameter, const auto& id) {
    if (id) {
      to.bind_blob(parameter, storage::as_blob(id->value));
    } else {
      to.bind_null(parameter);
    }
  };
  to.bind_blob(1, storage::as_blob(contact.id.value));
  to.bind_int(2, contact.version);
  int parameter = 3;
  for (const std::string* text :
       {&contact.display_name, &contact.name_prefix, &contact.given_name, &contact.middle_name,
        &contact.family_name, &contact.name_suffix, &contact.nickname})
    to.bind_text(parameter++, *text);
  for (const std::string_view text : {emails, phones, handles}) to.bind_text(parameter++, text);
  optional_id(parameter++, contact.organization_id);
  for (const std::string* text : {&contact.organization, &contact.department, &contact.job_title,
                                  &contact.birthday, &contact.note, &contact.custom.text})
    to.bind_text(parameter++, *text);
  to.bind_text(parameter++, "email");
  to.bind_text(parameter++, contact.provenance.text);
  to.bind_int(parameter++, contact.pinned ? 1 : 0);
  to.bind_int(parameter++, contact.archived ? 1 : 0);
  optional_id(parameter++, contact.merged_into);
  to.bind_null(parameter++);
  optional_id(parameter++, contact.batch_id);
  to.bind_int(parameter++, to_micros(contact.created_at));
  to.bind_int(parameter, to_micros(contact.updated_at));
}

void json_cases(const Contact& contact) {
  const std::string json = to_json(contact);
  const boost::json::value peer = boost::json::parse(json);
  std::printf("a contact is %zu bytes of JSON\n", json.size());

  const auto [writing, peer_writing] =
      measure_by_turns([&] { keep(to_json(contact)); }, [&] { keep(boost::json::serialize(peer)); });
  report("records", "contact_to_json_ns", writing, "ns",
         slower_peer("boost::json::serialize", peer_writing.median, writing.median));

  // The peer stops at a generic value: it neither checks the fields nor makes the record.
  const auto [reading, peer_reading] =
      measure_by_turns([&] { keep(from_json<Contact>(json)); }, [&] { keep(boost::json::parse(json)); });
  report("records", "contact_from_json_ns", reading, "ns",
         slower_peer("boost::json::parse", peer_reading.median, reading.median));
}

void row_cases(const Contact& contact) {
  SinkStatement sink;
  storage::Statement& statement = sink;
  const auto [ours, by_hand] = measure_by_turns(
      [&] {
        repository::RowBinder binder(statement);
        keep(repository::bind_row(binder, 1, contact));
      },
      // Both sides make the JSON of the lists.
      [&] {
        std::string emails;
        std::string phones;
        const auto add = [](std::string& out, const std::vector<ContactPoint>& points) {
          out += '[';
          for (const ContactPoint& point : points) {
            if (out.size() > 1) out += ',';
            write_json(out, point);
          }
          out += ']';
        };
        add(emails, contact.emails);
        add(phones, contact.phones);
        bind_by_hand(statement, contact, emails, phones, "[]");
        keep(emails);
      });
  report("records", "contact_bind_row_ns", ours, "ns",
         slower_peer("binds written by hand", by_hand.median, ours.median));
}

}  // namespace

int main() {
  const Contact contact = typical_contact();
  json_cases(contact);
  row_cases(contact);
  return 0;
}
