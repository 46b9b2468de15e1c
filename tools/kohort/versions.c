/* kohort versions: what this broker and kohort speak of each API, and what would be used. */
#include "tool.h"

#include <inttypes.h>
#include <uv.h>

enum { TIMEOUT_MS = 10000 };

struct versions {
    kohort_client *client;
    int exit_code;
};

static void client_closed(const kohort_error *error, void *arg)
{
    (void)error;
    (void)arg;
}

static void range(char *text, size_t size, int oldest, int newest)
{
    if (newest < 0)
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%d-%d", oldest, newest);
}

static void print(const kohort_api_versions *api)
{
    char broker[16], library[16], chosen[16] = "none";
    range(broker, sizeof broker, api->broker_oldest, api->broker_newest);
    range(library, sizeof library, api->library_oldest, api->library_newest);
    if (api->chosen >= 0)
        snprintf(chosen, sizeof chosen, "%d", api->chosen);
    printf("%-24s %4d %8s %8s %8s\n", api->name, api->key, broker, library, chosen);
}

static void answered(const kohort_error *error, int32_t broker_id, const char *broker,
                     const kohort_api_versions *apis, size_t count, void *arg)
{
    struct versions *t = arg;
    (void)broker_id;
    if (error != NULL) {
        say("%s", error->text);
        t->exit_code = EXIT_FAILED;
    } else {
        if (*broker != '\0')
            say("broker %s", broker);
        printf("%-24s %4s %8s %8s %8s\n", "API", "KEY", "BROKER", "KOHORT", "CHOSEN");
        for (size_t i = 0; i < count; i++)
            print(&apis[i]);
    }
    kohort_client_close(t->client, client_closed, NULL);
}

int versions(int count, char **texts)
{
    struct arguments arguments;
    struct versions t = {0};
    uv_loop_t loop;
    int status = arguments_read(&arguments, "versions", count, texts);
    if (status == 0) {
        uv_loop_init(&loop);
        if (kohort_client_new(&t.client, &loop, arguments.options) != 0) {
            say("%s", kohort_options_problem(arguments.options));
            status = EXIT_USAGE;
        } else if (kohort_client_versions(t.client, -1, TIMEOUT_MS, answered, &t) != 0) {
            status = EXIT_FAILED;
        }
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
    }
    arguments_free(&arguments);
    return status != 0 ? status : t.exit_code;
}
