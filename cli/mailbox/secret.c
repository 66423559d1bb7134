#include "cli/mailbox/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"

extern char **environ;

/* To the end of fd. *stop is looked at, for a command that does not end. */
static enum status read_all(int fd, const char *what, const atomic_bool *stop, struct buf *out,
			    struct err *err)
{
	char chunk[4096];
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (stop && atomic_load(stop))
			return err_set(err, ST_RETRY, "%s: interrupted", what);
		if (poll(&p, 1, 200) == 0)
			continue;
		ssize_t n = read(fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, ST_FATAL, "%s: %s", what, strerror(errno));
		if (n == 0)
			break;
		buf_put(out, chunk, (size_t)n);
		explicit_bzero(chunk, (size_t)n);
	}
	if (out->failed)
		return err_set(err, ST_FATAL, "%s: too long for a password or token", what);
	if (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
	if (out->len > 0 && out->data[out->len - 1] == '\r')
		out->data[--out->len] = '\0';
	return ST_OK;
}

enum status secret_from_file(const char *path, struct buf *out, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(err, ST_FATAL, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077))
		log_warn("%s: others can read it; `chmod 600` closes it", path);
	enum status status = read_all(fd, path, NULL, out, err);
	close(fd);
	return status;
}

static enum status spawn(const char *command, int fd, pid_t *pid, struct err *err)
{
	char sh[] = "/bin/sh", c[] = "-c";
	char *argv[] = {sh, c, (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	sigemptyset(&none); /* threads of ours block all; a command is to die of Ctrl-C */
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	int rc = posix_spawn(pid, sh, &actions, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return rc == 0 ? ST_OK : err_set(err, ST_RETRY, "sh: %s", strerror(rc));
}

enum status secret_from_command(const char *command, const atomic_bool *stop, struct buf *out,
				struct err *err)
{
	int fds[2], how = 0;
	pid_t pid;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_set(err, ST_RETRY, "pipe: %s", strerror(errno));
	enum status st = spawn(command, fds[1], &pid, err);
	close(fds[1]);
	if (st == ST_OK) {
		st = read_all(fds[0], "the password command", stop, out, err);
		if (st != ST_OK)
			kill(pid, SIGTERM);
		while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	if (st == ST_OK && how != 0)
		st = err_set(err, ST_FATAL, "the password command failed (%s %d)",
			     WIFEXITED(how) ? "exit" : "signal",
			     WIFEXITED(how) ? WEXITSTATUS(how) : WTERMSIG(how));
	return st;
}
