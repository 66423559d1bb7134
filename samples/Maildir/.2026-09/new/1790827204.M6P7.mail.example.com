Return-Path: <bounces@google.example>
Received: from mx1.google.example (mx1.google.example [192.0.2.200])
	by mail.example.com with ESMTPS id 6abc5100;
	Thu, 01 Oct 2026 04:00:04 +0000
From: DMARC reports <dmarc-reports@google.example>
To: dmarc@example.com
Date: Thu, 01 Oct 2026 03:59:59 +0000
Subject: Report domain: example.com Submitter: google.example Report-ID: <4662293544128131929>
Message-ID: <1790726400.6@google.example>
MIME-Version: 1.0
Content-Type: application/zip;
	name="google.example!example.com!1790726400!1790812799.zip"
Content-Disposition: attachment;
	filename="google.example!example.com!1790726400!1790812799.zip"
Content-Transfer-Encoding: base64

UEsDBBQAAAAIAAAAYV2cMbpyiwIAAEIQAAA0AAAAZ29vZ2xlLmV4YW1wbGUhZXhhbXBsZS5jb20h
MTc5MDcyNjQwMCExNzkwODEyNzk5LnhtbO1Y23LbIBR8z1d4/B4hyY4vHUL61C9onzUYHdlMJGAA
5fL3PTJIlpPWaT1N2un4ydJyWM4uaySb3j019eQBrJNa3U6zJJ1OQAldSrW9nX77+uV6NZ3csSta
AZQbLu7Z1WRCLRhtfdGA5yX3vMMQ1XZbKN4A22q9rSERuqFkAEMNNFzWrGy4FdeBxX2O5fDEG1MD
JaEm1j95ywuhlefCF1JVmu28N+4TIa413fzkeDrZcxOu3CNY5Ho9PxBHCbJk88Uiz9ezm/k8y1fZ
LFvna0oOw6EcZUJhudpGIQhtYCsVy5brdJkv5mlKSUD6cVDlfnSV5cs1Unb3gYwcsw2rjf2kRtdS
PBem3dTS7WBoRKM7ikW1weOIhQJe3suGofRwEUFnqj3WfQbIMKUVum3ivesB1yNGeJZ1urqLAKm+
SJnQ+Y+6RG+Ftn3DVj8OljjdWgGFNAxdTtIkTzKkP6B9ndCt8myWUxKuejyuBg+8btHCsh/ofJHO
aCc9xji2OEZGdZ0phjuHBYM/0YAqDgwmjRS+WBP3rNdFZQnKy0ril2iYtgNegi0qq5vjvRoPRKZX
8ylv/a6w4NraHyhftPtWEGLKO44oK96MFEMNwmvLXJ7mC9Td3w/ix2vSkS1/YP2RzZjLF4K74j5D
vxanVXKTYZrSZP7zQOXpJVAfE6iddqgs+08ilZ+I1OwSqUukfvOhtzrx0Ju/V54qfKn6YZ7CwL+Z
p/M30+nKB2Ufc0ZkNyc2NVtedvXNU0LY5vAb4NxTAknOPCI2uD8CXHJ2G+/29ElPJevjX2leJWuv
iLsxBUL+2QCrteB1EVqiZA+NazBHDSaG4S+227BejxyoyTH35YW8+funIyWHvwO+A1BLAQIUAxQA
AAAIAAAAYV2cMbpyiwIAAEIQAAA0AAAAAAAAAAAAAACkAQAAAABnb29nbGUuZXhhbXBsZSFleGFt
cGxlLmNvbSExNzkwNzI2NDAwITE3OTA4MTI3OTkueG1sUEsFBgAAAAABAAEAYgAAAN0CAAAAAA==
