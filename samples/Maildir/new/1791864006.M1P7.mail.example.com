From: smtp-tls-reports@google.example
Date: Tue, 13 Oct 2026 04:00:00 +0000
Subject: Report Domain: example.com Submitter: google.example Report-ID: <2026.10.12@google.example>
TLS-Report-Domain: example.com
TLS-Report-Submitter: google.example
To: dmarc@example.com
MIME-Version: 1.0
Content-Type: multipart/report; report-type="tlsrpt"; boundary="tls"

--tls
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

This is a TLS report.

--tls
Content-Type: application/tlsrpt+gzip; name="google.example!example.com!1791763200!1791849599!1.json.gz"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="google.example!example.com!1791763200!1791849599!1.json.gz"

H4sIAAAAAAAC/3WRwWrEIBCG73kK8bxTkpSWNqc+RE9bljIYEwR1RCfQ3SXvXnXDNlAWRtTxm5n/
x2sjJMUZvbkgG/Lg0Wk5CDkTzVY/KXLykJkRWUNEP5fHayOETIyRoeTZ3Er6tn+FroWu/2zbocax
FAup/fiI7J+Hl/ccR9mItUxS5BkVg/ETFTY5DsA2QdSBIqePTZn+QResrupuT2DGRzK+N/ruJ5A1
yuiUC76ywuJoS543g/c78DlU1Z5gy0y0+LFa+6NGcmh84fazCrJWUKbFOYy79kyMFtKilE5pWvIx
7+UPVG7Pmev6t8MendDYJep/XFunNHWdmvUXH9iIudQBAAA=

--tls--
