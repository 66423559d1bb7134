#include "core/bounce.h"

const char *const refusal_phase_names[PHASE_COUNT] = {NULL,   "connect", "helo",
						      "mail", "rcpt",    "data"};

const char *const refusal_form_names[FORM_COUNT] = {
    [FORM_TEXT] = "a reply",
    [FORM_DIALOGUE] = "a transcript",
    [FORM_DSN] = "a delivery status notification",
    [FORM_EXCHANGE] = "a non-delivery report of Exchange",
    [FORM_QMAIL] = "a bounce of qmail",
    [FORM_EXIM] = "a bounce of Exim",
    [FORM_POSTFIX] = "a bounce of Postfix",
    [FORM_SENDMAIL] = "a bounce of Sendmail",
    [FORM_GMAIL] = "a bounce of Gmail",
    [FORM_BODY] = "a bounce",
    [FORM_LOG_POSTFIX] = "a log of Postfix",
    [FORM_LOG_EXIM] = "a log of Exim",
    [FORM_LOG_SENDMAIL] = "a log of Sendmail",
    [FORM_LOG_OPENSMTPD] = "a log of OpenSMTPD",
    [FORM_LOG_QMAIL] = "a log of qmail",
    [FORM_LOG_EXCHANGE] = "a message tracking log of Exchange",
};

const char *const refusal_ip_source_names[IP_SOURCE_COUNT] = {NULL, "quoted", "log", "received",
							      "option"};

const char *const bounce_what_names[BOUNCE_WHAT_COUNT] = {
    [BOUNCE_REFUSALS] = "refused mail",
    [BOUNCE_AUTO_REPLY] = "an automatic reply",
    [BOUNCE_RECEIPT] = "a read receipt",
    [BOUNCE_DELIVERED] = "a notice that mail was delivered",
    [BOUNCE_FEEDBACK] = "a feedback report",
    [BOUNCE_DMARC_REPORT] = "a DMARC aggregate report",
    [BOUNCE_TLS_REPORT] = "a TLS report",
    [BOUNCE_CLEAN_LOG] = "a mail log without refusals",
    [BOUNCE_MAIL] = "a mail that is no bounce",
    [BOUNCE_UNKNOWN] = "not understood",
    [BOUNCE_BAD] = "not readable",
};
