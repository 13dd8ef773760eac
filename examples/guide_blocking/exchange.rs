//! Feeds the machines of `tokio_mse::handshake` from a blocking socket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tokio_mse::handshake::{
    Detected, Detection, Established, Initiator, Machine, PlaintextDial, Progress, Randomness, Responder,
};
use tokio_mse::{DialMode, Error, HandshakeError, Policy, Role, Skey, Step};

use crate::peer::Peer;

/// How long a handshake may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Dials, and redials in the other mode if the policy allows it.
pub(crate) fn dial(
    address: SocketAddr,
    policy: &Policy,
    skey: &Skey,
    handshake: &[u8],
) -> Result<Peer, Error> {
    let mut mode = policy.first_mode();
    loop {
        let tcp = TcpStream::connect_timeout(&address, TIMEOUT)
            .map_err(|error| Error::transport(Role::Initiator, Step::Start, false, error))?;
        let mut exchange = Exchange::new(tcp, Role::Initiator);
        let (payload, output) = (handshake.to_vec(), &mut exchange.output);
        let established = match mode {
            DialMode::Mse => {
                let machine = Initiator::new(skey.clone(), policy, payload, Randomness::generate(), output);
                exchange.run(machine, Vec::new())
            }
            DialMode::Plaintext => {
                let machine = PlaintextDial::new(payload, output);
                exchange.run(machine, Vec::new())
            }
        };
        match established {
            Ok(established) => return exchange.finish(established),
            Err(error) => mode = policy.redial(mode, &error).ok_or(error)?,
        }
    }
}

/// Accepts one connection, if the peer wants the torrent `served`.
pub(crate) fn accept(tcp: TcpStream, policy: &Policy, served: Skey, handshake: &[u8]) -> Result<Peer, Error> {
    let mut exchange = Exchange::new(tcp, Role::Responder);
    let refused = |refusal| Err(Error::refused(Role::Responder, refusal));
    let established = match exchange.run(Detection::new(policy), Vec::new())? {
        Detected::Mse(read) => {
            let request = exchange.run(Responder::new(policy, Randomness::generate()), read)?;
            if !request.hash().matches(&served) {
                return refused(HandshakeError::UnknownSkey);
            }
            exchange.run(request.resolve(served, handshake.to_vec()), Vec::new())?
        }
        Detected::Plaintext { info_hash, received } if info_hash == *served.as_bytes() => {
            exchange.output.extend_from_slice(handshake);
            Established::plaintext(Role::Responder, Some(served), received)
        }
        _ => return refused(HandshakeError::UnknownInfoHash),
    };
    exchange.finish(established)
}

struct Exchange {
    tcp: TcpStream,
    role: Role,
    /// The bytes still to send.
    output: Vec<u8>,
    deadline: Instant,
}

impl Exchange {
    fn new(tcp: TcpStream, role: Role) -> Self {
        let (output, deadline) = (Vec::new(), Instant::now() + TIMEOUT);
        Self {
            tcp,
            role,
            output,
            deadline,
        }
    }

    /// Runs one machine until it is done. `input` has the bytes that the previous machine has read.
    fn run<M: Machine>(&mut self, mut machine: M, mut input: Vec<u8>) -> Result<M::Done, Error> {
        loop {
            machine = match machine.process(&input, &mut self.output) {
                Ok(Progress::Done(done)) => return Ok(done),
                Ok(Progress::NeedInput(machine)) => machine,
                Err(refusal) => return Err(Error::refused(self.role, refusal)),
            };
            let (role, step, answered) = (self.role, machine.step(), machine.peer_answered());
            let failed = |error: io::Error| match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    Error::timed_out(role, step, answered, TIMEOUT)
                }
                _ => Error::transport(role, step, answered, error),
            };
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(failed(io::ErrorKind::TimedOut.into()));
            }
            self.tcp.set_write_timeout(Some(left)).map_err(failed)?;
            self.tcp.set_read_timeout(Some(left)).map_err(failed)?;
            // Even if this fails, the peer may have answered: read first.
            let _ = self.tcp.write_all(&self.output);
            self.output.clear();
            input.resize(2048, 0);
            let read = self.tcp.read(&mut input).map_err(failed)?;
            if read == 0 {
                return Err(Error::closed(role, step, answered));
            }
            input.truncate(read);
        }
    }

    fn finish(self, established: Established) -> Result<Peer, Error> {
        Peer::new(self.tcp, established, &self.output)
            .map_err(|error| Error::transport(self.role, Step::Payload, true, error))
    }
}
