#include "tool/tool.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SANITIZER_SPOKE = 99 };

static char *read_all(FILE *file)
{
    size_t size = 0, capacity = 1 << 16;
    char *text = malloc(capacity + 1);
    for (size_t got; (got = fread(text + size, 1, capacity - size, file)) > 0;) {
        size += got;
        if (size == capacity)
            text = realloc(text, (capacity *= 2) + 1);
    }
    text[size] = '\0';
    return text;
}

static void parse_lines(struct run *run, char *text)
{
    json_error_t error;
    run->lines = json_array();
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        cr_assert_not_null(end, "the last line does not end: %s", line);
        json_t *json = json_loadb(line, (size_t)(end - line), JSON_ALLOW_NUL, &error);
        cr_assert_not_null(json, "not JSON: %s: %.*s", error.text, (int)(end - line), line);
        json_array_append_new(run->lines, json);
    }
}

static void put_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

void run_tool(struct run *run, const char *arguments, const void *bytes, size_t size)
{
    char in[] = "kohort-decode-in-XXXXXX", err[] = "kohort-decode-err-XXXXXX", command[4096];
    int in_file = mkstemp(in), err_file = mkstemp(err);
    cr_assert(in_file >= 0 && err_file >= 0);
    close(in_file);
    close(err_file);
    put_file(in, bytes, size);
    snprintf(command, sizeof command,
             "ASAN_OPTIONS=exitcode=%d UBSAN_OPTIONS=exitcode=%d '%s' decode %s '%s' 2>'%s'",
             SANITIZER_SPOKE, SANITIZER_SPOKE, getenv("KOHORT_TEST_TOOL"), arguments, in, err);
    FILE *out = popen(command, "r");
    cr_assert_not_null(out);
    char *text = read_all(out);
    int status = pclose(out);
    FILE *said = fopen(err, "r");
    run->err = read_all(said);
    fclose(said);
    unlink(in);
    unlink(err);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) <= 2, "%s: status %d: %s", arguments, status,
              run->err);
    run->exit_code = WEXITSTATUS(status);
    parse_lines(run, text);
    free(text);
}

void run_free(struct run *run)
{
    json_decref(run->lines);
    free(run->err);
    *run = (struct run){0};
}

json_t *run_line(const struct run *run, size_t number)
{
    json_t *line = json_array_get(run->lines, number);
    cr_assert_not_null(line, "there is no line %zu; it said: %s", number, run->err);
    return line;
}

const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

static bool read_message(json_t *line, struct golden_message *m)
{
    json_int_t key, version;
    const char *kind;
    cr_assert_eq(json_unpack(line, "{s:s, s:I, s:s, s:I, s:s, s:o}", "api", &m->api, "key", &key,
                             "kind", &kind, "version", &version, "hex", &m->hex, "value",
                             &m->value),
                 0);
    m->key = (int16_t)key;
    m->version = (int)version;
    m->kind = strcmp(kind, "request") == 0 ? SCHEMA_REQUEST : SCHEMA_RESPONSE;
    return m->key >= 0 && json_is_object(m->value) && !json_object_get(line, "unknown_tags") &&
           !json_object_get(line, "decode_only");
}

void golden_each(const char *file, void (*each)(const struct golden_message *m, void *arg),
                 void *arg)
{
    char path[4096], *text = NULL;
    size_t capacity = 0;
    snprintf(path, sizeof path, "%s/%s.jsonl", getenv("GOLDEN_DIR"), file);
    FILE *lines = fopen(path, "r");
    cr_assert_not_null(lines, "%s", path);
    for (ssize_t size; (size = getline(&text, &capacity, lines)) > 0;) {
        struct golden_message m;
        json_t *line = json_loadb(text, (size_t)size, JSON_ALLOW_NUL, NULL);
        cr_assert_not_null(line);
        if (read_message(line, &m))
            each(&m, arg);
        json_decref(line);
    }
    free(text);
    fclose(lines);
}

static size_t base64_size(json_t *text)
{
    const char *letters = json_string_value(text);
    size_t size = letters == NULL ? 0 : strlen(letters);
    size_t padding = 0;
    while (padding < 2 && padding < size && letters[size - 1 - padding] == '=')
        padding++;
    return size / 4 * 3 - padding;
}

void expect_shown(json_t *shown, json_t *value, const char *what)
{
    const char *name;
    json_t *field;
    size_t i;
    if (json_is_object(shown) && json_is_string(value)) { /* bytes */
        cr_assert_eq(json_integer_value(json_object_get(shown, "size")),
                     (json_int_t)base64_size(value), "%s", what);
    } else if (json_is_object(shown) && json_is_object(value)) {
        cr_assert_eq(json_object_size(shown), json_object_size(value), "%s", what);
        json_object_foreach(value, name, field)
            expect_shown(json_object_get(shown, name), field, name);
    } else if (json_is_array(shown) && json_is_array(value)) {
        cr_assert_eq(json_array_size(shown), json_array_size(value), "%s", what);
        json_array_foreach(value, i, field) expect_shown(json_array_get(shown, i), field, what);
    } else {
        cr_assert(json_equal(shown, value), "%s", what);
    }
}
