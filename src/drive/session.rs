//! A handshake under way: the link, how long it may take, the place that it holds, and where it is logged.

use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tracing::{Span, debug};

use super::deadline::Deadline;
use super::pace::Pace;
use crate::handshake::Established;
use crate::link::{CHUNK, Link};

pub(crate) struct Session<T> {
    pub(crate) link: Link<T>,
    pub(crate) deadline: Deadline,
    pub(crate) place: Option<OwnedSemaphorePermit>,
    pub(crate) span: Span,
    pace: Pace,
}

impl<T> Session<T> {
    pub(crate) fn new(io: T, deadline: Deadline, span: Span) -> Self {
        Self {
            link: Link::new(io),
            deadline,
            place: None,
            span,
            pace: Pace::default(),
        }
    }

    /// Ends a handshake that succeeded.
    pub(crate) fn hand_over(mut self, mut established: Established) -> (T, Established) {
        let elapsed = self.elapsed();
        established.negotiated = established.negotiated.with_elapsed(elapsed);
        self.span
            .in_scope(|| debug!(mode = %established.negotiated.mode(), ?elapsed, "established"));
        (self.link.into_io(), established)
    }

    /// How long it has taken so far.
    pub(crate) fn elapsed(&mut self) -> Duration {
        self.deadline.started().elapsed()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Session<T> {
    /// Reads once, not faster than anybody needs.
    pub(super) fn poll_receive<'b>(
        &mut self,
        cx: &mut Context<'_>,
        chunk: &'b mut [u8; CHUNK],
    ) -> Poll<io::Result<&'b [u8]>> {
        ready!(self.pace.poll(cx));
        let received = ready!(self.link.poll_receive(cx, chunk))?;
        self.pace.read(self.link.received());
        Poll::Ready(Ok(received))
    }
}
