"""Texts that a mail program would read as something else: encoded words (RFC 2047) of every kind."""

from __future__ import annotations

ENCODED = [
    "=?utf-8?q?a=0d=0aBcc=3a_eve=40example.net?=",
    "A fine =?UTF-8?B?YQ0KQmNjOiBldmVAZXhhbXBsZS5uZXQNCg0KYm9keQ==?= of millions",
    "=?iso-8859-1?Q?=0D=0AX-Evil=3A_1?=",
    "=?utf-8?q?a=0d=0a?= =?utf-8?q?Bcc=3a_eve=40example.net?=",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3F=0d=0aBcc=3aeve=40example.net=3F=3D?=",
    "=?utf-8*en?q?a=0aCc=3a_eve=40example.net?= Größe",
    "=?utf-8?q?half",
    "half?=",
    "Größe “quoted”, (a) <b@example.net>; \\ 漢字 😀",
]
