Return-Path: <bounces@google.example>
Received: from mx1.google.example (mx1.google.example [192.0.2.200])
	by mail.example.com with ESMTPS id 6ae52f80;
	Sun, 01 Nov 2026 04:00:04 +0000
From: DMARC reports <dmarc-reports@google.example>
To: dmarc@example.com
Date: Sun, 01 Nov 2026 03:59:59 +0000
Subject: Report domain: example.com Submitter: google.example Report-ID: <1571749526496341476>
Message-ID: <1793404800.8@google.example>
MIME-Version: 1.0
Content-Type: application/zip;
	name="google.example!example.com!1793404800!1793491199.zip"
Content-Disposition: attachment;
	filename="google.example!example.com!1793404800!1793491199.zip"
Content-Transfer-Encoding: base64

UEsDBBQAAAAIAAAAYV1i2vUomQIAAFsUAAA0AAAAZ29vZ2xlLmV4YW1wbGUhZXhhbXBsZS5jb20h
MTc5MzQwNDgwMCExNzkzNDkxMTk5LnhtbO1Y23KbMBB9z1d4/B5AmNimoyh96he0z4wsFlsTkDSS
yOXvKyyBcRI7bZqml+HJcHa12nP2WAbjm4emnt2BNlyK6zmKkvkMBJMlF9vr+bevXy7X89kNucAV
QLmh7JZczGZYg5LaFg1YWlJLO8yhUm8LQRsgWym3NURMNjgeQJ8DDeU1KRuq2aWvYj6HdHigjaoB
xz4n5D9YTQsmhaXMFlxUkuysVeZTHJtWdeuj4+XxvnZMhbkH7Wo9X+8LBwq8JOhqhVZZfpUus3y5
yFC2WuL4EPbpjiYUmoptIOKgDWy5IGiVL7IkWycJjj3Sx0GUPpojlOeuFdEXi4+rDbuN9cRK1pw9
Fqrd1NzsYGhEOnUECWy9xgHzCbS85Q1x1P1FAI2q9lj36SFFhBRObRXuTQ+YHlHMEtTx6i48JPok
oXznL3XptGVS9w1reT9IYmSrGRRcEZSnURKlEXLlD2ifx2Qr3N4Ix/6qx8NucEfr1klY9oFOF26U
NNw6G4cWx8gorxNFUWNcwqBPEKAKgUGkEcMne7qZ9bwwL0FYXnH3JRqW7YCWoItKy+Z4VuNAqPRs
Paat3RUaTFvbQ8kn7b5mhODyrkagFW5GjKEGZqUmJk1SZ/rhfiA/3hOPZHmH/UcyO18+Idwl9x76
MTutoyvk3JRE6LShVpOfPsZPO2kcM/SfOCqdHDU56n3PqDO/esvJUpOl3mCpxWlLrSdLTZb6yQfz
9ZkjavG7/FS5F78X/eQDf6ef3j5MIyvrmX3Qg0zyJ4Z68pB4NtQ9IWrGJRxkHxWQWjJaF74lHO+h
cY6TuXHDIu7V/9rv1yOH0vFx7enNrvlXLJwmC3cmIbSI0vTMwziajqXXjqVNW9+iLLJg7OmZ/sI8
cXz4n/A7UEsBAhQDFAAAAAgAAABhXWLa9SiZAgAAWxQAADQAAAAAAAAAAAAAAKQBAAAAAGdvb2ds
ZS5leGFtcGxlIWV4YW1wbGUuY29tITE3OTM0MDQ4MDAhMTc5MzQ5MTE5OS54bWxQSwUGAAAAAAEA
AQBiAAAA6wIAAAAA
