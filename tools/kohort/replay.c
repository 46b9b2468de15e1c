/* kohort replay: runs the library from a recording (docs/recording.md). */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SIZE_MB_DEFAULT = 64 };

int record_if_asked(kohort_options *options)
{
    const char *path = getenv("KOHORT_RECORD");
    if (path == NULL || *path == '\0')
        return 0;
    return kohort_options_set_recording(options, path, (size_t)SIZE_MB_DEFAULT << 20);
}

int replay(int count, char **texts)
{
    kohort_replay_report report = {.size = sizeof report};
    if (count != 2 || texts[1][0] == '-') {
        say("write kohort replay FILE; KOHORT_RECORD=FILE kohort consume … makes one");
        return EXIT_USAGE;
    }
    int status = kohort_replay(texts[1], &report);
    if (status != 0) {
        say("%s: %s", texts[1], *report.text != '\0' ? report.text : kohort_status_text(status));
        return EXIT_USAGE;
    }
    printf("%" PRIu64 " events, hash %016" PRIx64 "\n", report.events, report.hash);
    if (!report.same) {
        say("not as recorded: %s", report.text);
        return EXIT_FAILED;
    }
    if (!report.complete)
        say("as recorded; the recording does not go on to the client's end");
    return EXIT_DONE;
}
