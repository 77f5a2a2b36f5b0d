// What the C functions cost beyond the C++ ones that they call.
#include <omnicrm.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <omnicrm/omnicrm.hpp>
#include <string>
#include <utility>

#include "bench_check.hpp"
#include "bench_report.hpp"

namespace {

using namespace omnicrm;
using namespace omnicrm::benchmarks;

Contact some_contact() {
  Contact contact;
  contact.display_name = "Ada Lovelace";
  contact.emails = {{.value = "ada@example.org", .label = "work", .is_primary = true}};
  contact.organization = "Analytical Engine Ltd";
  return contact;
}

void must(std::int32_t status, ocrm_error* error) {
  if (status != OCRM_OK) give_up(ocrm_error_message(error));
}

/// The id of a contact that an operation made.
std::string id_in(std::string_view contact) {
  ocrm_buffer* id = nullptr;
  ocrm_error* error = nullptr;
  const std::int32_t status = ocrm_json_get(contact.data(), contact.size(), "/id", OCRM_NUL, &id, &error);
  must(status, error);
  std::string text(ocrm_buffer_data(id), ocrm_buffer_size(id));
  ocrm_buffer_free(id);
  return text;
}

std::string answer_of(ocrm_session* session, std::string_view operation, std::string_view json) {
  ocrm_buffer* answer = nullptr;
  ocrm_error* error = nullptr;
  const std::int32_t status =
      ocrm_call(session, operation.data(), operation.size(), json.data(), json.size(), &answer, &error);
  must(status, error);
  std::string text(ocrm_buffer_data(answer), ocrm_buffer_size(answer));
  ocrm_buffer_free(answer);
  return text;
}

}  // namespace

/// `contacts.get` of a small record through ocrm_call beside the same through Session::call, each on a CRM of
/// its own with the same data. The limit is 2,000 ns.
int main() {
  constexpr std::string_view operation = "contacts.get";
  Options options;
  options.path = ":memory:";
  auto cxx = checked(Crm::open(std::move(options)));
  auto direct = checked(cxx->session("bench"));
  const std::string direct_request =
      R"({"id":")" + checked(direct.contacts().create(some_contact())).id.to_string() + "\"}";

  ocrm* crm = nullptr;
  ocrm_session* session = nullptr;
  ocrm_error* error = nullptr;
  std::int32_t status = ocrm_open_json(R"({"path":":memory:"})", OCRM_NUL, &crm, &error);
  must(status, error);
  status = ocrm_session_open(crm, "bench", OCRM_NUL, nullptr, 0, &session, &error);
  must(status, error);
  const std::string made =
      answer_of(session, "contacts.create",
                R"({"display_name":"Ada Lovelace","emails":[{"value":"ada@example.org","label":"work",)"
                R"("is_primary":true}],"organization":"Analytical Engine Ltd"})");
  const std::string request = R"({"id":")" + id_in(made) + "\"}";

  const auto through_c = [&] {
    ocrm_buffer* answer = nullptr;
    if (ocrm_call(session, operation.data(), operation.size(), request.data(), request.size(), &answer,
                  nullptr) != OCRM_OK)
      give_up("ocrm_call failed");
    keep(ocrm_buffer_data(answer));
    ocrm_buffer_free(answer);
  };
  const auto through_cxx = [&] { keep(checked(direct.call(operation, direct_request))); };
  const auto [ours, peer] = measure_by_turns(through_c, through_cxx, 151);
  // Two differences of large numbers: the greater one counts.
  const double quietest = ours.min - peer.min;
  const double usual = ours.median - peer.median;
  const double overhead = std::max({quietest, usual, 1.0});
  report("capi", "call_overhead_ns", {.median = overhead, .min = std::min(quietest, usual), .max = overhead},
         "ns", {.name = "limit", .value = 2'000, .ratio = 2'000 / overhead});
  std::fprintf(stderr, "ocrm_call %.0f ns, Session::call %.0f ns (medians)\n", ours.median, peer.median);

  ocrm_session_free(session);
  ocrm_free(crm);
  return ocrm_live_handles() == 0 ? 0 : 1;
}
