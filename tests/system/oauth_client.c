/*
 * oauth_client - ask for access tokens as the mailbox client does, for tests/system/test_oauth.py.
 *
 *	oauth_client ENDPOINT TOKEN_FILE [-s SECRET_FILE] [-c CA] [-t TIMEOUT] [-n TIMES] [-w MS]
 *[-r]
 *
 * A line a token: "ok TOKEN", or "retry MESSAGE", "fatal MESSAGE". -r: renew each time.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/oauth/oauth.h"

int main(int argc, char **argv)
{
	struct oauth_options o = {
	    .name = "rua", .client_id = "client&1", .scope = "mail offline_access"};
	int times = 1, wait = 0, c;
	bool renew = false;
	while ((c = getopt(argc, argv, "s:c:t:n:w:r")) != -1) {
		if (c == 's')
			o.client_secret_file = optarg;
		else if (c == 'c')
			o.http.ca = optarg;
		else if (c == 't')
			o.http.timeout = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'n')
			times = (int)strtol(optarg, NULL, 10);
		else if (c == 'w')
			wait = (int)strtol(optarg, NULL, 10);
		else if (c == 'r')
			renew = true;
		else
			return 64;
	}
	if (argc - optind != 2)
		return 64;
	o.token_endpoint = argv[optind];
	o.refresh_token_file = argv[optind + 1];
	struct oauth *h;
	struct buf token;
	struct err err;
	if (oauth_open(&o, &h, &err) != ST_OK) {
		printf("fatal %s\n", err.msg);
		return 0;
	}
	buf_init(&token, OAUTH_TOKEN_MAX);
	for (int i = 0; i < times; i++) {
		enum status st = oauth_secret(h, renew, &token, &err);
		if (st == ST_OK)
			printf("ok %s\n", token.data);
		else
			printf("%s %s\n", st == ST_RETRY ? "retry" : "fatal", err.msg);
		fflush(stdout);
		poll(NULL, 0, wait);
	}
	buf_free(&token);
	oauth_close(h);
	return 0;
}
