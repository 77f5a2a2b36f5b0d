/* What the tests of the C ABI share: checks that say where they failed, a folder of their own, and an end
 * that counts handles. Plain C11. */
#ifndef OCRM_TEST_CHECK_H
#define OCRM_TEST_CHECK_H

#include <omnicrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int check_failures;
extern int check_count;

/* Prints and goes on: one failure must not hide the next. */
int check_(int holds, const char* what, const char* file, int line);
/* Checks a status; frees and prints an error that was left. */
void status_(int32_t expected, int32_t got, const char* call, const char* file, int line);

#define CHECK(condition) check_(!!(condition), #condition, __FILE__, __LINE__)
/* For pointers that the rest of a test needs. */
#define NEED(condition)                                                  \
  do {                                                                   \
    if (!check_(!!(condition), #condition, __FILE__, __LINE__)) abort(); \
  } while (0)
#define STATUS(expected, call) status_((expected), (call), #call, __FILE__, __LINE__)
#define OK(call) STATUS(OCRM_OK, call)
#define CHECK_TEXT(expected, text) check_text((expected), (text), __FILE__, __LINE__)

/* Where the thread's last `ERR` call left its error; freed by its next one, and when the case or thread ends.
 */
#ifdef __cplusplus
extern __thread ocrm_error* check_error;
#else
extern _Thread_local ocrm_error* check_error;
#endif
#define ERR check_err()
ocrm_error** check_err(void);

void check_text(const char* expected, const char* text, const char* file, int line);
/* Whether `text` has `part`. */
int has(const char* text, const char* part);

/* A path in this program's folder, which is emptied when the program begins. Four are remembered at a time.
 */
const char* in_folder(const char* name);
void write_file(const char* path, const char* text);

/* An open CRM in memory, and one in a new file. */
ocrm* open_memory(void);
ocrm* open_file(const char* path);
ocrm_session* session_of(ocrm* crm, const char* user);
/* Calls an operation that must succeed; the answer is good until the thread's next four calls. */
const char* call(ocrm_session* session, const char* operation, const char* json);
/* One value of JSON, as ocrm_json_get gives it; "" when there is none. Good until the
 * thread's next eight calls. */
const char* get(const char* json, const char* pointer);
/* Makes a contact and gives its id. */
const char* make_contact(ocrm_session* session, const char* name);
/* A mailbox with `messages` messages from ada to people of work.example. */
void write_mailbox(const char* path, int messages);
/* Waits up to ten seconds for `*flag` to reach a number. */
int wait_for(volatile int* flag, int number);
void sleep_ms(int milliseconds);
/* Adds one and gives the new number: callbacks are called on many threads. */
int count_up(volatile int* counter);

typedef struct check_case {
  const char* name;
  void (*run)(void);
} check_case;
/* Runs the cases (or the one that is named), then checks that no handle is left. */
int check_main(int count, char** words, const check_case* cases);

#endif
