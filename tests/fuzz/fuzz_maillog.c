/* Mail logs of any bytes: behind a line of each kind that makes them one. The first octet says
 * which. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "tests/fuzz/refusals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const heads[] = {
    "Nov 28 12:57:14 m postfix/qmgr[1]: A: removed\n",
    "2026-11-28 12:59:56 1P1ceB-000FL1-4q Completed\n",
    "Nov 28 12:57:14 m sendmail[1]: A: from=<a@b.example>, size=1\n",
    "Nov 28 12:57:14 m smtpd[1]: 0a mta delivery evpid=6a result=\"Ok\"\n",
    "@400000006a1b2c3d0a1b2c3d end msg 77\n",
    "#Fields: date-time,event-id,recipient-address,recipient-status,return-path,message-id\n",
    "{\"SYSLOG_IDENTIFIER\":\"postfix/qmgr\",\"MESSAGE\":\"A: removed\"}\n",
};
static const char *const lines[] = {
    "Nov 28 12:57:14 m postfix/smtp[1]: ",
    "2026-11-28 12:59:56 1P1ceB-000FL1-4q ",
    "Nov 28 12:57:14 m sendmail[1]: A: ",
    "Nov 28 12:57:14 m smtpd[1]: 0a mta delivery ",
    "@400000006a1b2c3d0a1b2c3d ",
    "",
    "{\"SYSLOG_IDENTIFIER\":\"postfix/smtp\",\"MESSAGE\":\"",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	size_t k = data[0] % (sizeof heads / sizeof *heads);
	size_t head = strlen(heads[k]), line = strlen(lines[k]), n = 0;
	uint8_t *log = mem_alloc(head + size * (line + 1) + line);
	memcpy(log, heads[k], n = head);
	for (size_t i = 1; i < size; i++) {
		if (i == 1 || data[i - 1] == '\n') {
			memcpy(log + n, lines[k], line);
			n += line;
		}
		log[n++] = data[i];
	}
	read_refusals(log, n);
	free(log);
	return 0;
}
