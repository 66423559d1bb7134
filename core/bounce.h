/*
 * bounce.h - CONTRACT: one refused message, out of a bounce, a pasted reply or a mail log.
 * ingest/bounce reads it, report/ classes and explains it, db/ may store it.
 *
 * It holds what was read and nothing that was concluded: no class, no guess. What the input did not
 * say is NULL, 0 or family 0. Strings are valid UTF-8 without NUL or control characters, bounded by
 * LIMIT_BOUNCE_TEXT (reply texts) or DOMAIN_SIZE, and data all the same: escape what is printed.
 * Names are normalised (core/domain.h) unless said otherwise.
 *
 * No address of a person is in it. Of senders and recipients there are domains; in texts each local
 * part is a "*" ("<*@example.com>: Relay access denied"), but for the names of offices (postmaster,
 * abuse, delist ...). The two digests find the same message again; they are plain SHA-256 of words
 * that can be guessed, so whoever stores them keys them first.
 *
 * The reader hands refusals to a sink. Everything a refusal or an outcome points to is borrowed for
 * the call. One thread drives one sink:
 *
 *	for each input (a mail, each mail of a mailbox, a log, a text):
 *		refusal (0..n times), then outcome (once)
 */
#ifndef CORE_BOUNCE_H
#define CORE_BOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/domain.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/ip.h"

/* Where in the dialogue of SMTP the reply was given (RFC 5321 section 3). */
enum refusal_phase {
	PHASE_UNKNOWN,
	PHASE_CONNECT, /* in place of the greeting */
	PHASE_HELO,    /* HELO, EHLO, LHLO, STARTTLS, AUTH: before a transaction */
	PHASE_MAIL,
	PHASE_RCPT,
	PHASE_DATA, /* the command, or the end of the data: phase_end tells */
	PHASE_COUNT
};

extern const char *const refusal_phase_names[PHASE_COUNT]; /* NULL, "connect" .. "data" */

/* A reply of SMTP (RFC 5321 section 4.2, RFC 3463), normalised: lines unfolded into one, blanks
 * made one, code and status that each line repeats left out, encodings undone. */
struct refusal_reply {
	unsigned code;    /* 200..599; 0: none was given (milter-reject, a bare status) */
	char status[16];  /* "5.7.26", of "#5.7.1" too; "": none */
	const char *text; /* with its own code and status in front, as it would be quoted:
			     "550 5.7.26 ..."; "": no reply is known. Never NULL, but in wrapper */
	enum refusal_phase phase;
	bool phase_end; /* PHASE_DATA: at the end of the data, the whole message was seen */
};

/* Which way the message went. */
enum refusal_direction {
	REFUSED_BY_OTHER, /* a server refused what ours (or the bounce's writer) brought */
	REFUSED_BY_US,    /* our own server, whose log this is, refused a client */
};

/* RFC 3464 section 2.3.3: failed, or delayed and tried again. */
enum refusal_action { REFUSAL_FAILED, REFUSAL_DELAYED };

/* What it was read from. */
enum refusal_form {
	FORM_TEXT,     /* a pasted reply */
	FORM_DIALOGUE, /* a pasted transcript: "C:", "S:", ">>>", "<<<" */
	FORM_DSN,      /* message/delivery-status (RFC 3464) */
	FORM_EXCHANGE, /* an NDR of Exchange without that, mostly HTML */
	FORM_QMAIL,
	FORM_EXIM,
	FORM_POSTFIX,
	FORM_SENDMAIL,
	FORM_GMAIL,
	FORM_BODY, /* another mail without message/delivery-status */
	FORM_LOG_POSTFIX,
	FORM_LOG_EXIM,
	FORM_LOG_SENDMAIL,
	FORM_LOG_OPENSMTPD,
	FORM_LOG_QMAIL,
	FORM_LOG_EXCHANGE, /* message tracking */
	FORM_COUNT
};

extern const char *const refusal_form_names[FORM_COUNT]; /* "a bounce of qmail", "Postfix's log" */

/* How the sending address became known, best first. "option" is the command's own word. */
enum refusal_ip_source {
	IP_UNKNOWN,
	IP_QUOTED,   /* in the reply: the server that refused says whom it looked at */
	IP_LOG,      /* the client of REFUSED_BY_US; or our outbound address, where a log has it */
	IP_RECEIVED, /* the first public address of the returned header's Received, newest first */
	IP_OPTION,
	IP_SOURCE_COUNT
};

extern const char *const refusal_ip_source_names[IP_SOURCE_COUNT]; /* NULL, "quoted" ... */

struct refusal_dkim {
	const char *domain;   /* d= */
	const char *selector; /* s= */
};

struct refusal {
	enum refusal_form form;
	enum refusal_direction direction;
	enum refusal_action action;

	int64_t at;        /* Unix seconds; 0: not said */
	bool year_guessed; /* the date in the log has no year */

