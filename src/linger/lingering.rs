//! A connection whose handshake failed, until it ends.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep};

use super::deaf::Deaf;
use crate::drive::Drive;
use crate::drive::room::Seat;
use crate::drive::session::Session;
use crate::link::{CHUNK, Link};

/// For how long and how much is still read behind our FIN. The system turns an end with unread bytes into a reset.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const DRAIN_BYTES: usize = 256 * 1024;

/// A connection whose handshake failed, as a future that ends with it: of
/// [`Failed::linger`](crate::Failed::linger).
///
/// Poll it wherever you like; dropping it closes the connection at once.
///
/// # Panics
///
/// When polled on a runtime without timers.
#[must_use = "futures do nothing unless awaited"]
pub struct Lingering<T> {
    stage: Stage<T>,
    seat: Option<Seat>,
}

enum Stage<T> {
    Listening(Drive<T, Deaf>),
    Closing {
        link: Link<T>,
        shut_down: bool,
        before: usize,
        patience: Pin<Box<Sleep>>,
    },
    Over,
}

impl<T> Lingering<T> {
    /// Goes on with `session` until `ends`, or without an end if no clock can show that moment.
    pub(super) fn new(mut session: Session<T>, ends: Option<Instant>, seat: Seat) -> Self {
        session.deadline.move_to(ends);
        Self {
            stage: Stage::Listening(Drive::new(session, Deaf)),
            seat: Some(seat),
        }
    }

    /// One that has ended already.
    pub(super) const fn over() -> Self {
        Self {
            stage: Stage::Over,
            seat: None,
        }
    }

    pub(super) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Lingering<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if let Some(seat) = &mut this.seat
            && seat.poll_lost(cx).is_ready()
        {
            this.stage = Stage::Over;
        }
        loop {
            match &mut this.stage {
                Stage::Listening(drive) => {
                    this.stage = match ready!(drive.poll(cx)) {
                        Ok((_, never)) => match never {},
                        Err(failed) => {
                            let link = failed.session.link;
                            Stage::Closing {
                                shut_down: false,
                                before: link.received(),
                                link,
                                patience: Box::pin(tokio::time::sleep(DRAIN_TIME)),
                            }
                        }
                    };
                }
                Stage::Closing {
                    link,
                    shut_down,
                    before,
                    patience,
                } => {
                    let closed = poll_close(link, shut_down, *before, cx);
                    if closed.is_pending() && patience.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    this.stage = Stage::Over;
                }
                Stage::Over => {
                    this.seat = None;
                    return Poll::Ready(());
                }
            }
        }
    }
}

/// FIN, and then the rest of what the peer has sent.
fn poll_close<T: AsyncRead + AsyncWrite + Unpin>(
    link: &mut Link<T>,
    shut_down: &mut bool,
    before: usize,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if !*shut_down {
        if ready!(Pin::new(link.io_mut()).poll_shutdown(cx)).is_err() {
            return Poll::Ready(());
        }
        *shut_down = true;
    }
    let mut rest = [0; CHUNK];
    while link.received() - before < DRAIN_BYTES {
        match ready!(link.poll_receive(cx, &mut rest)) {
            Ok(&[]) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Poll::Ready(())
}

impl<T> fmt::Debug for Lingering<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lingering").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::deadline::Deadline;
    use crate::drive::room::Room;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tracing::Span;

    fn lingering<T>(io: T, unsent: &[u8], ends: Option<Instant>) -> Lingering<T> {
        let mut session = Session::new(io, Deadline::after(None), Span::none());
        session.link.outbox().extend_from_slice(unsent);
        Lingering::new(session, ends, Room::new(1).enter().unwrap())
    }

    #[test]
    fn l6_a_lingering_connection_costs_what_the_documentation_says() {
        let size = size_of::<Lingering<TcpStream>>() + size_of::<Sleep>();
        assert!(size <= 512, "{size}");
    }

    #[tokio::test(start_paused = true)]
    async fn behind_our_fin_no_more_than_256_kib_are_taken_in() {
        let endless = tokio::io::join(tokio::io::repeat(7), tokio::io::sink());
        let mut link = Link::new(endless);
        let mut shut_down = false;
        std::future::poll_fn(|cx| poll_close(&mut link, &mut shut_down, 0, cx)).await;
        assert_eq!(link.received(), 256 * 1024);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_behind_our_fin() {
        let (ours, mut theirs) = tokio::io::duplex(16);
        let in_a_second = Instant::now() + Duration::from_secs(1);
        let lingering = lingering(ours, &[7; 100], Some(in_a_second));
        let ended = tokio::spawn(lingering);
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).await.unwrap();
        // What had room in the pipe before the end, and no more.
        assert_eq!(got, [7; 16]);
        drop(theirs);
        ended.await.unwrap();
    }

    /// Until one second passes, and then.
    fn for_a_second(io: tokio::io::DuplexStream) -> tokio::task::JoinHandle<()> {
        let ends = Instant::now() + Duration::from_secs(1);
        tokio::spawn(lingering(io, &[], Some(ends)))
    }

    #[tokio::test(start_paused = true)]
    async fn behind_our_fin_is_read_until_the_peer_ends_or_for_two_seconds() {
        for (peer_ends, lasts) in [(1500, 1500), (1000, 1000), (5000, 3000)] {
            let (ours, mut theirs) = tokio::io::duplex(16);
            let start = Instant::now();
            let ended = for_a_second(ours);
            assert_eq!(theirs.read_to_end(&mut Vec::new()).await.unwrap(), 0);
            assert_eq!(start.elapsed(), Duration::from_secs(1));
            // More than there is room for: somebody reads it.
            theirs.write_all(&[7; 100]).await.unwrap();
            let theirs = tokio::spawn(async move {
                tokio::time::sleep_until(start + Duration::from_millis(peer_ends)).await;
                drop(theirs);
            });
            ended.await.unwrap();
            assert_eq!(start.elapsed(), Duration::from_millis(lasts));
            theirs.abort();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_as_soon_as_the_peer_does() {
        let (ours, theirs) = tokio::io::duplex(16);
        let start = Instant::now();
        let ended = for_a_second(ours);
        drop(theirs);
        ended.await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_came_before_our_fin_does_not_count() {
        let endless = tokio::io::join(tokio::io::repeat(7), tokio::io::sink());
        let mut link = Link::new(endless);
        std::future::poll_fn(|cx| poll_close(&mut link, &mut false, 0, cx)).await;
        let before = link.received();
        std::future::poll_fn(|cx| poll_close(&mut link, &mut false, before, cx)).await;
        assert_eq!(link.received(), 2 * DRAIN_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn what_floods_is_read_slowly() {
        let endless = tokio::io::join(tokio::io::repeat(7), tokio::io::sink());
        let mut lingering = tokio_test::task::spawn(lingering(endless, &[], None));
        for _ in 0..20 {
            assert!(lingering.poll().is_pending());
            tokio::time::advance(Duration::from_millis(50)).await;
        }
        let Stage::Listening(drive) = std::mem::replace(&mut lingering.stage, Stage::Over) else {
            panic!("it ended");
        };
        let received = drive.into_session().unwrap().link.received();
        assert!(
            (24 * 1024..24 * 1024 + 22 * CHUNK).contains(&received),
            "{received}"
        );
    }
}
