/*
 * faults.c - preloaded into a program under test: one of its system's answers is a failure.
 *
 *	LD_PRELOAD=faults.so FAULT_KIND=read FAULT_AT=17 FAULT_MODE=once FAULT_SAID=FILE ruascope
 *...
 *
 * FAULT_KIND  malloc (and its family), aligned (of it what is aligned: the slices of GLib, few
 *beside all others), open, read (and recv), write (and send; stderr is spared), fsync, rename (and
 *             link, unlink)
 * FAULT_AT    the number of the call that fails, from 1; 0: none, and FAULT_SAID gets the number of
 *             calls at the end
 * FAULT_MODE  once; or on: that call and all behind it; or kill: the process dies in place of it
 * FAULT_SAID  is written when the call fails, so that a test knows
 *
 * Calls that libc makes inside of itself are not seen.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { MALLOC, ALIGNED, OPEN, READ, WRITE, FSYNC, RENAME, NONE };
static const char *const names[] = {"malloc", "aligned", "open",  "read",
				    "write",  "fsync",   "rename"};

static enum kind kind = NONE;
static long at;
static bool on, dies;
static const char *said;
static atomic_long calls;

static void say(const char *text)
{
	int fd = said ? (int)syscall(SYS_openat, AT_FDCWD, said, O_WRONLY | O_CREAT | O_TRUNC, 0644)
		      : -1;
	if (fd < 0)
		return;
	syscall(SYS_write, fd, text, strlen(text));
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void)
{
	const char *k = getenv("FAULT_KIND"), *n = getenv("FAULT_AT"), *m = getenv("FAULT_MODE");
	said = getenv("FAULT_SAID");
	at = n ? strtol(n, NULL, 10) : 0;
	on = m && strcmp(m, "on") == 0;
	dies = m && strcmp(m, "kill") == 0;
	for (int i = 0; k && i < NONE; i++)
		if (strcmp(names[i], k) == 0)
			kind = (enum kind)i;
}

__attribute__((destructor)) static void end(void)
{
	char digits[24];
	size_t i = sizeof digits - 1;
	digits[i] = '\0';
	if (at > 0)
		return;
	for (long n = atomic_load(&calls); i > 0 && (n > 0 || i == sizeof digits - 1); n /= 10)
		digits[--i] = (char)('0' + n % 10);
	say(digits + i);
}

/* Does this call fail? */
static bool fails(enum kind k, int error)
{
	if (k != kind)
		return false;
	long n = atomic_fetch_add(&calls, 1) + 1;
	if (at == 0 || (on ? n < at : n != at))
		return false;
	if (n == at)
		say("failed");
	if (dies)
		kill(getpid(), SIGKILL);
	errno = error;
	return true;
}

static bool is_socket(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

/* A connection that fails is gone, in both directions. */
static bool transfer_fails(enum kind k, int fd, int of_file, int of_socket)
{
	bool socket = k == kind && is_socket(fd);
	if (!fails(k, socket ? of_socket : of_file))
		return false;
	if (socket) {
		shutdown(fd, SHUT_RDWR);
		errno = of_socket;
	}
	return true;
}

static bool read_fails(int fd)
{
	return transfer_fails(READ, fd, EIO, ECONNRESET);
}

static bool write_fails(int fd)
{
	return fd != STDERR_FILENO && transfer_fails(WRITE, fd, ENOSPC, EPIPE);
}

/* The real one; POSIX lets what dlsym() gives be called. */
#define REAL(result, name, ...)                                                                    \
	static result (*real)(__VA_ARGS__);                                                        \
	if (!real)                                                                                 \
	*(void **)&real = dlsym(RTLD_NEXT, name)

/* ---- memory ---- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t n)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails(MALLOC, ENOMEM) ? NULL : __libc_realloc(p, n);
}

void *memalign(size_t alignment, size_t n)
{
	return fails(MALLOC, ENOMEM) || fails(ALIGNED, ENOMEM) ? NULL
							       : __libc_memalign(alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	return memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
	void *p = memalign(alignment, n);
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

/* ---- open ---- */

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	if (fails(OPEN, EIO))
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE(flags, mode)                                                                          \
	mode_t mode = 0;                                                                           \
	if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                   \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		mode = va_arg(ap, mode_t);                                                         \
		va_end(ap);                                                                        \
	}

#undef open
#undef open64
#undef openat
#undef openat64
int open(const char *path, int flags, ...)
{
	MODE(flags, mode)
	return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	MODE(flags, mode)
	return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	MODE(flags, mode)
	return open_at(dir, path, flags, mode);
}

int openat64(int dir, const char *path, int flags, ...)
{
	MODE(flags, mode)
	return open_at(dir, path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	return open_at(dir, path, flags, 0);
}

/* ---- read ---- */

ssize_t read(int fd, void *to, size_t n)
{
	return read_fails(fd) ? -1 : syscall(SYS_read, fd, to, n);
}

ssize_t __read_chk(int fd, void *to, size_t n, size_t room);
ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
	(void)room;
	return read(fd, to, n);
}

ssize_t pread(int fd, void *to, size_t n, off_t offset)
{
	return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, to, n, offset);
}

ssize_t pread64(int fd, void *to, size_t n, off64_t offset)
{
	return pread(fd, to, n, offset);
}

ssize_t __pread_chk(int fd, void *to, size_t n, off_t offset, size_t room);
ssize_t __pread_chk(int fd, void *to, size_t n, off_t offset, size_t room)
{
	(void)room;
	return pread(fd, to, n, offset);
}

ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t offset, size_t room);
ssize_t __pread64_chk(int fd, void *to, size_t n, off64_t offset, size_t room)
{
	(void)room;
	return pread(fd, to, n, offset);
}

ssize_t preadv2(int fd, const struct iovec *v, int n, off_t offset, int flags)
{
	REAL(ssize_t, "preadv2", int, const struct iovec *, int, off_t, int);
	return read_fails(fd) ? -1 : real(fd, v, n, offset, flags);
}

ssize_t recv(int fd, void *to, size_t n, int flags)
{
	return read_fails(fd) ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}

ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags);
ssize_t __recv_chk(int fd, void *to, size_t n, size_t room, int flags)
{
	(void)room;
	return recv(fd, to, n, flags);
}

/* ---- write ---- */

ssize_t write(int fd, const void *p, size_t n)
{
	return write_fails(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return write_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, offset);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t offset)
{
	return pwrite(fd, p, n, offset);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
	return write_fails(fd) ? -1 : syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}

ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t n, unsigned flags)
{
	return write_fails(out) ? -1
				: syscall(SYS_copy_file_range, in, in_at, out, out_at, n, flags);
}

/* ---- what makes it last ---- */

int fsync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return fails(FSYNC, EIO) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
	return fails(RENAME, EIO) ? -1
				  : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return fails(RENAME, EIO) ? -1
				  : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails(RENAME, EIO) ? -1
				  : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	return fails(RENAME, EIO) ? -1 : (int)syscall(SYS_unlinkat, dir, path, flags);
}
