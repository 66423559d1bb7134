/*
 * limits.h - every ceiling, each with its reason. struct limits can be changed by options; the
 * rest are bounds of our own structures.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define KIB ((uint64_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/* What a person may change (ingest --max-...). */
struct limits {
	uint64_t mail_bytes;      /* a mail is held in memory while its parts are read */
	uint64_t report_bytes;    /* decompressed XML of one report: bounds time, not memory */
	uint64_t container_bytes; /* all that comes out of one file or mail: zip bombs overlap */
	uint64_t zip_members;     /* real report zips hold one */
	uint64_t mime_parts;      /* real report mails hold two */
	uint64_t records;         /* the largest real report seen has some thousands */
	uint64_t mbox_mails;  /* of mboxes inside of something: gzip makes 200,000 out of 3 kB */
	uint64_t documents;   /* that come out of one input: zips in zips multiply */
	uint64_t months;      /* of the reports of one input: each new one makes three tables */
	uint64_t span_days;   /* from begin to end of a report; the longest real one had 1096 */
	uint64_t first_month; /* year * 12 + month - 1; before it a report is rejected. DMARC is of
				 2012, RFC 9990's own example of 1979 */
	uint64_t memory;      /* of all mails that are read at once, in the whole process */
	uint64_t quarantine;  /* bytes that the quarantine may hold */
	uint64_t ratio;       /* what comes out of one input, blanks apart, to its size, once it is
				 more than LIMIT_INFLATED: bounds the time that a byte can cost. Real
				 reports of 50 MB have 30 to 60 */
};

#define LIMITS_DEFAULT                                                                             \
	{                                                                                          \
		.mail_bytes = 64 * MIB, .report_bytes = 1 * GIB, .container_bytes = 2 * GIB,       \
		.zip_members = 1000, .mime_parts = 1000, .records = 10 * 1000 * 1000,              \
		.mbox_mails = 10 * 1000, .documents = 20 * 1000, .months = 240, .span_days = 3660, \
		.first_month = 1970 * 12, .memory = LIMIT_MEMORY,                                  \
		.quarantine = LIMIT_QUARANTINE_ALL, .ratio = 100                                   \
	}

/* Structure of the input. */
#define LIMIT_INFLATED                                                                             \
	(64 * MIB) /* comes out of whatever is small: two or three seconds of the worst XML, and   \
		      more than real reports have */
#define LIMIT_NESTING    4  /* zip in mail in zip ...: deeper is an attack */
#define LIMIT_MIME_DEPTH 32 /* multiparts in multiparts */
#define LIMIT_MIME_HELD                                                                            \
	(32 * 1000 * 1000) /* lines with "--" times boundaries open there: GMime                   \
			      holds each to each, half a second in all */
#define LIMIT_TOLD 100     /* outcomes of one kind that an input has, each a row; the rest is one */
#define LIMIT_HEADER_BYTES                                                                         \
	(16 * 1024)                 /* an address header longer than this is blanked before        \
				       GMime sees it: its address parser recurses per group */
#define LIMIT_XML_DEPTH 64          /* a report needs 7 */
#define LIMIT_XML_TEXT  (64 * 1024) /* a text node; cut and flagged */
#define LIMIT_XML_TAG   (64 * 1024) /* a tag with its attributes: libxml2 takes quadratic time */
#define LIMIT_XML_NAMES 10000       /* different names in a document; a report has fifty */
#define LIMIT_XML_FAULTS                                                                           \
	(2 * 1000 * 1000) /* of a document, that are passed over or repaired: libxml2 makes a      \
			     text of each; an unbound prefix in 80,000 records has as many */
#define LIMIT_DOCTYPE      (256 * 1024) /* before the root; those of HTML have some hundred bytes */
#define LIMIT_PROLOG       (8 * 1024 * 1024) /* before the root: the parser forgets little of it */
#define LIMIT_TOGETHER     1000              /* documents one behind the other in a file */
#define LIMIT_REPORT_ID    512               /* octets; cut and flagged */
#define LIMIT_TEXT         1024 /* org_name, comments, human_result...; cut and flagged */
#define LIMIT_AUTH_RESULTS 100  /* dkim or spf results a record (RFC 9990 asks for <= 100) */
#define LIMIT_REASONS      20   /* override reasons a record */
#define LIMIT_ERRORS       20   /* error elements kept of a report */
#define LIMIT_WARNINGS     32   /* warnings kept of a report; the last says how many more */
#define LIMIT_COUNT        INT64_C(1000000000000) /* messages in one record; above: bad_count */

/* Memory. */
#define LIMIT_SPOOL_MEMORY    (4 * MIB)  /* a container that must be whole; past it: a temp file */
#define LIMIT_PROFILE_CACHE   (8 * MIB)  /* normalised profiles remembered by one worker */
#define LIMIT_QUARANTINE      (64 * MIB) /* bytes kept of one rejected thing; past it: its head */
#define LIMIT_QUARANTINE_HEAD (1 * MIB)
#define LIMIT_QUARANTINE_ALL                                                                       \
	(4 * GIB) /* kept in all: whoever sends rejects for years must not fill the disk; the      \
		     oldest go, and their files are where they were */
#define LIMIT_QUARANTINE_THINGS                                                                    \
	(200 * 1000) /* rows, likewise: a person cannot look through more, and one                 \
			mail may bring 20,000 conflicts that share their bytes */
#define LIMIT_MEMORY                                                                               \
	(192 * MIB) /* one mail of the ceiling in a mail in a mail, or three abreast               \
		     */
