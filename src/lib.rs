#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
#![cfg_attr(
    not(feature = "tokio"),
    allow(dead_code, reason = "the stream and the driver use the rest")
)]

#[cfg(feature = "tokio")]
mod accept;
#[cfg(feature = "tokio")]
mod connect;
mod crypto;
mod disguise;
pub mod docs;
#[cfg(feature = "tokio")]
mod drive;
mod error;
pub mod handshake;
#[cfg(feature = "__internals")]
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "tokio")]
mod linger;
mod mode;
mod policy;
mod skey;
#[cfg(feature = "tokio")]
mod stream;

#[cfg(feature = "tokio")]
pub use accept::{Incoming, MseAcceptor};
#[cfg(feature = "tokio")]
pub use connect::{Dial, MseConnector};
pub use crypto::keystream::Keystream;
pub use disguise::Disguise;
pub use error::{ConnectError, Error, ErrorKind, HandshakeError, Step};
#[doc(inline)]
pub use handshake::Negotiated;
#[cfg(feature = "tokio")]
pub use linger::Linger;
pub use mode::{DialMode, Mode, Role};
pub use policy::{CryptoMethod, CryptoMethods, Encryption, ParsePolicyError, PeerHint, Policy};
pub use skey::{Skey, SkeyHash, SkeyIndex};
#[cfg(feature = "tokio")]
pub use stream::halves::{MseReadHalf, MseWriteHalf, ReuniteError};
#[cfg(feature = "tokio")]
pub use stream::{MseStream, Parts};
