//! The connection of one attempt. It has a deadline, and counts segments and round trips.

use std::io;
use std::time::Duration;

use mse_tools::cli::Address;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_mse::{ConnectError, Error, Role, Step};

/// More than any client sends at once in its handshake.
const SEGMENT: usize = 4096;

pub(crate) struct Line {
    tcp: TcpStream,
    timeout: Duration,
    deadline: Instant,
    asked: bool,
    pub(crate) segments: usize,
    pub(crate) round_trips: usize,
}

impl Line {
    pub(crate) async fn dial(target: &Address, timeout: Duration) -> Result<Self, ConnectError<io::Error>> {
        let deadline = Instant::now() + timeout;
        let dialled = timeout_at(deadline, TcpStream::connect(target.parts())).await;
        let tcp = match dialled {
            Ok(dialled) => dialled.map_err(ConnectError::Dial)?,
            Err(_) => return Err(ConnectError::DialTimedOut(timeout)),
        };
        tcp.set_nodelay(true).map_err(ConnectError::Dial)?;
        Ok(Self {
            tcp,
            timeout,
            deadline,
            asked: false,
            segments: 0,
            round_trips: 0,
        })
    }

    /// Sends a message, if there is one.
    pub(crate) async fn send(
        &mut self,
        flight: &mut Vec<u8>,
        step: Step,
        answered: bool,
    ) -> Result<(), Error> {
        if flight.is_empty() {
            return Ok(());
        }
        self.asked = true;
        let sent = timeout_at(self.deadline, self.tcp.write_all(flight)).await;
        flight.clear();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(Error::transport(Role::Initiator, step, answered, source)),
            Err(_) => Err(self.timed_out(step, answered)),
        }
    }

    /// Reads the next segment. (TCP may join several.) The first one after a message ends a round trip.
    pub(crate) async fn receive(&mut self, step: Step, answered: bool) -> Result<Vec<u8>, Error> {
        let mut segment = Vec::with_capacity(SEGMENT);
        let read = timeout_at(self.deadline, self.tcp.read_buf(&mut segment)).await;
        match read {
            Ok(Ok(0)) => Err(Error::closed(Role::Initiator, step, answered)),
            Ok(Ok(_)) => {
                self.segments += 1;
                self.round_trips += usize::from(std::mem::take(&mut self.asked));
                Ok(segment)
            }
            Ok(Err(source)) => Err(Error::transport(Role::Initiator, step, answered, source)),
            Err(_) => Err(self.timed_out(step, answered)),
        }
    }

    fn timed_out(&self, step: Step, answered: bool) -> Error {
        Error::timed_out(Role::Initiator, step, answered, self.timeout)
    }
}
