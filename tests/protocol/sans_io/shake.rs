//! Any machine over a blocking socket, until it is done.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::handshake::{Machine, Progress};
use tokio_mse::{Error, Role, Step};

/// A socket, what has to be sent over it, and how long a read may take.
pub struct Wire {
    pub tcp: TcpStream,
    pub output: Vec<u8>,
    role: Role,
    timeout: Duration,
}

impl Wire {
    pub fn new(tcp: TcpStream, role: Role, timeout: Duration) -> Self {
        tcp.set_read_timeout(Some(timeout)).unwrap();
        Self {
            tcp,
            output: Vec::new(),
            role,
            timeout,
        }
    }

    /// Feeds `machine` with `seen`, which has been read already, and then with what arrives.
    pub fn shake<M: Machine>(&mut self, mut machine: M, seen: Vec<u8>) -> Result<M::Done, Error> {
        let mut input = seen;
        loop {
            // A failed write is reported at the step that this input completes.
            let (step, answered) = (machine.step(), machine.peer_answered());
            let progress = machine
                .process(&input, &mut self.output)
                .map_err(|refusal| Error::refused(self.role, refusal))?;
            self.send(step, answered)?;
            machine = match progress {
                Progress::Done(done) => return Ok(done),
                Progress::NeedInput(machine) => machine,
            };
            input.resize(1500, 0);
            let (step, answered) = (machine.step(), machine.peer_answered());
            let len = self.tcp.read(&mut input).map_err(|error| match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                    Error::timed_out(self.role, step, answered, self.timeout)
                }
                _ => Error::transport(self.role, step, answered, error),
            })?;
            if len == 0 {
                return Err(Error::closed(self.role, step, answered));
            }
            input.truncate(len);
        }
    }

    pub fn send(&mut self, step: Step, answered: bool) -> Result<(), Error> {
        let output = std::mem::take(&mut self.output);
        let sent = self.tcp.write_all(&output);
        sent.map_err(|error| Error::transport(self.role, step, answered, error))
    }
}
