package golden;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** All vectors of one message: every version, every style that fits it, filled up to the count. */
final class Vectors {
    private static final int TRIES = 100;

    /** The head of each line. `header` is null where no header goes before the message. */
    record Labels(String api, int key, String kind, HeaderVersion header) {}

    interface HeaderVersion {
        int of(short version);
    }

    /** The bytes that go before the message, for the embedded protocol's version prefix. */
    interface Frame {
        byte[] around(int version, byte[] message);
    }

    private final long seed;
    private final int count;

    Vectors(long seed, int count) {
        this.seed = seed;
        this.count = count;
    }

    void write(Lines lines, Message message, Labels labels, int lowest, int highest, Frame frame)
            throws IOException, ReflectiveOperationException {
        for (int version = lowest; version <= highest; version++)
            write(lines, message, labels, version, version == highest, frame);
    }

    private void write(Lines lines, Message message, Labels labels, int version, boolean highest,
            Frame frame) throws IOException, ReflectiveOperationException {
        Set<String> seen = new HashSet<>();
        List<Style> styles = new ArrayList<>(Style.of(message.schema(), version, highest));
        if (message.schema().flexible().contains(version))
            styles.addAll(Style.withUnknownTags());
        int plain = 0;
        for (Style style : styles) {
            Message.Written written = distinct(message, labels, version, style, 0, seen);
            if (written == null)
                continue;
            add(lines, labels, version, style, frame, written);
            plain += style.unknownTags() == Style.UnknownTags.NONE ? 1 : 0;
        }
        for (int index = 0; plain < count; plain++, index++) {
            Message.Written written = distinct(message, labels, version, Style.ANY, index, seen);
            /* A message without fields cannot fill the count without repeats. */
            if (written == null)
                written = write(message, labels, version, Style.ANY, index, 0);
            add(lines, labels, version, Style.ANY, frame, written);
        }
    }

    private static void add(Lines lines, Labels labels, int version, Style style, Frame frame,
            Message.Written written) throws IOException {
        Map<String, Object> marks = new LinkedHashMap<>();
        if (labels.header() != null)
            marks.put("header", labels.header().of((short) version));
        marks.put("note", style.note());
        if (style.unknownTags() != Style.UnknownTags.NONE)
            marks.put("unknown_tags", true);
        lines.add(labels.api(), labels.key(), labels.kind(), version, marks,
                frame.around(version, written.bytes()), written.value());
    }

    /** Null if this style gives only what is there already. */
    private Message.Written distinct(Message message, Labels labels, int version, Style style,
            int index, Set<String> seen) throws ReflectiveOperationException {
        for (int attempt = 0; attempt < TRIES; attempt++) {
            Message.Written written = write(message, labels, version, style, index, attempt);
            if (seen.add(HexFormat.of().formatHex(written.bytes())))
                return written;
        }
        return null;
    }

    private Message.Written write(Message message, Labels labels, int version, Style style,
            int index, int attempt) throws ReflectiveOperationException {
        Random random = random(labels.api(), labels.kind(), version, style.note(), index, attempt);
        try {
            return message.write(new Values(random, style, version).message(message.schema()),
                    version, style.unknownTags(), random);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new IllegalStateException(
                    labels.api() + " " + labels.kind() + " v" + version + ", " + style.note(), e);
        }
    }

    /** A source of its own for each line: changing one leaves all others as they are. */
    Random random(Object... what) {
        long hash = seed;
        for (Object part : what)
            for (char c : (part + "/").toCharArray())
                hash = hash * 0x5DEECE66DL + c;
        return new Random(hash ^ hash >>> 32);
    }
}
