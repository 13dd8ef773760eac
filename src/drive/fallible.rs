//! Handshakes that give the transport back if they fail.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::failed::Failed;

/// A handshake as a future that fails with its transport. Implemented by the futures of this crate and by nothing else.
pub trait Shaking: Unpin {
    /// What comes of it.
    type Output;
    /// The transport.
    type Io;

    #[doc(hidden)]
    fn poll_shaking(&mut self, cx: &mut Context<'_>) -> Poll<Result<Self::Output, Failed<Self::Io>>>;
}

/// The future of `into_fallible`: a handshake that gives the transport back if it fails.
///
/// # Cancel safety
///
/// Not cancel safe: dropping the future drops the transport.
#[must_use = "futures do nothing unless awaited"]
#[derive(Debug)]
pub struct Fallible<H>(pub(crate) H);

impl<H: Shaking> Future for Fallible<H> {
    type Output = Result<H::Output, Failed<H::Io>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(self.get_mut().0.poll_shaking(cx)))
    }
}
