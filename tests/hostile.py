"""What strangers write so that a mail program reads something else: encoded words (RFC 2047) of every kind."""

from __future__ import annotations

TEXTS = [
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

ADDRESSES = [
    "=?utf-8?q?a=0d=0aBcc=3a_e=40e.e?=@example.net",
    "=?UTF-8?B?YQ0KQmNjOiBlQGUuZQ==?=@example.net",
    "=?iso-8859-1?Q?a?=@example.net",
    "=?x-unknown?q?a?=@example.net",
    "=?utf-8*en?q?a?=@example.net",
    "alice=?utf-8?q?a?=bob@example.net",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3F=3D?=@example.net",
    "=?utf-8?q?a@example.net",
    "a?=@example.net",
    "=?utf-8?q?a?=\r\n =?utf-8?q?b?=@example.net",
    "alice@=?utf-8?q?example?=.net",
    "alice@＝？utf-8？q？example？＝.net",
]
"""Encoded words (RFC 2047): q and b, any charset, upper and lower case, nested, halved, folded, on either side."""
