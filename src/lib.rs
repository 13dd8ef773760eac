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
pub use error::{ConnectError, Error, HandshakeError, Step};
pub use handshake::{Mode, Negotiated, Role};
pub use linger::Linger;
pub use policy::Policy;
pub use policy::attempt::Attempt;
pub use policy::encryption::Encryption;
pub use policy::hint::PeerHint;
pub use policy::methods::{CryptoMethod, CryptoMethods, CryptoMethodsIter};
pub use policy::parse::ParsePolicyError;
pub use skey::{ResolverFn, Skey, SkeyHash, SkeyIndex, SkeyResolver, resolver_fn};
pub use stream::split::{MseReadHalf, MseWriteHalf};
pub use stream::{MseStream, Parts};
