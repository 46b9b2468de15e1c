#include "support/live/live.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum { NAMES_MAX = 64, NAME_SIZE = 128, LINE_SIZE = 1024 };
static const char voice_variable[] = "KOHORT_LIVE_VOICE";

void live_die_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

bool live_has_broker(void)
{
    return getenv("KOHORT_TEST_BOOTSTRAP") != NULL && getenv("KOHORT_TEST_ADMIN") != NULL;
}

void live_begin(void)
{
    live_die_with_parent();
    if (!live_has_broker())
        cr_skip_test(
            "no broker: set KOHORT_TEST_BOOTSTRAP and KOHORT_TEST_ADMIN, or run ./dev check");
}

void live_use(const char *bootstrap)
{
    setenv("KOHORT_TEST_BOOTSTRAP", bootstrap, 1);
}

const char *live_bootstrap(void)
{
    return getenv("KOHORT_TEST_BOOTSTRAP");
}

const char *live_host(void)
{
    static char host[NAME_SIZE];
    snprintf(host, sizeof host, "%s", live_bootstrap());
    char *colon = strchr(host, ':');
    cr_assert_not_null(colon, "KOHORT_TEST_BOOTSTRAP is \"%s\", not host:port", host);
    *colon = '\0';
    return host;
}

int live_port(void)
{
    return (int)strtol(strchr(live_bootstrap(), ':') + 1, NULL, 10);
}

int live_unused_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(probe >= 0 && bind(probe, (struct sockaddr *)&address, size) == 0 &&
              getsockname(probe, (struct sockaddr *)&address, &size) == 0);
    close(probe);
    return ntohs(address.sin_port);
}

const char *live_name(const char *purpose)
{
    static char names[NAMES_MAX][NAME_SIZE];
    static size_t count;
    cr_assert_lt(count, NAMES_MAX);
    snprintf(names[count], NAME_SIZE, "%s-%d-%llx-%zu", purpose, (int)getpid(),
             (unsigned long long)uv_hrtime(), count);
    return names[count++];
}

bool live_is_long(void)
{
    return getenv("KOHORT_TEST_LONG") != NULL;
}

int64_t live_duration_ms(int64_t full_ms)
{
    return live_is_long() ? full_ms : full_ms / 10;
}

void live_temporary(char *path, size_t size, const char *purpose)
{
    const char *directory = getenv("TMPDIR");
    snprintf(path, size, "%s/kohort-%s.XXXXXX", directory == NULL ? "/tmp" : directory, purpose);
}

int64_t live_now_ms(void)
{
    return (int64_t)(uv_hrtime() / 1000000);
}

void live_say_here(void)
{
    char path[NAME_SIZE];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)getpid(), STDERR_FILENO);
    setenv(voice_variable, path, 1);
}

void live_say(const char *format, ...)
{
    char line[LINE_SIZE];
    const char *path = getenv(voice_variable);
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (file < 0)
        return;
    dprintf(file, "# %s\n", line);
    close(file);
}
