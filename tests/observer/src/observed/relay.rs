//! A man in the middle: forwards both ways, cuts the line, flips bits.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

/// What the man in the middle does.
pub struct Relay {
    /// How many bytes pass before he cuts the line: from the initiator, from the responder.
    passes: (usize, usize),
    /// A byte of the initiator's second flight, and what to flip in it.
    flip: Option<(usize, u8)>,
}

impl Relay {
    pub const fn cutting_after(from_initiator: usize, from_responder: usize) -> Self {
        Self {
            passes: (from_initiator, from_responder),
            flip: None,
        }
    }

    pub const fn flipping(at: usize, bits: u8) -> Self {
        Self {
            passes: (usize::MAX, usize::MAX),
            flip: Some((at, bits)),
        }
    }

    pub async fn run(mut self, mut initiator: DuplexStream, mut responder: DuplexStream) {
        let (mut one, mut other) = (vec![0; 4096], vec![0; 4096]);
        let mut flights = 0;
        loop {
            let passed = tokio::select! {
                read = initiator.read(&mut one) => {
                    let bytes = &mut one[..read.unwrap_or(0)];
                    flights += 1;
                    if let Some((at, bits)) = self.flip.filter(|(at, _)| flights == 2 && *at < bytes.len()) {
                        bytes[at] ^= bits;
                    }
                    pass(bytes, &mut self.passes.0, &mut responder).await
                }
                read = responder.read(&mut other) => {
                    pass(&other[..read.unwrap_or(0)], &mut self.passes.1, &mut initiator).await
                }
            };
            if !passed {
                return;
            }
        }
    }
}

/// Passes on what may pass. False if nothing follows.
async fn pass(bytes: &[u8], left: &mut usize, to: &mut DuplexStream) -> bool {
    let len = bytes.len().min(*left);
    *left -= len;
    to.write_all(&bytes[..len]).await.is_ok() && len > 0 && *left > 0
}
