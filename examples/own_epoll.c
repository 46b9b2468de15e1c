/* kohort inside a program that has an epoll loop of its own. All of kohort is one descriptor in it:
 * when that is readable, kohort_loop_dispatch() does what there is to do and returns at once. No
 * timeout has to be asked for: kohort's timers make the descriptor readable, too. Leaves on ^C.
 *
 *     own_epoll [BOOTSTRAP [TOPIC [GROUP]]] */
#include <inttypes.h>
#include <kohort/kohort.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static uint64_t records;
static bool closing;

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    size_t count;
    kohort_batch_records(batch, &count);
    (void)p;
    (void)user;
    records += count;
    return KOHORT_DONE;
}

static void on_consumer_closed(const kohort_error *error, void *arg)
{
    kohort_consumer *consumer = arg;
    kohort_client *client = kohort_consumer_client(consumer);
    if (error != NULL)
        fprintf(stderr, "%s\n", error->text);
    kohort_consumer_free(consumer);
    kohort_client_close(client, NULL, NULL);
}

/* ---- the program's own loop: a clock that ticks, ^C, and kohort ---- */

static int open_clock(void)
{
    const struct itimerspec each_second = {{1, 0}, {1, 0}};
    int clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    timerfd_settime(clock, 0, &each_second, NULL);
    return clock;
}

static int open_interrupt(void)
{
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, NULL);
    return signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void watch(int epoll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void tick(int clock)
{
    uint64_t ticks;
    if (read(clock, &ticks, sizeof ticks) != sizeof ticks)
        return;
    printf("%" PRIu64 " records\n", records);
    fflush(stdout);
}

static void interrupted(int interrupt, kohort_consumer *consumer)
{
    struct signalfd_siginfo info;
    if (read(interrupt, &info, sizeof info) != sizeof info || closing)
        return;
    closing = true;
    kohort_consumer_close(consumer, 0, KOHORT_LEAVE, on_consumer_closed, consumer);
}

static void run(kohort_loop *loop, kohort_consumer *consumer)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC), clock = open_clock(), interrupt = open_interrupt();
    bool alive = true;
    watch(epoll, kohort_loop_fd(loop));
    watch(epoll, clock);
    watch(epoll, interrupt);
    while (alive) {
        struct epoll_event events[8];
        int count = epoll_wait(epoll, events, 8, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == clock)
                tick(clock);
            else if (events[i].data.fd == interrupt)
                interrupted(interrupt, consumer);
            else if (events[i].data.fd == kohort_loop_fd(loop))
                alive = kohort_loop_dispatch(loop); /* false: everything on it is closed */
        }
    }
    close(interrupt);
    close(clock);
    close(epoll);
}

int main(int argc, char **argv)
{
    const char *topic = argc > 2 ? argv[2] : "events";
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    kohort_options *options;
    kohort_loop *loop;
    kohort_client *client;
    kohort_consumer *consumer;

    kohort_options_new(&options);
    kohort_options_set(options, "bootstrap.servers", argc > 1 ? argv[1] : "127.0.0.1:9092");
    kohort_options_set(options, "group.id", argc > 3 ? argv[3] : "example");
    kohort_options_set(options, "auto.offset.reset", "earliest");
    handlers.on_records = on_records;
    if (kohort_loop_new(&loop) != 0 ||
        kohort_client_new(&client, kohort_loop_uv(loop), options) != 0 ||
        kohort_consumer_new(&consumer, client, options, &handlers, NULL) != 0) {
        fprintf(stderr, "%s\n", kohort_options_problem(options));
        return 1;
    }
    kohort_options_free(options);
    kohort_subscribe(consumer, &topic, 1);

    run(loop, consumer);
    printf("left after %" PRIu64 " records\n", records);
    return kohort_loop_free(loop) == 0 ? 0 : 1;
}
