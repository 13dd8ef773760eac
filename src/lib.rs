#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(unreachable_pub)]
// A failure gives everything back that the handshake had, the transport included. There is one for a connection.
#![allow(clippy::result_large_err)]

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

pub use accept::MseAcceptor;
pub use accept::lazy::{AcceptLazy, AcceptingLazy, Incoming};
pub use accept::pending::{AcceptSkey, AcceptingSkey, PendingAccept};
pub use accept::per_address::{AddressPermit, PerAddress};
pub use accept::resolved::{Accept, Accepting};
pub use connect::MseConnector;
pub use connect::attempt::{Connect, Connecting};
pub use connect::redial::ConnectWith;
pub use crypto::keystream::Keystream;
pub use disguise::{Disguise, ParseDisguiseError};
pub use drive::failed::Failed;
pub use drive::fallible::Fallible;
pub use error::{ConnectError, Error, HandshakeError, Step};
pub use handshake::{Mode, Negotiated, Role};
pub use linger::{Linger, Lingering};
pub use policy::Policy;
pub use policy::attempt::Attempt;
pub use policy::encryption::Encryption;
pub use policy::hint::PeerHint;
pub use policy::methods::{CryptoMethod, CryptoMethods, CryptoMethodsIter};
pub use policy::parse::ParsePolicyError;
pub use skey::{ResolverFn, Skey, SkeyHash, SkeyIndex, SkeyResolver, resolver_fn};
pub use stream::MseStream;
pub use stream::broken::BrokenStream;
pub use stream::parts::Parts;
pub use stream::reunite::ReuniteError;
pub use stream::split::{MseReadHalf, MseWriteHalf};
