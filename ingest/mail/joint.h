/*
 * joint.h - where another mail begins in the bytes of a mail.
 *
 * Mails that were put one behind the other (cat *.eml, a POP3 or IMAP session, folders of Becky!
 * and Foxmail) have nothing between them that MIME knows of: all behind the first is the epilogue
 * of its multipart, or rubbish in its base64. So what follows the last delimiter of the outermost
 * multipart, the last line of base64 or the end of a bare report, is looked through for a header.
 * Pure, and linear in n.
 */
#ifndef INGEST_MAIL_JOINT_H
#define INGEST_MAIL_JOINT_H

#include <stddef.h>
#include <stdint.h>

/* How many of the n bytes are the first mail; n: all of them. */
size_t joint_find(const uint8_t *p, size_t n);

#endif
