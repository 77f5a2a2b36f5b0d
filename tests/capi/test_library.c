/* What belongs to no CRM: versions, names, errors, buffers, JSON. */
#include "check.h"

static void versions(void) {
  char text[40];
  snprintf(text, sizeof(text), "%d.%d.%d", OCRM_VERSION_MAJOR, OCRM_VERSION_MINOR, OCRM_VERSION_PATCH);
  CHECK_TEXT(text, ocrm_version());
  CHECK(ocrm_abi_version() == OCRM_ABI_VERSION);
}

static void status_names(void) {
  CHECK_TEXT("ok", ocrm_status_name(OCRM_OK));
  CHECK_TEXT("invalid_argument", ocrm_status_name(OCRM_INVALID_ARGUMENT));
  CHECK_TEXT("failed_precondition", ocrm_status_name(OCRM_FAILED_PRECONDITION));
  CHECK_TEXT("internal", ocrm_status_name(OCRM_INTERNAL));
  CHECK_TEXT("unknown", ocrm_status_name(OCRM_INTERNAL + 1));
  CHECK_TEXT("unknown", ocrm_status_name(-1));
}

/* The numbers are the same as the operations' own error codes, in order. */
static void statuses_are_those_of_the_operations(void) {
  ocrm_buffer* schema = NULL;
  char pointer[20];
  OK(ocrm_operations_schema(&schema, ERR));
  for (int32_t status = 1; status <= OCRM_INTERNAL; ++status) {
    snprintf(pointer, sizeof(pointer), "/errors/%d", (int)status - 1);
    CHECK_TEXT(ocrm_status_name(status), get(ocrm_buffer_data(schema), pointer));
  }
  CHECK(has(ocrm_buffer_data(schema), "\"contacts.create\""));
  CHECK(strlen(ocrm_buffer_data(schema)) == ocrm_buffer_size(schema));
  ocrm_buffer_free(schema);
}

static void errors(void) {
  ocrm_error* error =
      ocrm_error_new(OCRM_UNAVAILABLE, "the server sleeps", OCRM_NUL, "{\"wait\":5}", OCRM_NUL, 1, 0);
  CHECK(ocrm_error_code(error) == OCRM_UNAVAILABLE);
  CHECK_TEXT("the server sleeps", ocrm_error_message(error));
  CHECK_TEXT("{\"wait\":5}", ocrm_error_details(error));
  CHECK(ocrm_error_retryable(error) == 1 && ocrm_error_needs_user(error) == 0);
  ocrm_error_free(error);

  error = ocrm_error_new(OCRM_OK, "abc\xff", 2, "[1]", OCRM_NUL, 0, 7);
  CHECK(ocrm_error_code(error) == OCRM_INTERNAL);
  CHECK_TEXT("ab", ocrm_error_message(error));
  CHECK_TEXT("{}", ocrm_error_details(error));
  CHECK(ocrm_error_retryable(error) == 0 && ocrm_error_needs_user(error) == 1);
  ocrm_error_free(error);

  error = ocrm_error_new(99, "caf\xe9", OCRM_NUL, NULL, 0, 0, 0);
  CHECK(ocrm_error_code(error) == OCRM_INTERNAL);
  CHECK_TEXT("caf?", ocrm_error_message(error));
  ocrm_error_free(error);
}

static void nothing_is_an_empty_thing(void) {
  CHECK(ocrm_error_code(NULL) == OCRM_OK);
  CHECK_TEXT("", ocrm_error_message(NULL));
  CHECK_TEXT("{}", ocrm_error_details(NULL));
  CHECK(ocrm_error_retryable(NULL) == 0 && ocrm_error_needs_user(NULL) == 0);
  CHECK_TEXT("", ocrm_buffer_data(NULL));
  CHECK(ocrm_buffer_size(NULL) == 0);
  CHECK(ocrm_cancel_requested(NULL) == 0);
}

static void one(int32_t status, const char* json, const char* pointer, const char* expected) {
  ocrm_buffer* value = NULL;
  STATUS(status, ocrm_json_get(json, OCRM_NUL, pointer, OCRM_NUL, &value, ERR));
  CHECK((value != NULL) == (status == OCRM_OK));
  if (expected != NULL) CHECK_TEXT(expected, ocrm_buffer_data(value));
  ocrm_buffer_free(value);
}

