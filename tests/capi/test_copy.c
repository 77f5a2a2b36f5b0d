/* A whole database to another one: progress, refusal, going on, and what is refused. */
#include "check.h"

static const char* options_for(char* text, size_t size, const char* path) {
  snprintf(text, size, "{\"path\":\"%s\",\"sqlite\":{\"full_sync\":false}}", path);
  return text;
}

static char from[512], to[512];

/* A source with two contacts and a target that is not made yet. */
static void make_pair(const char* source, const char* target) {
  ocrm* crm = open_file(in_folder(source));
  ocrm_session* ada = session_of(crm, "ada");
  make_contact(ada, "Grace");
  make_contact(ada, "Edsger");
  ocrm_session_free(ada);
  ocrm_free(crm);
  options_for(from, sizeof from, in_folder(source));
  options_for(to, sizeof to, in_folder(target));
}

struct heard {
  int calls;
  int verified;
  int32_t answer;
};

static int32_t listen(void* user, const ocrm_progress* at, ocrm_error** err) {
  struct heard* heard = user;
  heard->calls += 1;
  heard->verified |= strncmp(at->note, "verify ", 7) == 0;
  CHECK(at->struct_size == sizeof *at && at->done > 0 && at->done <= at->total);
  CHECK(at->note_size == strlen(at->note) && at->job_id == NULL && at->kind == NULL);
  if (heard->answer != OCRM_OK && err != NULL)
    *err = ocrm_error_new(OCRM_UNAVAILABLE, "not today", OCRM_NUL, NULL, 0, 0, 0);
  return heard->answer;
}

static void everything_is_there(void) {
  ocrm_buffer* report = NULL;
  struct heard heard = {0, 0, OCRM_OK};
  ocrm* crm;
  ocrm_session* ada;
  make_pair("from.db", "to.db");
  OK(ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 1, listen, &heard, NULL, &report, ERR));
  NEED(report != NULL);
  CHECK(heard.calls > 4 && heard.verified);
  CHECK(strlen(get(ocrm_buffer_data(report), "/checksum")) == 64);
  CHECK_TEXT("false", get(ocrm_buffer_data(report), "/resumed"));
  CHECK(atoi(get(ocrm_buffer_data(report), "/rows")) >= 4);
  ocrm_buffer_free(report);
  crm = open_file(in_folder("to.db"));
  ada = session_of(crm, "ada");
  CHECK(has(call(ada, "contacts.search", "{\"text\":\"grace\"}"), "Grace"));
  ocrm_session_free(ada);
  ocrm_free(crm);
}

static void refused_and_gone_on(void) {
  ocrm_buffer* report = NULL;
  ocrm_cancel* cancel = NULL;
  struct heard heard = {0, 0, OCRM_UNAVAILABLE};
  make_pair("from2.db", "to2.db");
  STATUS(OCRM_UNAVAILABLE,
         ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 1, listen, &heard, NULL, &report, ERR));
  CHECK_TEXT("not today", ocrm_error_message(check_error));
  CHECK(heard.calls == 1 && report == NULL);
  OK(ocrm_cancel_new(&cancel, ERR));
  ocrm_cancel_request(cancel);
  STATUS(OCRM_CANCELLED,
         ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 0, NULL, NULL, cancel, &report, ERR));
  ocrm_cancel_free(cancel);
  OK(ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 0, NULL, NULL, NULL, &report, ERR));
  CHECK_TEXT("true", get(ocrm_buffer_data(report), "/resumed"));
  ocrm_buffer_free(report);
}

static void what_cannot_be_copied(void) {
  ocrm_buffer* report = NULL;
  make_pair("from3.db", "to3.db");
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_copy_database("{\"pth\":1}", OCRM_NUL, to, OCRM_NUL, 0, NULL, NULL, NULL, &report, ERR));
  CHECK(has(ocrm_error_message(check_error), "from."));
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, -1, NULL, NULL, NULL, &report, ERR));
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_copy_database(from, OCRM_NUL, from, OCRM_NUL, 0, NULL, NULL, NULL, &report, ERR));
  STATUS(OCRM_NOT_FOUND, ocrm_copy_database("{\"path\":\"/nowhere/at/all.db\"}", OCRM_NUL, to, OCRM_NUL, 0,
                                            NULL, NULL, NULL, &report, ERR));
  ocrm_free(open_file(in_folder("to3.db")));
  OK(ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 0, NULL, NULL, NULL, &report, ERR));
  ocrm_buffer_free(report);
  report = NULL;
  STATUS(OCRM_FAILED_PRECONDITION,
         ocrm_copy_database(from, OCRM_NUL, to, OCRM_NUL, 0, NULL, NULL, NULL, &report, ERR));
  CHECK(report == NULL);
}

int main(int count, char** words) {
  static const check_case cases[] = {{"everything_is_there", everything_is_there},
                                     {"refused_and_gone_on", refused_and_gone_on},
                                     {"what_cannot_be_copied", what_cannot_be_copied},
                                     {NULL, NULL}};
  return check_main(count, words, cases);
}
