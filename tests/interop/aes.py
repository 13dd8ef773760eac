"""AES-128-CTR as the draft of method 0x04 keys it, on the `cryptography` package."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class Ctr:
    def __init__(self, digest):
        """`digest` is the one that would key RC4: 16 bytes of key, and 4 with which the counter block begins."""
        block = digest[16:20] + bytes(12)
        self._encryptor = Cipher(algorithms.AES(digest[:16]), modes.CTR(block)).encryptor()

    def apply(self, data):
        return self._encryptor.update(bytes(data))
