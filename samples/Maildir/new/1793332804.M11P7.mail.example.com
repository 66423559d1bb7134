Return-Path: <bounces@google.example>
Received: from mx1.google.example (mx1.google.example [192.0.2.200])
	by mail.example.com with ESMTPS id 6ae28c80;
	Fri, 30 Oct 2026 04:00:04 +0000
From: DMARC reports <dmarc-reports@google.example>
To: dmarc@example.com
Date: Fri, 30 Oct 2026 03:59:59 +0000
Subject: Report domain: example.com Submitter: google.example Report-ID: <1669433681198232162>
Message-ID: <1793232000.11@google.example>
MIME-Version: 1.0
Content-Type: application/zip;
	name="google.example!example.com!1793232000!1793318399.zip"
Content-Disposition: attachment;
	filename="google.example!example.com!1793232000!1793318399.zip"
Content-Transfer-Encoding: base64

UEsDBBQAAAAIAAAAYV0ipJFUDgMAAAceAAA0AAAAZ29vZ2xlLmV4YW1wbGUhZXhhbXBsZS5jb20h
MTc5MzIzMjAwMCExNzkzMzE4Mzk5LnhtbO2Z3XajIBDH7/sUObmvijaJ7rF0r/YJdq89RDHhBIED
2I+3XwxoTJvYTbppu12von+GYWb4CWjSu8eKTu6xVISz2ynwgukEs5wXhK1up79+/riOp5M7eJWW
GBdLlG/g1WSSSiy41FmFNSqQRo1mVC5XGUMVhivOVxR7Oa9SvxOtDa4QobCokMyvrRf13ZnjR1QJ
ilPf2jj7Ry1RlnOmUa4zwkoO11oL9c33VS2a/t5+d3/r20dMPWBpfL3sbx27FEgBwXye3ETRPAYg
icMoBPMw9XfN1tykiTOJ2MolYqQlXhEGwSKJTKcgCFLfKm07ZsW2NQJxlCQmFNY68/e9daP165kK
Tkn+lIl6SYla4y4QbqrDoMvW1thp1gAVG1JBk7q9cKIS5VZrfq0kIOPMVFu4e9UKqlVEriFo8mou
rMRaIyZs5IeiNLXNuWwDlvyhK4nitcxxRgQESegFXugB436ntnY5r5mGkWmzV63uRsP3iNamhEXb
0NSFKMEV0QZjF2Jf6dk1RRFIKWPQ1ccVoHQNXZF6GT4b08xZm1dKCsw0KYl5iLpua4wKLLNS8mp/
rvoNztOL/imq9TqTWNVU71w+C/c1EBzljQ+XlrvpZYwpzjWXUIVBODd5t/dd8v0x015Z/sL4vTIb
Lp8l3Bi3DP0ZTrE3A4Ymw9RxoMKbEaj3AWrNlckMfBGkABhgajEyNTJ1OlPxAFLJiNSI1IkHqXjg
IHWxba80B/WDPNmGz8nT+ZOpeKltZhec0DCIvGbLibxwdnxKZ+Dd14jPPKcXXCMYfX19ODw8ww+K
Yq2x3L3bnhvF5sxFamkYybHXvFF7b43nUpgPrFyzxYj5iPnXwHwxsEHffA3Mm9J7I+v/Kev9jzDB
wKIefzzs24SQ6rswkn4SGFKeI5rZkFJ/K/VtDHiV4Rcimd/a8Vpl59rf9z1+Q6z+lcN3D+HFwHq9
+PgXqpHgkwk6RM/pBB8OgBKl1dv3hMbNec/QGwK40IEHJAN7wHz8JPHaJ4llTTdg7mncIHFsPm09
zprP1N/9p/sbUEsBAhQDFAAAAAgAAABhXSKkkVQOAwAABx4AADQAAAAAAAAAAAAAAKQBAAAAAGdv
b2dsZS5leGFtcGxlIWV4YW1wbGUuY29tITE3OTMyMzIwMDAhMTc5MzMxODM5OS54bWxQSwUGAAAA
AAEAAQBiAAAAYAMAAAAA
