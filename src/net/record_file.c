#include "net/record_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int map(struct kh_record_ring *r, int fd, size_t size, int protection, int flags)
{
    void *memory = mmap(NULL, size, protection, flags, fd, 0);
    if (memory == MAP_FAILED)
        return errno;
    *r = (struct kh_record_ring){.memory = memory, .size = size - KH_RECORD_HEADER};
    return 0;
}

int kh_record_file_create(struct kh_record_ring *r, const char *path, size_t size)
{
    /* Masked as it is, it is its owner's alone. */
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return errno;
    int error = posix_fallocate(fd, 0, (off_t)size);
    if (error == 0)
        error = map(r, fd, size, PROT_READ | PROT_WRITE, MAP_SHARED);
    close(fd);
    if (error == 0)
        kh_record_ring_format(r, r->memory, size);
    return error;
}

int kh_record_file_open(struct kh_record_ring *r, const char *path, const char **ret_wrong)
{
    struct stat status;
    *ret_wrong = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fstat(fd, &status) != 0 ? errno : 0;
    if (error == 0 && (!S_ISREG(status.st_mode) || status.st_size < KH_RECORD_HEADER))
        *ret_wrong = "it is no recording of kohort";
    else if (error == 0)
        error = map(r, fd, (size_t)status.st_size, PROT_READ, MAP_PRIVATE);
    close(fd);
    if (error != 0 || *ret_wrong != NULL)
        return error;
    struct kh_record_ring mapped = *r;
    *ret_wrong = kh_record_ring_open(r, mapped.memory, (size_t)status.st_size);
    if (*ret_wrong != NULL)
        kh_record_file_close(&mapped);
    return 0;
}

void kh_record_file_close(struct kh_record_ring *r)
{
    munmap(r->memory, (size_t)r->size + KH_RECORD_HEADER);
    r->memory = NULL;
}
