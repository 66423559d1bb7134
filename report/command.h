/*
 * command.h - what to type to say that a sender is ours.
 */
#ifndef REPORT_COMMAND_H
#define REPORT_COMMAND_H

#include "core/buf.h"
#include "report/sender/finding.h"

/* Append "ruascope label VERDICT example.com service:sendgrid", quoted where a shell needs it. The
 * key is without its mark, so that it stays true when the mail ends differently; with it where
 * other senders share the key. false, and nothing is appended: a name holds what no command line
 * may (control characters, or others than ASCII), or is empty. */
bool label_command(struct buf *out, const char *verdict, const char *domain,
		   const struct sender *s);

/* The same of one address of it. */
bool label_address_command(struct buf *out, const char *verdict, const char *domain,
			   const struct sender_source *x);

#endif
