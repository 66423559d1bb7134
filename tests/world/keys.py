"""DKIM keys: a made SubjectPublicKeyInfo of the wanted size, the same for the same name. Who signs with a key knows its text."""
import base64
import functools
import hashlib


def der(tag, body):
    n = len(body)
    head = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])
    return bytes([tag]) + head + body


@functools.lru_cache(None)
def rsa(name, bits=2048):
    """The p= of a record."""
    n = int.from_bytes(hashlib.shake_256(f"{name}/{bits}".encode()).digest(bits // 8), "big") | 1 | 1 << (bits - 1)
    integer = lambda v: der(2, v.to_bytes(v.bit_length() // 8 + 1, "big"))
    inner = der(0x30, integer(n) + integer(65537))
    oid = bytes.fromhex("06092a864886f70d0101010500")
    return base64.b64encode(der(0x30, der(0x30, oid) + der(3, b"\0" + inner))).decode()


@functools.lru_cache(None)
def bits(p):
    """The size of the modulus, by the length of the text; 0 for what is no key."""
    if len(p) < 90:
        return 0
    size = len(base64.b64decode(p + "==="[:-len(p) % 4])) - 38
    return min((512, 768, 1024, 2048, 4096), key=lambda b: abs(b // 8 - size))
