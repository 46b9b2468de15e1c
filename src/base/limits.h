/* Every limit on what a peer can make us hold or do, in one place. */
#ifndef KH_BASE_LIMITS_H
#define KH_BASE_LIMITS_H

#define KH_KIB 1024
#define KH_MIB (1024 * 1024)

enum {
    KH_LIMIT_FRAME = 32 * KH_MIB,            /* a response of any API but the next two */
    KH_LIMIT_METADATA_FRAME = 64 * KH_MIB,   /* a Metadata response; held a topic at a time */
    KH_LIMIT_FETCH_FRAME = 256 * KH_MIB,     /* a Fetch response; never held whole */
    KH_LIMIT_UNAUTHENTICATED = 512 * KH_KIB, /* a frame before the first good ApiVersions answer */
    KH_LIMIT_ARENA_FACTOR = 24,              /* decoded size of a message, times its frame */
    KH_LIMIT_ARENAS = 64 * KH_MIB,           /* decoded messages of a client together */
    KH_LIMIT_BATCH = 64 * KH_MIB,            /* one record batch on the wire */
    KH_LIMIT_BATCH_DECOMPRESSED = 64 * KH_MIB, /* and after decompression */
    /* What each codec can honestly make of a byte; above it the stream lies. */
    KH_LIMIT_RATIO_GZIP = 1032,    /* a match of 258 bytes in two bits */
    KH_LIMIT_RATIO_SNAPPY = 22,    /* a copy of 64 bytes in three */
    KH_LIMIT_RATIO_LZ4 = 256,      /* 255 more bytes of a match in one */
    KH_LIMIT_RATIO_ZSTD = 32768,   /* a block of 128 KiB, repeating one byte, in four */
    KH_LIMIT_ZSTD_WINDOW_LOG = 27, /* as Kafka's reader has it: zstd's own default */
    KH_LIMIT_TAGS = 1024,          /* tagged fields of one struct */
    KH_LIMIT_NAME = 32767,         /* a string: Kafka's own bound */
    KH_LIMIT_HEADERS = 1 << 20,    /* headers of one record */
    KH_LIMIT_ABORTED = 1 << 20,    /* aborted transactions of one partition's answer */
    KH_LIMIT_ADDRESSES = 64,       /* addresses of one host name */
    KH_LIMIT_BROKERS = 10000,
    KH_LIMIT_LEADER = 512 * KH_MIB, /* what a leader's assignor works in */
    KH_LIMIT_ASSIGNMENT = 1 << 20,  /* partitions in one assignment */
};

/* How memory is cut. */
enum {
    KH_RECEIVE_BUFFER = 128 * KH_KIB, /* one receive buffer; bench/README.md says why this size */
    KH_RECEIVE_BUFFERS_KEPT = 8,      /* free ones kept by a client */
    KH_SLICE_RECORDS = 1024,          /* records handed over in one call, at most */
    KH_ARENA_CHUNK = 4 * KH_KIB,  /* the first one of an arena; each next one is twice as large */
    KH_ARENA_KEPT = 256 * KH_KIB, /* the largest one that a reset keeps */
};

#endif
