/* core/notify: what systemd hears, on a real socket. */
#include "tests/unit/check.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/notify.h"

/* A socket with this name ("@": abstract), as systemd makes one. */
static int listener(const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0 && n < sizeof sa.sun_path);
	memcpy(sa.sun_path, name, n);
	if (name[0] == '@')
		sa.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&sa,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void check_hears(int fd, const char *want)
{
	char text[2048];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, want);
}

static void hears(void **state)
{
	(void)state;
	char dir[] = "/tmp/test_notify.XXXXXX", path[2][64];
	assert_non_null(mkdtemp(dir));
	snprintf(path[0], sizeof path[0], "%s/socket", dir);
	snprintf(path[1], sizeof path[1], "@%s", dir);
	for (int i = 0; i < 2; i++) {
		int fd = listener(path[i]);
		assert_true(notify("READY=1\nSTATUS=watching %s", "rua"));
		check_hears(fd, "READY=1\nSTATUS=watching rua");
		assert_true(notify("STOPPING=1"));
		check_hears(fd, "STOPPING=1");
		assert_true(notify("STATUS=%02000d", 1)); /* cut, not refused */
		char text[2048];
		assert_int_equal(recv(fd, text, sizeof text, 0), 1023);
		close(fd);
		assert_false(notify("STATUS=nobody"));
	}
	unlink(path[0]);
	rmdir(dir);
}

static void nobody(void **state)
{
	(void)state;
	char longer[200];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	longer[0] = '/';
	const char *const names[] = {"", "@", "/", "relative", "/nonexistent/socket", longer};
	unsetenv("NOTIFY_SOCKET");
	assert_false(notify("READY=1"));
	for (size_t i = 0; i < COUNT(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		CHECK_ROW(!notify("READY=1"), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(hears), cmocka_unit_test(nobody)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
