#include "support/page.h"

#include <stdarg.h>
#include <string.h>

void page_add(char *page, const char *format, ...)
{
    va_list arguments;
    size_t size = strlen(page);
    va_start(arguments, format);
    vsnprintf(page + size, PAGE_MAX - size, format, arguments);
    va_end(arguments);
}

void page_read(char *page, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = file == NULL ? 0 : fread(page, 1, PAGE_MAX - 1, file);
    page[size] = '\0';
    if (file != NULL)
        fclose(file);
}

static int write_page(const char *page, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(page, file) < 0)
        return 1;
    return fclose(file);
}

int page_settle(const char *name, const char *path, const char *is, const char *must_be, bool write)
{
    if (write)
        return write_page(must_be, path);
    bool same = strcmp(is, must_be) == 0;
    printf("%s - %s says what the code says\n", same ? "ok" : "not ok", name);
    return same ? 0 : 1;
}
