#include "chat_source.h"

const char* const chat_lines[] = {"1|bob@work.example|good morning", "2|eve@work.example|the parcel came",
                                  "3|bob@work.example|the invoice, at last", NULL};

typedef struct reader {
  chat* chat;
  int at, odd;
  char id[20], next[20];
} reader;

static int32_t broken(const chat* chat, const char* where, ocrm_error** err) {
  if (chat->fails_in == NULL || strcmp(chat->fails_in, where) != 0) return OCRM_OK;
  *err = ocrm_error_new(OCRM_PERMISSION_DENIED, where, OCRM_NUL, "{\"room\":\"closed\"}", OCRM_NUL, 0, 1);
  return OCRM_PERMISSION_DENIED;
}

static int32_t chat_open(void* user, const char* json, size_t size, void** source, ocrm_error** err) {
  chat* chat = user;
  const int32_t status = broken(chat, "open", err);
  if (status != OCRM_OK) return status;
  CHECK(strlen(json) == size);
  CHECK_TEXT("chat", get(json, "/provider"));
  __atomic_add_fetch(&chat->opened, 1, __ATOMIC_SEQ_CST);
  *source = chat;
  return OCRM_OK;
}

static void chat_close(void* source) {
  __atomic_add_fetch(&((chat*)source)->closed, 1, __ATOMIC_SEQ_CST);
}

static int32_t chat_account(void* source, ocrm_writer* out, ocrm_error** err) {
  const int32_t status = broken(source, "account", err);
  return status != OCRM_OK ? status : ocrm_writer_write(out, "ada@chat.example", 16);
}

static int32_t chat_inventory(void* source, const ocrm_cancel* cancel, ocrm_writer* out, ocrm_error** err) {
  const chat* chat = source;
  const char* scopes = chat->scopes != NULL
                           ? chat->scopes
                           : "[{\"path\":\"even\",\"format\":\"chat\",\"bytes\":50},"
                             "{\"path\":\"odd\",\"format\":\"chat\",\"bytes\":60},"
                             "{\"path\":\"photos\",\"format\":\"ignored\",\"note\":\"no text\"}]";
  CHECK(ocrm_cancel_requested(cancel) == 0);
  ocrm_writer_write(out, scopes, strlen(scopes));
  return broken(source, "inventory", err);
}

static int32_t chat_read(void* source, const char* scope, size_t scope_size, const char* position,
                         size_t position_size, void** out, ocrm_error** err) {
  reader* made;
  const int32_t status = broken(source, "read", err);
  if (status != OCRM_OK) return status;
  CHECK(strlen(scope) == scope_size);
  made = calloc(1, sizeof(*made));
  if (made == NULL) return OCRM_RESOURCE_EXHAUSTED;
  made->chat = source;
  made->odd = has(scope, "\"odd\"");
  for (size_t at = 0; at < position_size; ++at) made->at = made->at * 10 + (position[at] - '0');
  __atomic_add_fetch(&made->chat->readers, 1, __ATOMIC_SEQ_CST);
  *out = made;
  return OCRM_OK;
}

static int32_t chat_next(void* from, ocrm_source_item* item, int32_t* found, ocrm_error** err) {
  reader* reader = from;
  const char* line;
  const int32_t status = broken(reader->chat, "next", err);
  if (status != OCRM_OK) return status;
  if (reader->chat->inside != NULL) reader->chat->inside();
  CHECK(item->struct_size == sizeof(*item) && item->service == NULL && *found == 0);
  while ((line = reader->chat->lines[reader->at]) != NULL && (line[0] - '0') % 2 != reader->odd) ++reader->at;
  if (line == NULL) return OCRM_OK;
  ++reader->at;
  snprintf(reader->id, sizeof(reader->id), "%.*s", (int)(strchr(line, '|') - line), line);
  snprintf(reader->next, sizeof(reader->next), "%d", reader->at);
  item->service = "chat";
  item->content_type = "application/x-chat";
  item->source_id = reader->chat->bad_item == 1 ? "" : reader->chat->bad_item == 2 ? "\xff" : reader->id;
  item->payload = line;
  item->payload_size = strlen(line);
  item->next = reader->next;
  item->origin = reader->chat->bad_item == 3 ? "[]" : "{\"device\":\"phone\"}";
  if (reader->chat->damaged != NULL && strcmp(reader->chat->damaged, reader->id) == 0) {
    item->state = OCRM_ITEM_POISON;
    item->reason = "damaged: half a message";
    item->reason_size = OCRM_NUL;
  }
  if (reader->chat->bad_item == 4) item->state = OCRM_ITEM_POISON;
  if (reader->chat->bad_item == 5) item->state = 99;
  item->service_size = item->content_type_size = item->source_id_size = item->next_size = item->origin_size =
      OCRM_NUL;
  if (reader->chat->bad_item == 6) item->next = "\xff";
  if (reader->chat->bad_item == 7) {
    item->next = "1\0002";
    item->next_size = 3;
  }
  *found = 1;
  return OCRM_OK;
}

