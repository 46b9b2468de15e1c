package golden;

import java.util.ArrayList;
import java.util.List;

/** How the fields of one vector are filled: what makes it worth having beside the others. */
record Style(String note, Numbers numbers, Texts texts, Nulls nulls, Counts counts, Tags tags,
        UnknownTags unknownTags) {
    enum Numbers { DEFAULT, LOWEST, HIGHEST, NEGATIVE, EDGES, ANY }

    enum Texts { DEFAULT, EMPTY, SHORT, EDGES, LONG, HUGE, UNICODE, CONTROL }

    enum Nulls { DEFAULT, NEVER, ALWAYS, SOMETIMES }

    /** MANY_PLAIN: long arrays of numbers, strings and uuids. MANY_STRUCTS: outermost arrays. */
    enum Counts { NONE, ONE, SEVERAL, ANY, MANY_PLAIN, MANY_STRUCTS }

    enum Tags { NONE, ALL, SOME }

    enum UnknownTags { NONE, OUTERMOST, EVERYWHERE }

    private static Style plain(
            String note, Numbers numbers, Texts texts, Nulls nulls, Counts counts, Tags tags) {
        return new Style(note, numbers, texts, nulls, counts, tags, UnknownTags.NONE);
    }

    /** What fills up to the wanted count. */
    static final Style ANY =
            plain("random", Numbers.ANY, Texts.SHORT, Nulls.SOMETIMES, Counts.ANY, Tags.SOME);

    /** The styles that mean something for this message at this version. */
    static List<Style> of(Schema schema, int version, boolean highest) {
        boolean arrays = schema.any(version, Schema.Field::array);
        boolean texts =
                schema.any(version, field -> field.isText() || field.type().equals("bytes"));
        boolean plainArrays = schema.any(version, field -> field.array() && !field.isStruct());
        boolean edge = highest || version == schema.valid().lowest();
        List<Style> styles = new ArrayList<>();

        styles.add(plain("all fields at their defaults", Numbers.DEFAULT, Texts.DEFAULT,
                Nulls.DEFAULT, Counts.NONE, Tags.NONE));
        if (arrays)
            styles.add(plain("one element of each array, all at defaults", Numbers.DEFAULT,
                    Texts.DEFAULT, Nulls.DEFAULT, Counts.ONE, Tags.NONE));
        styles.add(plain(
                "lowest numbers", Numbers.LOWEST, Texts.EMPTY, Nulls.NEVER, Counts.ONE, Tags.ALL));
        styles.add(plain("highest numbers", Numbers.HIGHEST, Texts.SHORT, Nulls.NEVER, Counts.ONE,
                Tags.ALL));
        styles.add(plain("negative numbers", Numbers.NEGATIVE, Texts.SHORT, Nulls.NEVER, Counts.ONE,
                Tags.SOME));
        for (int i = 0; i < 2; i++)
            styles.add(plain("numbers at the edges of their bytes", Numbers.EDGES, Texts.SHORT,
                    Nulls.SOMETIMES, Counts.ONE, Tags.SOME));
        if (schema.any(version, field -> field.nullable().contains(version))) {
            styles.add(plain("null wherever it is allowed", Numbers.ANY, Texts.SHORT, Nulls.ALWAYS,
                    Counts.ONE, Tags.SOME));
            styles.add(plain("nothing is null", Numbers.ANY, Texts.SHORT, Nulls.NEVER, Counts.ONE,
                    Tags.SOME));
        }
        if (texts || arrays)
            styles.add(plain("empty strings, bytes and arrays", Numbers.ANY, Texts.EMPTY,
                    Nulls.NEVER, Counts.NONE, Tags.SOME));
        if (arrays) {
            styles.add(plain("arrays of one", Numbers.ANY, Texts.SHORT, Nulls.SOMETIMES, Counts.ONE,
                    Tags.SOME));
            styles.add(plain("arrays of several", Numbers.ANY, Texts.SHORT, Nulls.SOMETIMES,
                    Counts.SEVERAL, Tags.SOME));
        }
        if (plainArrays)
            styles.add(plain("long arrays of plain elements", Numbers.ANY, Texts.SHORT, Nulls.NEVER,
                    Counts.MANY_PLAIN, Tags.SOME));
        if (arrays && edge)
            styles.add(plain("a long array", Numbers.DEFAULT, Texts.DEFAULT, Nulls.DEFAULT,
                    Counts.MANY_STRUCTS, Tags.NONE));
        if (texts)
            styles.addAll(ofTexts(highest));
        if (schema.any(version, field -> field.tagged().contains(version))) {
            styles.add(plain("every tagged field", Numbers.ANY, Texts.SHORT, Nulls.NEVER,
                    Counts.SEVERAL, Tags.ALL));
            styles.add(plain("no tagged field", Numbers.ANY, Texts.SHORT, Nulls.SOMETIMES,
                    Counts.SEVERAL, Tags.NONE));
        }
        return styles;
    }

    private static List<Style> ofTexts(boolean highest) {
        List<Style> styles = new ArrayList<>();
        styles.add(plain("lengths around 127", Numbers.ANY, Texts.EDGES, Nulls.NEVER,
                Counts.ONE, Tags.ALL));
        styles.add(plain("long strings and bytes", Numbers.ANY, Texts.LONG, Nulls.NEVER,
                Counts.ONE, Tags.ALL));
        styles.add(plain("UTF-8 of two, three and four bytes", Numbers.ANY, Texts.UNICODE,
                Nulls.NEVER, Counts.ONE, Tags.ALL));
        styles.add(plain("control characters, quotes and backslashes", Numbers.ANY,
                Texts.CONTROL, Nulls.NEVER, Counts.ONE, Tags.ALL));
        if (highest)
            styles.add(plain("one very long string", Numbers.ANY, Texts.HUGE, Nulls.NEVER,
                    Counts.ONE, Tags.ALL));
        return styles;
    }

    static List<Style> withUnknownTags() {
        return List.of(
                new Style("unknown tagged fields at the end", Numbers.ANY, Texts.SHORT,
                        Nulls.NEVER, Counts.ONE, Tags.NONE, UnknownTags.OUTERMOST),
                new Style("unknown tagged fields in every struct", Numbers.ANY, Texts.SHORT,
                        Nulls.SOMETIMES, Counts.ONE, Tags.NONE, UnknownTags.EVERYWHERE),
                new Style("known and unknown tagged fields", Numbers.ANY, Texts.SHORT, Nulls.NEVER,
                        Counts.SEVERAL, Tags.ALL, UnknownTags.EVERYWHERE));
    }
}
