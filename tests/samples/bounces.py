"""Refused mail of the samples' story: bounces, a pasted reply, a mail log. Names and addresses are reserved ones."""


def dsn(date, reporting, final, diagnostic, returned, remote=None, status="5.7.1", text=None, received=None):
    """A bounce as Postfix writes it (RFC 3464). returned: header lines of the message that was refused."""
    host = remote or "none"
    words = text or (f"<{final}>: host {remote} said:\n    {diagnostic}\n    (in reply to end of DATA command)")
    lines = [
        "Return-Path: <>", f"Date: {date}", f"From: MAILER-DAEMON@{reporting} (Mail Delivery System)",
        "To: office@example.com", "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Description: Notification", "Content-Type: text/plain; charset=us-ascii", "",
        f"This is the mail system at host {reporting}.", "",
        "I'm sorry to have to inform you that your message could not be delivered.", "", *words.split("\n"), "",
        "--b", "Content-Description: Delivery report", "Content-Type: message/delivery-status", "",
        f"Reporting-MTA: dns; {reporting}", "X-Postfix-Queue-ID: 4Xk3Tz0Jw2z9sT", f"Arrival-Date: {date}", "",
        f"Final-Recipient: rfc822; {final}", "Action: failed", f"Status: {status}",
        *([f"Remote-MTA: dns; {host.split('[')[0]}"] if remote else []), f"Diagnostic-Code: smtp; {diagnostic}", "",
        "--b", "Content-Description: Undelivered Message Headers", "Content-Type: text/rfc822-headers", "",
        *(received or []), *returned, "", "--b--", ""]
    return "\r\n".join(lines).encode()


GMAIL = ("550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender and Gmail users, and has"
         " been blocked. The sender must authenticate with at least one of SPF or DKIM. For this message, DKIM checks did"
         " not pass and SPF check for [example.com] did not pass with ip: [%s]. The sender should visit"
         " 550 5.7.26 https://support.google.com/mail/answer/81126#authentication - gsmtp")


def header(sender, to, date, *more, host="mail.example.com"):
    return [*more, f"From: {sender}", f"To: {to}", "Subject: Your order", f"Date: {date}",
            f"Message-ID: <20261029.4711@{host}>"]


def maillog():
    """The log of gate.example.com: who asked it to relay, and was refused."""
    lines = []

    def reject(day, hour, client, sender, to, times):
        for n in range(times):
            lines.append((f"Oct {day:2d} {hour:02d}:{n % 60:02d}:{n // 60:02d}",
                          f"gate postfix/smtpd[2211]: NOQUEUE: reject: RCPT from {client}: 554 5.7.1 <{to % n if '%' in to else to}>: "
                          f"Relay access denied; from=<{sender}> to=<{to % n if '%' in to else to}> proto=ESMTP helo=<mail>"))

    reject(2, 3, "unknown[203.0.113.150]", "info@bulk7.test", "u%d@customer.example", 120)
    reject(9, 4, "unknown[203.0.113.150]", "info@bulk7.test", "u%d@partner.example", 120)
    reject(31, 2, "unknown[203.0.113.150]", "info@bulk8.test", "u%d@school.example", 50)
    reject(13, 5, "unknown[203.0.113.151]", "info@bulk7.test", "u%d@alumni.example", 13)
    reject(20, 9, "mail.example.com[192.0.2.10]", "office@example.com", "u%d@customer.example", 97)
    reject(26, 11, "out3.mailhost.example[198.51.100.3]", "anna@carrier.example", "info@example.net", 12)
    lines.append(("Oct 27 10:00:00", "gate postfix/smtpd[2211]: connect from mail.example.com[192.0.2.10]"))
    return "".join(f"{when} {what}\n" for when, what in sorted(lines, key=lambda x: (int(x[0][4:6]), x[0]))).encode()