static void chat_reader_close(void* reader) {
  chat* chat = ((struct reader*)reader)->chat;
  __atomic_add_fetch(&chat->readers_closed, 1, __ATOMIC_SEQ_CST);
  free(reader);
}

static void chat_free(void* user) {
  __atomic_add_fetch(&((chat*)user)->freed, 1, __ATOMIC_SEQ_CST);
}

static int write_facts(const ocrm_raw_item* item, char* out, size_t room) {
  const char* address = (const char*)memchr(item->payload, '|', item->payload_size) + 1;
  const char* text = strchr(address, '|') + 1;
  const int size = (int)(item->payload + item->payload_size - text);
  return snprintf(out, room,
                  "{\"title\":\"%.*s\",\"at\":\"2001-09-09T01:46:40Z\",\"participants\":[{\"role\":\"to\","
                  "\"address\":\"%.*s\"}],\"marked_sent\":true}",
                  size, text, (int)(text - 1 - address), address);
}

static int32_t chat_facts(void* user, const ocrm_raw_item* item, ocrm_writer* out, ocrm_error** err) {
  char json[500];
  chat* chat = user;
  const int32_t status = broken(chat, "facts", err);
  if (status != OCRM_OK) return status;
  __atomic_add_fetch(&chat->facts, 1, __ATOMIC_SEQ_CST);
  return ocrm_writer_write(out, json, (size_t)write_facts(item, json, sizeof(json)));
}

static int32_t chat_normalize(void* user, const ocrm_raw_item* item, const char* options, size_t options_size,
                              ocrm_writer* out, ocrm_error** err) {
  char facts[500], json[1200];
  chat* chat = user;
  const int32_t status = broken(chat, "normalize", err);
  if (status != OCRM_OK) return status;
  if (chat->inside != NULL) chat->inside();
  CHECK(strlen(options) == options_size && has(options, "\"default_zone\":\"UTC\""));
  CHECK(item->struct_size == sizeof(*item) && item->origin_size > 0);
  CHECK(item->content_type_size == strlen("application/x-chat"));
  __atomic_add_fetch(&chat->normalized, 1, __ATOMIC_SEQ_CST);
  write_facts(item, facts, sizeof(facts));
  snprintf(json, sizeof(json),
           "{\"interactions\":[{\"interaction\":{\"kind\":\"message\",\"direction\":\"outbound\",\"subject\":"
           "\"%s\","
           "\"body\":\"%s\",\"occurred_at\":\"2001-09-09T01:46:40Z\",\"participants\":%s}}],\"facts\":%s}",
           get(facts, "/title"), get(facts, "/title"), get(facts, "/participants"), facts);
  return ocrm_writer_write(out, json, strlen(json));
}

ocrm* open_chat(chat* with) {
  static const char* const names[] = {"chat"};
  ocrm_source source = OCRM_SOURCE_INIT;
  ocrm_normalizer normalizer = OCRM_NORMALIZER_INIT;
  const ocrm_source* sources[1];
  const ocrm_normalizer* normalizers[1];
  ocrm_options options = OCRM_OPTIONS_INIT;
  ocrm* crm = NULL;
  source.user = normalizer.user = with;
  source.user_free = normalizer.user_free = chat_free;
  source.open = chat_open;
  source.close = chat_close;
  source.account = chat_account;
  source.inventory = chat_inventory;
  source.read = chat_read;
  source.next = chat_next;
  source.reader_close = chat_reader_close;
  normalizer.content_type = "application/x-chat";
  normalizer.content_type_size = OCRM_NUL;
  normalizer.normalize = chat_normalize;
  normalizer.facts = chat_facts;
  sources[0] = &source;
  normalizers[0] = &normalizer;
  options.path = ":memory:";
  options.path_size = OCRM_NUL;
  options.source_names = names;
  options.sources = sources;
  options.source_count = 1;
  options.normalizers = normalizers;
  options.normalizer_count = 1;
  OK(ocrm_open(&options, &crm, ERR));
  NEED(crm != NULL);
  return crm;
}
