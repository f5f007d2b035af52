#include "config/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 65536, OTHERS_BITS = 077, OTHERS_BUT_READING_GROUP_BITS = 037 };

/* Appends "names PATH, which FAULT" to the sentence. Returns false, for the caller to return. */
static bool refuse(const char *path, const char *fault, struct buffer *ret_problem)
{
    buffer_printf(ret_problem, "names %s, which %s", path, fault);
    return false;
}

/* Whether others can reach a secret. The group may read what is root's, as libpq lets it: that is
 * how Kubernetes hands a file to who is not root. */
static bool others_reach(const struct stat *status)
{
    bool handed = status->st_uid == 0 && geteuid() != 0;
    return (status->st_mode & (handed ? OTHERS_BUT_READING_GROUP_BITS : OTHERS_BITS)) != 0;
}

/* Whether the open file may be read at all: what it is, and who else can read it. */
static bool check_status(const struct config_row *row, int fd, const char *path,
                         struct buffer *ret_problem)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return refuse(path, strerror(errno), ret_problem);
    if (!S_ISREG(status.st_mode))
        return refuse(path, "is not a file", ret_problem);
    if (row->kind == CONFIG_SECRET && others_reach(&status)) {
        buffer_printf(ret_problem,
                      "names %s, which others than its owner can reach (mode %03o): chmod 600 %s",
                      path, (unsigned)(status.st_mode & 0777), path);
        return false;
    }
    return true;
}

/* Reads all of it. Returns the size, -1: errno says why not. */
static ssize_t read_all(int fd, char *ret_data, size_t size_max)
{
    size_t size = 0;
    while (size < size_max) {
        ssize_t got = read(fd, ret_data + size, size_max - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return (ssize_t)size;
}

static bool read_open(const struct config_row *row, int fd, const char *path, char **ret_contents,
                      struct buffer *ret_problem)
{
    if (!check_status(row, fd, path, ret_problem))
        return false;
    char data[FILE_SIZE_MAX + 1];
    ssize_t got = read_all(fd, data, sizeof data);
    size_t size = got < 0 ? 0 : (size_t)got;
    if (size > 0 && size <= FILE_SIZE_MAX && data[size - 1] == '\n')
        size--;
    const char *fault = NULL;
    if (got < 0)
        fault = strerror(errno);
    else if (size > FILE_SIZE_MAX)
        fault = "is larger than 64 KiB";
    else if (size == 0)
        fault = "is empty";
    else if (memchr(data, '\0', size) != NULL)
        fault = "has a zero byte in it";
    else {
        data[size] = '\0';
        if (row->check != NULL)
            fault = row->check(((struct text){.data = data, .size = size}));
    }
    if (fault == NULL) {
        *ret_contents = strdup(data);
        CHECK(*ret_contents != NULL);
    }
    explicit_bzero(data, sizeof data);
    return fault == NULL || refuse(path, fault, ret_problem);
}

bool config_read_file(const struct config_row *row, const char *path, char **ret_contents,
                      struct buffer *ret_problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        buffer_printf(ret_problem, "names %s, which cannot be opened: %s", path, strerror(errno));
        return false;
    }
    bool good = read_open(row, fd, path, ret_contents, ret_problem);
    close(fd);
    return good;
}

bool config_check_identity(const char *path, struct buffer *ret_problem)
{
    static const struct {
        const char *name;
        struct config_row row;
    } FILES[] = {
        {"ca.crt", {.kind = CONFIG_FILE, .check = config_check_pem}},
        {"user.crt", {.kind = CONFIG_FILE, .check = config_check_pem}},
        {"user.key", {.kind = CONFIG_SECRET, .check = config_check_pem}},
    };
    char file[PATH_MAX];
    for (size_t i = 0; i < COUNT_OF(FILES); i++) {
        char *contents = NULL;
        int size = snprintf(file, sizeof file, "%s/%s", path, FILES[i].name);
        if (size < 0 || (size_t)size >= sizeof file)
            return refuse(path, "is too long", ret_problem);
        if (!config_read_file(&FILES[i].row, file, &contents, ret_problem))
            return false;
        explicit_bzero(contents, strlen(contents));
        free(contents);
    }
    return true;
}
