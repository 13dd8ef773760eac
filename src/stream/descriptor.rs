//! The descriptor of the transport, if it has one: to set socket options and to wait for readiness. Reading from it or
//! writing to it desynchronises the keystream.

#[cfg(unix)]
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket, AsSocket, BorrowedSocket, RawSocket};

use crate::stream::MseStream;
use crate::stream::halves::{MseReadHalf, MseWriteHalf};

macro_rules! has_the_descriptor_of_its_transport {
    ($($name:ident),*) => {$(
        #[cfg(unix)]
        impl<T: AsFd> AsFd for $name<T> {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.get_ref().as_fd()
            }
        }

        #[cfg(unix)]
        impl<T: AsRawFd> AsRawFd for $name<T> {
            fn as_raw_fd(&self) -> RawFd {
                self.get_ref().as_raw_fd()
            }
        }

        #[cfg(windows)]
        impl<T: AsSocket> AsSocket for $name<T> {
            fn as_socket(&self) -> BorrowedSocket<'_> {
                self.get_ref().as_socket()
            }
        }

        #[cfg(windows)]
        impl<T: AsRawSocket> AsRawSocket for $name<T> {
            fn as_raw_socket(&self) -> RawSocket {
                self.get_ref().as_raw_socket()
            }
        }
    )*};
}

has_the_descriptor_of_its_transport!(MseStream, MseReadHalf, MseWriteHalf);
