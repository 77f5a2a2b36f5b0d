/* A source and a normalizer in C: chat messages "id|address|text" in memory, in two rooms. */
#ifndef OCRM_TEST_CHAT_SOURCE_H
#define OCRM_TEST_CHAT_SOURCE_H

#include "check.h"

typedef struct chat {
  const char* const* lines; /* ends with NULL */
  volatile int opened, closed, readers, readers_closed, freed, normalized, facts;
  /* What goes wrong, and where. */
  const char* fails_in; /* "open", "account", "inventory", "read", "next", "normalize", "facts" */
  const char* scopes;   /* instead of the two rooms */
  int bad_item; /* 1: no source_id; 2: not UTF-8; 3: origin no JSON; 4: no reason for a poison one; 5: no such
                   state; 6: `next` not UTF-8; 7: `next` with a NUL */
  void (*inside)(void); /* called from next and normalize */
  const char* damaged;  /* the id of an item that the source gives as poison */
} chat;

/* An open CRM in memory with the provider "chat" and the normalizer of application/x-chat. */
ocrm* open_chat(chat* with);
extern const char* const chat_lines[];

#endif
