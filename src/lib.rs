#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]

mod accept;
mod connect;
mod crypto;
mod disguise;
pub mod docs;
mod drive;
mod error;
pub mod handshake;
mod hint;
mod inbound;
mod lazy;
mod linger;
mod outbound;
mod policy;
mod receive;
mod skey;
mod split;
mod stream;
mod wire;

pub use accept::{Accept, MseAcceptor};
pub use connect::{Connect, MseConnector};
pub use crypto::keystream::Keystream;
pub use disguise::{Disguise, Exemption};
pub use error::{Error, HandshakeError, Step};
pub use handshake::{Negotiated, Role};
pub use hint::PeerHint;
pub use lazy::{AcceptLazy, AcceptPending, Incoming, PendingAccept};
pub use linger::Linger;
pub use policy::{Attempt, CryptoMethod, CryptoMethods, Encryption, Opening, ParseMethodsError, Policy};
pub use skey::{Skey, SkeyHash, SkeyIndex, SkeyResolver};
pub use split::{MseReadHalf, MseWriteHalf};
pub use stream::{MseStream, Parts};
