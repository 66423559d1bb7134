Return-Path: <bounces@google.example>
Received: from mx1.google.example (mx1.google.example [192.0.2.200])
	by mail.example.com with ESMTPS id 6adaa380;
	Sat, 24 Oct 2026 04:00:04 +0000
From: DMARC reports <dmarc-reports@google.example>
To: dmarc@example.com
Date: Sat, 24 Oct 2026 03:59:59 +0000
Subject: Report domain: example.com Submitter: google.example Report-ID: <6172841682536861111>
Message-ID: <1792713600.5@google.example>
MIME-Version: 1.0
Content-Type: application/zip;
	name="google.example!example.com!1792713600!1792799999.zip"
Content-Disposition: attachment;
	filename="google.example!example.com!1792713600!1792799999.zip"
Content-Transfer-Encoding: base64

UEsDBBQAAAAIAAAAYV0qm/p8ZAIAAOgNAAA0AAAAZ29vZ2xlLmV4YW1wbGUhZXhhbXBsZS5jb20h
MTc5MjcxMzYwMCExNzkyNzk5OTk5LnhtbO1XwXLbIBC95ys8vkcI2bGdDiY99Qvas4aglc1EAgZQ
4vx9kQFZtjNO22nTTse6GL1dln2PJwmTh13bTJ7BWKHkeoqzfDoByVUl5GY9/fb1y+1qOnmgN6QG
qB4Zf6I3kwkxoJVxZQuOVcyxHvOoMptSshboRqlNAxlXLUEDGHKgZaKhVcsMvw1V7OeYDjvW6gYI
Cjkxf+cMK7mSjnFXClkrunVO208I2U7387Pj6WhfGzFpX8D4WufzQ+FIQVR0gZfFao4Xq+Jutlgt
sL8IOoRDuqcJpWFyE4l46BE2QlK8vC+WeLbIc4ICkuIgqxC97y/fikzF0HG1YbWxnkSrRvDXUneP
jbBbGBpRXh1JI9ugccRCAqueREs99TCIoNX1Hut/A6SpVNKrreO9TYBNiOaO4p5XPwiQTElSh87f
6tJry5VJDRv1MkhiVWc4lEJTfF9keVZk2Jc/oCmPq046WtwRFEYJj6vBM2s6L2GVAr0uwmplhfM2
ji2OkVFeL4pm1vqEQZ8oQB0Dg0gjhidr+j1LvIioQDpRC/8QDdO2wCowZW1Ue7xX40CsdDafsM5t
SwO2a9yh5Em77xkhuryvEWnFmxFjaIA7Zagt8mLheaf7gfx4TTKS5TesP5LZ+/KEcJ+cPPRjdlpl
d9i7Kc/w7IKj5ldHfYyjtsp6Zvg/8dT8gqXw1VJXS/3kV2914av3xz56tT9VvemnEPg3/fTrm2lV
7QKzj3lHFPmFTV1++EvibFP3hJgdl/CQe9VAG8VZU4aWCNpD4xwvc+s3i/pz9Tqsl5BDaXRc+3ps
av++hQk6/Gn7DlBLAQIUAxQAAAAIAAAAYV0qm/p8ZAIAAOgNAAA0AAAAAAAAAAAAAACkAQAAAABn
b29nbGUuZXhhbXBsZSFleGFtcGxlLmNvbSExNzkyNzEzNjAwITE3OTI3OTk5OTkueG1sUEsFBgAA
AAABAAEAYgAAALYCAAAAAA==
