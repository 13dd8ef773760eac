//! Any machine over a blocking socket, until it is done.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::Error;
use tokio_mse::handshake::{Machine, Progress};

/// A socket, what is to be sent over it, and how long a read may take.
pub struct Wire {
    pub tcp: TcpStream,
    pub output: Vec<u8>,
    patience: Duration,
}

impl Wire {
    pub fn new(tcp: TcpStream, patience: Duration) -> Self {
        tcp.set_read_timeout(Some(patience)).unwrap();
        Self {
            tcp,
            output: Vec::new(),
            patience,
        }
    }

    /// Feeds `machine` with `seen`, which was read before, and then with what comes.
    pub fn shake<M: Machine>(&mut self, mut machine: M, seen: Vec<u8>) -> Result<M::Done, Error> {
        let mut input = seen;
        loop {
            // Where we wait if this is not enough: what fails now fails here.
            let (step, answered) = (machine.step(), machine.peer_answered());
            let progress = machine.process(&input, &mut self.output)?;
            self.send()
                .map_err(|error| Error::transport(step, answered, error))?;
            machine = match progress {
                Progress::Done(done) => return Ok(done),
                Progress::NeedInput(machine) => machine,
            };
            input.resize(1500, 0);
            let (step, answered) = (machine.step(), machine.peer_answered());
            let len = self.tcp.read(&mut input).map_err(|error| match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Error::timed_out(step, answered, self.patience)
                }
                _ => Error::transport(step, answered, error),
            })?;
            if len == 0 {
                return Err(Error::closed(step, answered));
            }
            input.truncate(len);
        }
    }

    pub fn send(&mut self) -> io::Result<()> {
        self.tcp.write_all(&std::mem::take(&mut self.output))
    }
}
