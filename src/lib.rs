#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

#[cfg(not(any(feature = "fast", feature = "rustcrypto")))]
compile_error!(
    "choose who does the arithmetic: the feature `fast` (the default) for tokio-mse's own, or `rustcrypto` for the crates `rc4` and `crypto-bigint`"
);

mod accept;
mod connect;
mod crypto;
mod disguise;
pub mod docs;
mod drive;
mod error;
pub mod handshake;
mod linger;
mod link;
mod policy;
mod skey;
mod stream;

pub use accept::lazy::{AcceptLazy, AcceptPending, Incoming, PendingAccept};
pub use accept::{Accept, MseAcceptor};
pub use connect::{Connect, MseConnector};
pub use crypto::keystream::Keystream;
pub use disguise::{Disguise, Exemption};
pub use error::{Error, HandshakeError, Step};
pub use handshake::{Negotiated, Role};
pub use linger::Linger;
pub use policy::hint::PeerHint;
pub use policy::methods::{CryptoMethod, CryptoMethods, ParseMethodsError};
pub use policy::{Attempt, Encryption, Opening, Policy};
pub use skey::{Skey, SkeyHash, SkeyIndex, SkeyResolver};
pub use stream::split::{MseReadHalf, MseWriteHalf};
pub use stream::{MseStream, Parts};
