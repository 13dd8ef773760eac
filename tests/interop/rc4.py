"""RC4, the whole cipher. Slow and plain on purpose: it is the reference."""


class Rc4:
    def __init__(self, key: bytes, discard: int = 0):
        state = list(range(256))
        j = 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        self._state, self._i, self._j = state, 0, 0
        self.apply(bytes(discard))

    def apply(self, data: bytes) -> bytes:
        """Encrypt or decrypt; both are the same operation."""
        state, i, j = self._state, self._i, self._j
        out = bytearray(data)
        for at, byte in enumerate(out):
            i = (i + 1) & 255
            x = state[i]
            j = (j + x) & 255
            y = state[j]
            state[i], state[j] = y, x
            out[at] = byte ^ state[(x + y) & 255]
        self._i, self._j = i, j
        return bytes(out)
