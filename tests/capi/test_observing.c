/* Metrics, request and trace ids. */
#include "check.h"

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void metrics_are_text(void) {
  ocrm* crm = NULL;
  ocrm_buffer* text = NULL;
  const char* json = "{\"path\":\":memory:\",\"metrics\":true}";
  OK(ocrm_open_json(json, OCRM_NUL, &crm, ERR));
  OK(ocrm_metrics_text(crm, &text, ERR));
  CHECK(ocrm_buffer_size(text) == strlen(ocrm_buffer_data(text)));
  ocrm_buffer_free(text);
  OK(ocrm_close(crm, ERR));
  text = NULL;
  STATUS(OCRM_FAILED_PRECONDITION, ocrm_metrics_text(crm, &text, ERR));
  CHECK(text == NULL);
  ocrm_free(crm);
}

static void metrics_are_off_unless_asked_for(void) {
  ocrm* crm = open_memory();
  ocrm_buffer* text = NULL;
  OK(ocrm_metrics_text(crm, &text, ERR));
  CHECK_TEXT("", ocrm_buffer_data(text));
  ocrm_buffer_free(text);
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"metrics\":1}", OCRM_NUL, &crm, ERR));
  STATUS(OCRM_INVALID_ARGUMENT, ocrm_open_json("{\"log_format\":\"xml\"}", OCRM_NUL, &crm, ERR));
  ocrm_free(crm);
}

static void a_traced_call_is_a_call(void) {
  ocrm* crm = open_memory();
  ocrm_session* ada = session_of(crm, "ada");
  ocrm_buffer* answer = NULL;
  OK(ocrm_call_traced(ada, "contacts.list", OCRM_NUL, "{}", 2, "r-1", 3, TRACEPARENT, OCRM_NUL, &answer,
                      ERR));
  CHECK(has(ocrm_buffer_data(answer), "items"));
  ocrm_buffer_free(answer);
  OK(ocrm_call_traced(ada, "contacts.list", OCRM_NUL, NULL, 0, NULL, 0, NULL, 0, &answer, ERR));
  ocrm_buffer_free(answer);
  answer = NULL;
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_call_traced(ada, "contacts.list", OCRM_NUL, "{}", 2, "r-1", 3, "00-x", 4, &answer, ERR));
  CHECK(has(ocrm_error_message(check_error), "traceparent"));
  STATUS(OCRM_INVALID_ARGUMENT,
         ocrm_call_traced(ada, "contacts.list", OCRM_NUL, "{}", 2, "r\xff", 2, NULL, 0, &answer, ERR));
  CHECK(answer == NULL);
  ocrm_session_free(ada);
  ocrm_free(crm);
}

int main(int count, char** words) {
  const check_case cases[] = {{"metrics_are_text", metrics_are_text},
                              {"metrics_are_off_unless_asked_for", metrics_are_off_unless_asked_for},
                              {"a_traced_call_is_a_call", a_traced_call_is_a_call},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
