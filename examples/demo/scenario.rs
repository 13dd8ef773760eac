//! The scenarios: the mode that each must negotiate, and the bytes that must be readable on the wire.

use std::fmt;

use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Error, MseAcceptor, MseConnector, MseStream, Policy, Skey};
use tracing::debug;

use crate::cli::{HANDSHAKE_LEN, PROTOCOL, mode};
use crate::exchange::{Torrent, exchange};
use crate::tap::{Recording, Tap};

/// How many bytes of each part of a connection the demo shows.
const SHOWN: usize = 32;

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    dials: Policy,
    accepts: Policy,
    negotiates: &'static str,
    pub(crate) visible: Visible,
}

pub(crate) struct Outcome {
    pub(crate) negotiated: String,
    pub(crate) verified: u64,
    /// The first bytes that the initiator sent on the connection that was established.
    pub(crate) first: Vec<u8>,
    /// Its first bytes after the handshake.
    pub(crate) after_handshake: Vec<u8>,
}

/// A scenario for every mode.
pub(crate) fn all() -> [Scenario; 4] {
    [
        Scenario {
            name: "plaintext",
            dials: Policy::plaintext_only(),
            accepts: Policy::default(),
            negotiates: "plaintext",
            visible: Visible::FromTheStart,
        },
        Scenario {
            name: "header-only",
            dials: Policy::header_only(),
            accepts: Policy::default(),
            negotiates: "header-only",
            visible: Visible::AfterHandshake,
        },
        Scenario {
            name: "RC4",
            dials: Policy::full_rc4(),
            accepts: Policy::default(),
            negotiates: "rc4",
            visible: Visible::Never,
        },
        // A peer without MSE closes the connection when it receives a public key.
        Scenario {
            name: "fallback",
            dials: Policy::full_rc4().allow_fallback(),
            accepts: Policy::plaintext_only(),
            negotiates: "plaintext (redialled)",
            visible: Visible::FromTheStart,
        },
    ]
}

impl Scenario {
    pub(crate) async fn run(&self, torrent: &Torrent) -> Result<Outcome, String> {
        let unable = |error: std::io::Error| format!("cannot listen: {error}");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(unable)?;
        let responder = listener.local_addr().map_err(unable)?;
        let (tap, tapped) = Tap::before(responder).await.map_err(unable)?;

        let accepting = async { Ok(self.accept(&listener, torrent).await) };
        let connector = MseConnector::new(self.dials.clone());
        let dialling = connector.connect_with(torrent.info_hash, torrent.handshake(), |_mode| {
            TcpStream::connect(tapped)
        });
        let (initiator, responder) =
            tokio::try_join!(dialling, accepting).map_err(|error| error.to_string())?;

        let negotiated = mode(initiator.negotiated());
        if negotiated != self.negotiates {
            let expected = self.negotiates;
            return Err(format!("negotiated {negotiated}, expected {expected}"));
        }
        if initiator.negotiated().mode() != responder.negotiated().mode() {
            return Err("the two ends disagree on what was negotiated".to_owned());
        }
        let verified = exchange(initiator, responder, torrent).await?;

        let recordings = tap.recordings().await;
        let established = self.visible.check(&recordings, torrent.stream_len())?;
        let sent = &established.from_initiator;
        let after_handshake = &sent[sent.len().saturating_sub(torrent.stream_len())..];
        Ok(Outcome {
            negotiated,
            verified,
            first: sent.iter().take(SHOWN).copied().collect(),
            after_handshake: after_handshake.iter().take(SHOWN).copied().collect(),
        })
    }

    /// The first connection whose handshake succeeds.
    async fn accept(&self, listener: &TcpListener, torrent: &Torrent) -> MseStream<TcpStream> {
        let acceptor = MseAcceptor::new(self.accepts.clone());
        loop {
            let Ok((tcp, _)) = listener.accept().await else {
                continue;
            };
            match serve(&acceptor, tcp, torrent).await {
                Ok(peer) => return peer,
                Err(error) => debug!(%error, "refused"),
            }
        }
    }
}

async fn serve(
    acceptor: &MseAcceptor,
    tcp: TcpStream,
    torrent: &Torrent,
) -> Result<MseStream<TcpStream>, Error> {
    let incoming = acceptor.accept(tcp).await?;
    let skey = Skey::from(torrent.info_hash);
    if incoming.skey_hash().matches(&skey) {
        incoming.accept(skey, torrent.handshake()).await
    } else {
        Err(incoming.refuse().await)
    }
}

/// Where in the stream a passive observer can read `0x13 "BitTorrent protocol"`.
#[derive(Clone, Copy)]
pub(crate) enum Visible {
    FromTheStart,
    AfterHandshake,
    Never,
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FromTheStart => "yes, from the first byte",
            Self::AfterHandshake => "only after the MSE handshake",
            Self::Never => "never",
        })
    }
}

impl Visible {
    /// Checks the recordings, and returns the established connection. The peer may have closed an attempt before it. The last
    /// `stream_len` bytes in each direction are those after the initial payload.
    fn check(self, recordings: &[Recording], stream_len: usize) -> Result<&Recording, String> {
        let (answered, closed): (Vec<_>, Vec<_>) = recordings
            .iter()
            .partition(|recording| !recording.from_responder.is_empty());
        for attempt in closed {
            // Only attempts with MSE are closed here, and they show nothing.
            expect("closed attempt", &attempt.from_initiator, None)?;
        }
        let [connection] = answered[..] else {
            let found = answered.len();
            return Err(format!("the tap saw {found} connections, expected one"));
        };
        let Recording {
            from_initiator,
            from_responder,
        } = connection;
        // The initiator's initial payload is a part of the MSE handshake; the responder's follows the fourth message.
        let after_payload = from_initiator.len().checked_sub(stream_len);
        let after_message_4 = from_responder.len().checked_sub(stream_len + HANDSHAKE_LEN);
        let (initiator, responder) = match self {
            Self::FromTheStart => (Some(0), Some(0)),
            Self::AfterHandshake => (after_payload, after_message_4),
            Self::Never => (None, None),
        };
        expect("initiator", from_initiator, initiator)?;
        expect("responder", from_responder, responder)?;
        Ok(connection)
    }
}

fn expect(who: &str, wire: &[u8], expected: Option<usize>) -> Result<(), String> {
    let seen = wire.windows(PROTOCOL.len()).position(|at| at == PROTOCOL);
    if seen == expected {
        return Ok(());
    }
    let at = |offset: Option<usize>| offset.map_or("nowhere".to_owned(), |at| format!("at byte {at}"));
    Err(format!(
        "the BitTorrent handshake of the {who} is readable {}, expected {}",
        at(seen),
        at(expected)
    ))
}
