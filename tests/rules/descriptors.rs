//! A stream and its halves have the descriptor of their transport, if it has one.

use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;

use static_assertions::{assert_impl_all, assert_not_impl_any};
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
use tokio_mse::{MseReadHalf, MseStream, MseWriteHalf};

use crate::support::pair::{Mode, stream};

assert_impl_all!(MseStream<TcpStream>: AsFd, AsRawFd);
assert_not_impl_any!(MseStream<DuplexStream>: AsFd, AsRawFd);
assert_not_impl_any!(MseReadHalf<DuplexStream>: AsFd, AsRawFd);
assert_not_impl_any!(MseWriteHalf<DuplexStream>: AsFd, AsRawFd);

#[test]
fn s2_the_descriptor_is_that_of_the_transport() {
    let (io, _other) = UnixStream::pair().unwrap();
    let number = io.as_raw_fd();
    let peer = stream(Mode::Rc4, io);
    assert_eq!(peer.as_raw_fd(), number);
    assert_eq!(peer.as_fd().as_raw_fd(), number);

    let (reader, writer) = peer.into_split_with(|io| {
        let again = io.try_clone().unwrap();
        (io, again)
    });
    assert_eq!(reader.as_raw_fd(), number);
    assert_eq!(reader.as_fd().as_raw_fd(), number);
    let again = writer.get_ref().as_raw_fd();
    assert_ne!(again, number);
    assert_eq!(writer.as_raw_fd(), again);
    assert_eq!(writer.as_fd().as_raw_fd(), again);
}