	/* What was said. Of a reply that another quotes ("5.7.367 ... -> 554 5.7.1 Relay access
	 * denied") reply is the inner one, wrapper the outer; else wrapper.text is NULL. */
	struct refusal_reply reply, wrapper;
	char bounce_status[16]; /* Status of the DSN, dsn= of the log; "" none. It may differ from
				   reply.status: who wrote the bounce judges, too */

	/* Who said it: the server that refused; NULL when nobody names it. In logs with "none"
	 * there was none. reporting_host is the server that wrote the bounce or the log (of logs
	 * often its first label alone); it refused itself when remote_host is NULL and the reply is
	 * its own. */
	const char *remote_host;
	struct ip remote_ip;
	const char *reporting_host;

	/* About which message. */
	const char *mail_from_domain;   /* "": the null sender, <> */
	const char *header_from_domain; /* of the returned header's From */
	const char *recipient_domain;
	const char *original_domain;     /* of the recipient before forwarding, when it is another
					    domain (Original-Recipient, orig_to) */
	const struct refusal_dkim *dkim; /* signatures of the returned header; not verified */
	size_t n_dkim;
	const char *message_id_domain; /* right side of the Message-ID */
	const char *queue_id;          /* at reporting_host; not normalised */
	struct digest message;         /* of the Message-ID; all zero: none */
	struct digest recipient;       /* of the whole address in lower case; all zero: none */

	/* Whose address is it about. */
	struct ip ip;
	enum refusal_ip_source ip_source;
	struct ip received_ip;     /* IP_RECEIVED's, also where a better source won; family 0 */
	const char *received_host; /* the name that goes with it: "from NAME (... [address])" */
	const char *quoted_domain; /* that the reply says it looked at: "SPF check for [x]" */

	/* Who gave it to the server whose log this is: of REFUSED_BY_US the one refused. */
	const char *client_host; /* NULL: unknown, no PTR */
	struct ip client_ip;
	const char *helo; /* as it came */
	bool logged_in;   /* SMTP AUTH */
	bool submission;  /* on a submission port, or an authenticated service */

	const char
	    *generated; /* what Auto-Submitted or Precedence of the returned header says of
			   it, when it says more than "no": "auto-replied", "bulk"; as it came */
	uint64_t line;  /* in the log, from 1; 0: no log */
};

/* The server whose reply it is, or NULL: for "who refused". A reply that another quotes is not of
 * the one that wrote the bounce. */
static inline const char *refusal_receiver(const struct refusal *r)
{
	bool other = r->remote_host || r->remote_ip.family || r->wrapper.text;
	return other ? r->remote_host : r->reporting_host;
}

/* What an input is. All but the first are no bounce; what they are is said. */
enum bounce_what {
	BOUNCE_REFUSALS,     /* at least one refusal was handed over */
	BOUNCE_AUTO_REPLY,   /* vacation, out of office */
	BOUNCE_RECEIPT,      /* read, or deleted unread (RFC 8098) */
	BOUNCE_DELIVERED,    /* a DSN that says it arrived, was relayed or expanded */
	BOUNCE_FEEDBACK,     /* ARF, RFC 5965; also of DMARC failures, RFC 6591 */
	BOUNCE_DMARC_REPORT, /* an aggregate report: `ingest` takes it */
	BOUNCE_TLS_REPORT,   /* RFC 8460 */
	BOUNCE_CLEAN_LOG,    /* a log that was understood, without refusals */
	BOUNCE_MAIL,         /* some other mail */
	BOUNCE_UNKNOWN,      /* not understood */
	BOUNCE_BAD,          /* damaged, unreadable, over a ceiling: reason */
	BOUNCE_WHAT_COUNT
};

extern const char *const bounce_what_names[BOUNCE_WHAT_COUNT]; /* "an automatic reply" ... */

/* What became of one input. */
struct bounce_outcome {
	const char *source; /* its name, as given, with "!part2!a.zip" or "!mail7" appended */
	enum bounce_what what;
	const char *reason; /* one line: BOUNCE_BAD; else NULL, or what is worth saying */

	/* Of logs, else FORM_COUNT and zero. */
	enum refusal_form log;
	uint64_t lines, read;      /* all, and those of the kinds that a reader knows */
	int64_t first_at, last_at; /* of the lines: what the log covers */
	bool no_replies; /* it does not hold replies (Sendmail): ask for the bounce mail */
	bool year_guessed;
	uint64_t forgotten; /* queue ids that left the table while they may have been in use */

	uint64_t refusals; /* handed over */
	uint64_t dropped;  /* not handed over: past LIMIT_BOUNCE_RECIPIENTS of a bounce */
};

struct refusal_sink {
	void *ctx;
	/* Return other than ST_OK to stop the reading, which then returns it. */
	enum status (*refusal)(void *ctx, const struct refusal *r, struct err *err);
	enum status (*outcome)(void *ctx, const struct bounce_outcome *o, struct err *err);
};

#endif