static void json_values(void) {
  const char* json =
      "{\"a\":{\"b\":[1,\"two\\n\\u00e9\",null,true,0.25]},\"\":\"no "
      "name\",\"a/b\":\"slash\",\"m~n\":\"tilde\"}";
  one(OCRM_OK, json, "/a/b/0", "1");
  one(OCRM_OK, json, "/a/b/1", "two\n\xc3\xa9");
  one(OCRM_OK, json, "/a/b/2", "null");
  one(OCRM_OK, json, "/a/b/3", "true");
  one(OCRM_OK, json, "/a/b/4", "0.25");
  one(OCRM_OK, json, "/a/b", "[1,\"two\\n\xc3\xa9\",null,true,0.25]");
  one(OCRM_OK, json, "/", "no name");
  one(OCRM_OK, json, "/a~1b", "slash");
  one(OCRM_OK, json, "/m~0n", "tilde");
  one(OCRM_OK, "\"text\"", "", "text");
  one(OCRM_NOT_FOUND, json, "/a/b/5", NULL);
  one(OCRM_NOT_FOUND, json, "/a/c", NULL);
  one(OCRM_NOT_FOUND, json, "/a/b/0/c", NULL);
  one(OCRM_NOT_FOUND, json, "/a/b/-", NULL);
  one(OCRM_INVALID_ARGUMENT, json, "a", NULL);
  one(OCRM_INVALID_ARGUMENT, json, "/a~2", NULL);
  one(OCRM_INVALID_ARGUMENT, json, "/\xff", NULL);
  one(OCRM_INVALID_ARGUMENT, "{\"a\":1", "/a", NULL);
  one(OCRM_INVALID_ARGUMENT, "{\"a\":\"\xff\"}", "/a", NULL);
  one(OCRM_INVALID_ARGUMENT, "", "", NULL);
  one(OCRM_INVALID_ARGUMENT, NULL, NULL, NULL);
}

static void deep_json(void) {
  char deep[4001];
  memset(deep, '[', 2000);
  memset(deep + 2000, ']', 2000);
  deep[4000] = 0;
  one(OCRM_INVALID_ARGUMENT, deep, "", NULL);
}

static void a_text_with_a_nul_is_whole(void) {
  ocrm_buffer* value = NULL;
  OK(ocrm_json_get("\"a\\u0000b\"", OCRM_NUL, "", 0, &value, ERR));
  CHECK(ocrm_buffer_size(value) == 3 && memcmp(ocrm_buffer_data(value), "a\0b", 4) == 0);
  ocrm_buffer_free(value);
}

static void cancels(void) {
  ocrm_cancel* cancel = NULL;
  OK(ocrm_cancel_new(&cancel, ERR));
  CHECK(ocrm_cancel_requested(cancel) == 0);
  ocrm_cancel_request(cancel);
  ocrm_cancel_request(cancel);
  CHECK(ocrm_cancel_requested(cancel) == 1);
  ocrm_cancel_free(cancel);
}

static void handles_are_counted(void) {
  const int64_t before = ocrm_live_handles();
  ocrm_error* error = ocrm_error_new(OCRM_INTERNAL, NULL, 0, NULL, 0, 0, 0);
  ocrm_cancel* cancel = NULL;
  OK(ocrm_cancel_new(&cancel, ERR));
  CHECK(ocrm_live_handles() == before + 2);
  ocrm_cancel_free(cancel);
  ocrm_error_free(error);
  CHECK(ocrm_live_handles() == before);
}

int main(int count, char** words) {
  const check_case cases[] = {{"versions", versions},
                              {"status_names", status_names},
                              {"statuses_are_those_of_the_operations", statuses_are_those_of_the_operations},
                              {"errors", errors},
                              {"nothing_is_an_empty_thing", nothing_is_an_empty_thing},
                              {"json_values", json_values},
                              {"deep_json", deep_json},
                              {"a_text_with_a_nul_is_whole", a_text_with_a_nul_is_whole},
                              {"cancels", cancels},
                              {"handles_are_counted", handles_are_counted},
                              {NULL, NULL}};
  return check_main(count, words, cases);
}