def files():
    """(name below bounces/, bytes, what it is)"""
    oct29 = "Thu, 29 Oct 2026 09:12:44 +0000"
    sep24 = "Thu, 24 Sep 2026 08:01:10 +0000"
    oct14 = "Wed, 14 Oct 2026 03:40:00 +0000"
    crm = header("Office <office@example.com>", "bob@customer.example", sep24,
                 "Return-Path: <b-77@bounces.crm.example>",
                 "Received: from out1.crm.example (out1.crm.example [198.51.100.150])\r\n"
                 "\tby relay.crm.example with ESMTP id 1; " + sep24,
                 "DKIM-Signature: v=1; a=rsa-sha256; d=crm.example; s=crm1; h=from:to:subject:date;\r\n bh=AA==; b=AA==",
                 host="crm.example")
    ours = ["DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s2026; h=from:to:subject:date;\r\n bh=AA==; b=AA=="]
    return [
        ("gmail-neither.eml",
         dsn(oct29, "web80.webhost.example", "bob@gmail.com", GMAIL % "192.0.2.80",
             header("Form <office@example.com>", "bob@gmail.com", oct29, "Return-Path: <office@example.com>"),
             "gmail-smtp-in.l.google.com[203.0.113.2]", "5.7.26"),
         "the contact form's mail, refused by Gmail: neither SPF nor DKIM"),
        ("cisco-dmarc.eml",
         dsn(sep24, "out1.crm.example", "bob@customer.example", "550 #5.7.1 DMARC unauthenticated mail is prohibited.",
             crm, "mx.customer.example[203.0.113.3]", "5.0.0"),
         "the old CRM's mail, refused for DMARC by a Cisco gateway"),
        ("exchange-relay.eml",
         dsn(oct29, "HE1PR01MB1234.eurprd01.prod.exchangelabs.example", "carol@partner.example",
             "550 5.7.367 Remote server returned not permitted to relay -> 554 5.7.1 <carol@partner.example>: Relay access denied",
             header("Office <office@example.com>", "carol@partner.example", oct29, *ours),
             "mx.partner.example[203.0.113.4]", "5.7.367"),
         "a relay refusal that Exchange Online wraps"),
        ("relay-denied.txt", b"554 5.7.1 <dave@elsewhere.example>: Relay access denied\n", "a reply, pasted"),
        ("mail.log", maillog(), "Postfix's log of a server of ours that refuses to relay"),
        ("backscatter.eml",
         dsn(oct14, "mx.carrier.example", "eve@carrier.example", GMAIL % "203.0.113.140",
             header("Billing <billing@example.com>", "eve@carrier.example", oct14,
                    "Return-Path: <billing@example.com>", host="bulk7.test"),
             "gmail-smtp-in.l.google.com[203.0.113.2]", "5.7.26"),
         "the bounce of somebody's forgery"),
        ("forwarded.eml",
         dsn(oct29, "fwd.alumni.example", "frank@gmail.com", GMAIL % "198.51.100.200",
             header("Office <office@example.com>", "frank@alumni.example", oct29, "Return-Path: <office@example.com>", *ours),
             "gmail-smtp-in.l.google.com[203.0.113.2]", "5.7.26"),
         "our mail, refused where an alumni server forwarded it to"),
        ("blocklist.eml",
         dsn(oct29, "mail.example.com", "gina@customer.example",
             "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org",
             header("Office <office@example.com>", "gina@customer.example", oct29, *ours),
             "mx.customer.example[203.0.113.3]", "5.7.1"),
         "our own server, listed"),
        ("unknown-user.eml",
         dsn(oct29, "mail.example.com", "nobody@customer.example", "550 5.1.1 <nobody@customer.example>: User unknown",
             header("Office <office@example.com>", "nobody@customer.example", oct29, *ours),
             "mx.customer.example[203.0.113.3]", "5.1.1"),
         "a mistyped address"),
        ("vacation.eml",
         ("Return-Path: <>\r\nFrom: Bob <bob@customer.example>\r\nTo: office@example.com\r\nSubject: Out of office\r\n"
          f"Date: {oct29}\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <1@customer.example>\r\n\r\n"
          "I am back on Monday.\r\n").encode(),
         "an automatic reply: no bounce"),
    ]