#define LIMIT_PENDING_BYTES (8 * MIB)   /* containers held by the loader until its commit */
#define LIMIT_BLOB_COPY     (1 * MIB)   /* larger ones are not copied: the loader commits at once */
#define LIMIT_HELD_COPY     (256 * KIB) /* of one that waits for the clock to be judged */
#define LIMIT_PROBLEMS      10000       /* problems listed beyond rejected and conflict */

/* Who sent a mail (ingest/auth). Whoever writes to the mailbox chooses what is looked at. */
#define LIMIT_AUTH_HEADER       (256 * 1024) /* octets; real report mails have 10,000 */
#define LIMIT_AUTH_FIELDS       1000         /* real report mails have 50 */
#define LIMIT_AUTH_SIGNED       500          /* names in h=; real ones have 30 */
#define LIMIT_AUTH_VALUE        4096         /* octets of b=, folded; of 4,096 bits there are 700 */
#define LIMIT_AUTH_LOOKED       8 /* signatures of a mail that are looked at; real mails have 2 */
#define LIMIT_AUTH_VERIFIED     3 /* of them, those that a key is tried on */
#define LIMIT_AUTH_RSA_BITS     4096 /* RFC 8301 section 3.2 asks for as many */
#define LIMIT_AUTH_RSA_EXPONENT 33   /* bits; everybody has 65537 */
#define LIMIT_AUTH_KEY_BYTES    1024 /* of 4,096 bits there are 550 */
#define LIMIT_AUTH_KEYS         256  /* that a worker keeps ready */
#define AUTH_RSA_BITS_LEAST     1024 /* RFC 8301 section 3.2 */
#define LIMIT_AUTH_QUESTIONS                                                                       \
	10000                     /* names of keys of a run; of real reporters there are hundreds */
#define LIMIT_AUTH_WAIT_MS   4000 /* for the keys of one mail */
#define LIMIT_AUTH_FAILED_MS 30000  /* of a run, for keys that did not come */
#define LIMIT_AUTH_ALL_MS    120000 /* of a run, for all keys */
#define LIMIT_AUTH_ENCLOSED  8      /* mails with reports in one mail, as people forward them */

/* Refused mail (ingest/bounce). */
#define LIMIT_BOUNCE_TEXT       (8 * 1024) /* octets of a reply; RFC 5321 gives a line 512 */
#define LIMIT_BOUNCE_LOOKED     2048       /* octets of it that rules are tried on */
#define LIMIT_BOUNCE_RECIPIENTS 1000       /* of one bounce; the standard asks to carry 100 */
#define LIMIT_LOG_LINE          (64 * KIB) /* of a mail log; what is behind it is not read */
#define LIMIT_LOG_OPEN                                                                             \
	(200 * 1000) /* messages under way in a log: 60 MB; a large relay has as many deferred */
#define LIMIT_BOUNCE_INPUT                                                                         \
	(16 * GIB)            /* standard input that is kept on the disk: a log of a month */
#define LIMIT_BOUNCE_BODY MIB /* a bounce's own words, and the header it returns */
#define LIMIT_BOUNCE_ROWS                                                                          \
	(10 * 1000) /* of a domain and day in the database; what is past it counts by class */
#define LIMIT_BOUNCE_COVERED 400 /* days that one log can say it covers: years are wrong dates */

/* The database's server, in seconds (db/pg/db.h); lock_timeout and its like: queries/session.sql.
 */
#define LIMIT_DB_SILENCE 60 /* of one that answers nobody; a restart takes less */
#define LIMIT_DB_LONGEST                                                                           \
	INT64_C(21600) /* for one statement; a migration of years took minutes, so it is frozen */

/* What is learned of who signs for whom (db/load). */
#define LIMIT_TRUST_DAYS                                                                           \
	1000 /* days and domains remembered of an organisation: three years of daily reports. Who  \
		is not known by then will not be, and whoever writes in his name makes no more */

/* DNS. What is asked comes from reports, and anybody may send reports. */
#define LIMIT_DNS_TTL     (24 * 3600) /* seconds an answer is believed; zones may say 68 years */
#define LIMIT_DNS_FAILURE (15 * 60)   /* seconds a failed question is not asked again */
#define LIMIT_DNS_QUESTIONS                                                                        \
	(500 * 1000) /* of a run: with 200 on their way at once, two minutes and more */
#define LIMIT_DNS_ADDRESSES                                                                        \
	(20 * 1000) /* of a domain that are asked about: the widest real senders have thousands */
#define LIMIT_DNS_ALL_ADDRESSES                                                                    \
	(200 * 1000) /* of all domains of a run: two questions each, and room for names */
#define LIMIT_SITE_DOMAINS   5000 /* with a folder of pages: those with most mail of their own */
#define LIMIT_SITE_SENDERS   500  /* of a domain, with a page */
#define LIMIT_SITE_STRANGERS 100  /* of these, that a forger can multiply */
#define LIMIT_SITE_REPORTS   1000 /* rows of a month */
#define LIMIT_SITE_ASIDE     500  /* rows of what was set aside */
#define LIMIT_OWNER_DOMAINS                                                                        \
	100 /* of one owner: a longer list is a provider's, of his customers                       \
	     */
#define LIMIT_DNS_NAMES                                                                            \
	200 /* selectors, MAIL FROM and From names below a domain: real ones are few */

/* Loading. */
#define BATCH_RECORDS 20000 /* measured: COPYs of 20,000 rows run at full speed */
#define BATCH_REPORTS 5000
#define CHUNK_RECORDS 1024 /* records handed to a sink at once */

#endif
