/* A disk that remembers in what order it was written to, and fails when told; loaded into a process by LD_PRELOAD.
 *
 * SUXIN_DISK_ROOT     what happens below this folder (absolute, without a slash at its end) is recorded
 * SUXIN_DISK_JOURNAL  file that the records are appended to; fault_disk.py reads them
 * suxin_fault(n, kind, error): of the changes from now on the n-th (from 1) fails with `error`: kind 1 lost, 2 kept but
 *   reported lost, 3 that and every later one lost. suxin_changes() counts changes since.
 * Descriptors 0 to 2 are never recorded: they are the process's log.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct head {
	char op; /* C created, W written, T cut to a length, S synced, R renamed, U removed, M folder made */
	uint64_t node, at;
	uint32_t first, second; /* lengths of what follows */
} __attribute__((packed));

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -2;
static const char *root;
static long due, changes;
static int kind, failure;

void suxin_fault(long nth, int how, int error) { due = nth; kind = how; failure = error; changes = 0; }
long suxin_changes(void) { return changes; }

static void set_up(void)
{
	if (journal != -2)
		return;
	const char *name = getenv("SUXIN_DISK_JOURNAL");
	root = getenv("SUXIN_DISK_ROOT");
	journal = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

static int below(const char *path)
{
	set_up();
	size_t length = root ? strlen(root) : 0;
	return length && strncmp(path, root, length) == 0 && (path[length] == '/' || !path[length]);
}

/* Name of an open file or folder below the root; 0 for anything else. */
static int ours(int fd, char *path, struct stat *found)
{
	char link[40];
	if (fd < 3 || fstat(fd, found) || !(S_ISREG(found->st_mode) || S_ISDIR(found->st_mode)))
		return 0;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, PATH_MAX - 1);
	if (length < 0)
		return 0;
	path[length] = 0;
	return below(path);
}

static void note(char op, uint64_t node, uint64_t at, const void *first, size_t one, const void *second, size_t two)
{
	struct head head = {op, node, at, (uint32_t)one, (uint32_t)two};
	struct iovec parts[] = {{&head, sizeof head}, {(void *)first, one}, {(void *)second, two}};
	if (journal >= 0 && syscall(SYS_writev, journal, parts, 3) < 0)
		abort();
}

/* 0: go on; 1: fail before the change; 2: change, then fail. */
static int fails(void)
{
	changes++;
	if (due <= 0 || !(changes == due || (kind == 3 && changes > due)))
		return 0;
	return kind == 2 ? 2 : 1;
}

#define REAL(result, name, ...) \
	static result (*real)(__VA_ARGS__); \
	if (!real) \
		real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define CHANGE(result, call, record) \
	pthread_mutex_lock(&lock); \
	int fault = fails(); \
	result done = -1; \
	if (fault != 1) { \
		done = call; \
		int kept = errno; \
		if (done >= 0) \
			record; \
		errno = kept; \
	} \
	if (fault) { \
		done = -1; \
		errno = failure; \
	} \
	pthread_mutex_unlock(&lock); \
	return done

static void note_opened(int fd, const char *path, int fresh, int flags)
{
	struct stat found;
	if (fstat(fd, &found) || !S_ISREG(found.st_mode))
		return;
	if (fresh)
		note('C', found.st_ino, 0, path, strlen(path), 0, 0);
	else if (flags & O_TRUNC)
		note('T', found.st_ino, 0, 0, 0, 0, 0);
}

static int do_open(const char *path, int flags, mode_t mode)
{
	REAL(int, "open", const char *, int, ...);
	if (!below(path) || !(flags & (O_CREAT | O_TRUNC)))
		return real(path, flags, mode);
	int fresh = access(path, F_OK) != 0;
	if (!fresh && !(flags & O_TRUNC))
		return real(path, flags, mode);
	CHANGE(int, real(path, flags, mode), note_opened(done, path, fresh, flags));
}

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list more; \
		va_start(more, flags); \
		mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
		va_end(more); \
		return do_open(path, flags, mode); \
	}
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void *data, size_t count)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	char path[PATH_MAX];
	struct stat found;
	if (!ours(fd, path, &found))
		return real(fd, data, count);
	off_t at = fcntl(fd, F_GETFL) & O_APPEND ? found.st_size : lseek(fd, 0, SEEK_CUR);
	CHANGE(ssize_t, real(fd, data, count), note('W', found.st_ino, (uint64_t)at, data, (size_t)done, 0, 0));
}

static ssize_t do_pwrite(int fd, const void *data, size_t count, off_t at)
{
	REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
	char path[PATH_MAX];
	struct stat found;
	if (!ours(fd, path, &found))
		return real(fd, data, count, at);
	CHANGE(ssize_t, real(fd, data, count, at), note('W', found.st_ino, (uint64_t)at, data, (size_t)done, 0, 0));
}
ssize_t pwrite(int fd, const void *data, size_t count, off_t at) { return do_pwrite(fd, data, count, at); }
ssize_t pwrite64(int fd, const void *data, size_t count, off64_t at) { return do_pwrite(fd, data, count, at); }

static int do_ftruncate(int fd, off_t length)
{
	REAL(int, "ftruncate", int, off_t);
	char path[PATH_MAX];
	struct stat found;
	if (!ours(fd, path, &found))
		return real(fd, length);
	CHANGE(int, real(fd, length), note('T', found.st_ino, (uint64_t)length, 0, 0, 0, 0));
}
int ftruncate(int fd, off_t length) { return do_ftruncate(fd, length); }
int ftruncate64(int fd, off64_t length) { return do_ftruncate(fd, length); }

#define SYNC(name) \
	int name(int fd) \
	{ \
		REAL(int, #name, int); \
		char path[PATH_MAX]; \
		struct stat found; \
		if (!ours(fd, path, &found)) \
			return real(fd); \
		uint64_t folder = S_ISDIR(found.st_mode); \
		CHANGE(int, real(fd), note('S', found.st_ino, folder, path, strlen(path), 0, 0)); \
	}
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	if (!below(to))
		return real(from, to);
	CHANGE(int, real(from, to), note('R', 0, 0, from, strlen(from), to, strlen(to)));
}

int unlink(const char *path)
{
	REAL(int, "unlink", const char *);
	if (!below(path))
		return real(path);
	CHANGE(int, real(path), note('U', 0, 0, path, strlen(path), 0, 0));
}

int mkdir(const char *path, mode_t mode)
{
	REAL(int, "mkdir", const char *, mode_t);
	if (!below(path))
		return real(path, mode);
	CHANGE(int, real(path, mode), note('M', 0, 0, path, strlen(path), 0, 0));
}
