//! The peer's end of a handshake, flight by flight, so that a test decides when each one is sent.

use std::io::{self, ErrorKind};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_mse::handshake::{Established, Initiator, Machine, Progress, Randomness, Responder};
use tokio_mse::{Policy, Skey};

use super::dial::{INFO_HASH, handshake};

/// Reads our key. Gives the responder that has read it, and its first flight, which is still to be sent. An error means
/// that our end was closed.
pub(crate) async fn read_key(io: &mut (impl AsyncRead + Unpin)) -> io::Result<(Responder, Vec<u8>)> {
    let mut flight = Vec::new();
    let mut responder = Responder::new(&Policy::full_rc4(), Randomness::generate());
    while flight.is_empty() {
        responder = unfinished(responder, &read(io).await?, &mut flight);
    }
    Ok((responder, flight))
}

/// Reads our step 3. Gives the responder's end of the connection, and step 4 with `payload`, still to be sent.
pub(crate) async fn read_step_3(
    io: &mut (impl AsyncRead + Unpin),
    responder: Responder,
    payload: Vec<u8>,
) -> io::Result<(Established, Vec<u8>)> {
    let mut flight = Vec::new();
    let request = finish(io, responder, &mut flight).await?;
    let negotiation = request.resolve(Skey::from(INFO_HASH), payload);
    let established = match negotiation.process(&[], &mut flight).unwrap() {
        Progress::Done(established) => established,
        Progress::NeedInput(negotiation) => finish(io, negotiation, &mut flight).await?,
    };
    Ok((established, flight))
}

/// An initiator that asks for the torrent with this payload, and its first flight.
pub(crate) fn initiator(payload: Vec<u8>) -> (Initiator, Vec<u8>) {
    let mut flight = Vec::new();
    let initiator = Initiator::new(
        Skey::from(INFO_HASH),
        &Policy::full_rc4(),
        payload,
        Randomness::generate(),
        &mut flight,
    );
    (initiator, flight)
}

/// The key and the padding of a peer.
pub(crate) fn first_flight() -> Vec<u8> {
    initiator(Vec::new()).1
}

async fn finish<M: Machine>(
    io: &mut (impl AsyncRead + Unpin),
    mut machine: M,
    output: &mut Vec<u8>,
) -> io::Result<M::Done> {
    loop {
        match machine.process(&read(io).await?, output).unwrap() {
            Progress::Done(done) => return Ok(done),
            Progress::NeedInput(next) => machine = next,
        }
    }
}

fn unfinished<M: Machine>(machine: M, input: &[u8], output: &mut Vec<u8>) -> M {
    match machine.process(input, output).unwrap() {
        Progress::NeedInput(machine) => machine,
        Progress::Done(_) => panic!("done too early"),
    }
}

async fn read(io: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; 2048];
    let len = io.read(&mut buffer).await?;
    if len == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    buffer.truncate(len);
    Ok(buffer)
}

/// Reads our 68 bytes of a plaintext attempt.
pub(crate) async fn read_handshake(io: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut ours = [0; 68];
    io.read_exact(&mut ours).await?;
    assert_eq!(ours[..], handshake(1));
    Ok(())
}

/// Reads until our end is closed.
pub(crate) async fn wait_for_the_end(io: &mut (impl AsyncRead + Unpin)) {
    while read(io).await.is_ok() {}
}
