//! The modes, what each has to lead to, and one run of it.

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseAcceptor, MseConnector, MseStream, Policy, Skey};

use crate::cli::mode::mode;
use crate::end::{self, Torrent};
use crate::tap::Tap;
use crate::visible::Visible;

/// How much of a connection is shown.
const FIRST: usize = 32;

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
    /// What the initiator sent first, on the connection that got through.
    pub(crate) first: Vec<u8>,
}

/// Every mode there is.
pub(crate) fn all() -> [Scenario; 4] {
    [
        Scenario {
            name: "plaintext",
            dials: Policy::plaintext_only(),
            accepts: Policy::accept_any(),
            negotiates: "plaintext",
            visible: Visible::FromTheStart,
        },
        Scenario {
            name: "header-only",
            dials: Policy::header_only(),
            accepts: Policy::accept_any(),
            negotiates: "header-only",
            visible: Visible::AfterHandshake,
        },
        Scenario {
            name: "RC4",
            dials: Policy::full_rc4(),
            accepts: Policy::accept_any(),
            negotiates: "rc4",
            visible: Visible::Never,
        },
        // A peer that does not know MSE hangs up on a public key.
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
        let dialling = connector.connect_with(torrent.info_hash, torrent.handshake(), |_| {
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
        let verified = end::exchange(initiator, responder, torrent).await?;
        let recordings = tap.recordings().await;
        self.visible.check(&recordings, torrent.stream_len())?;
        let answered = recordings.iter().find(|tapped| !tapped.from_responder.is_empty());
        let first = answered.map(|tapped| tapped.from_initiator.iter().take(FIRST).copied().collect());
        let first = first.unwrap_or_default();
        Ok(Outcome {
            negotiated,
            verified,
            first,
        })
    }

    /// The first connection that gets through.
    async fn accept(&self, listener: &TcpListener, torrent: &Torrent) -> MseStream<TcpStream> {
        let skey = Skey::from(torrent.info_hash);
        let acceptor = MseAcceptor::new(self.accepts.clone());
        loop {
            let Ok((tcp, _)) = listener.accept().await else {
                continue;
            };
            let ours = Bytes::copy_from_slice(&torrent.handshake);
            let accepted = acceptor.accept(tcp, &skey).initial_payload(|_| ours).await;
            if let Ok(peer) = accepted {
                return peer;
            }
        }
    }
}
