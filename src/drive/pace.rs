//! A peer that sends more than any handshake needs is read slowly.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

/// More than any handshake needs: key, pads, marks, the longest initial payload, and one read on top. Up to here a peer
/// that was refused is read as fast as any other, so that the time of its end does not tell that it was refused. What
/// comes behind is read slowly.
const FREE: usize = 24 * 1024;

/// How long to wait after each read. So no more than about 40 KiB a second are taken in of a flood, and flow control
/// makes the sender wait.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Pace {
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Ready when the next read may be made.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Tells how much was read in all.
    pub(super) fn read(&mut self, received: usize) {
        if received > FREE {
            self.pause = Some(Box::pin(tokio::time::sleep(PAUSE)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::dh::PUBLIC_KEY_LEN;
    use crate::handshake::{MAX_IA_ACCEPTED, MAX_PAD};
    use crate::link::CHUNK;

    #[test]
    fn no_handshake_that_is_not_refused_is_read_slowly() {
        let longest = PUBLIC_KEY_LEN + MAX_PAD + 20 + 20 + 14 + MAX_PAD + 2 + usize::from(MAX_IA_ACCEPTED);
        assert!(longest + CHUNK <= FREE, "{longest}");
    }

    #[tokio::test(start_paused = true)]
    async fn just_the_reads_beyond_what_is_free_are_followed_by_a_pause() {
        let mut pace = Pace::default();
        for (received, pause) in [(1, Duration::ZERO), (FREE, Duration::ZERO), (FREE + 1, PAUSE)] {
            let start = tokio::time::Instant::now();
            pace.read(received);
            std::future::poll_fn(|cx| pace.poll(cx)).await;
            assert_eq!(start.elapsed(), pause, "{received}");
        }
    }
}
