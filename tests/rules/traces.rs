//! S4: no trace of a handshake holds a key, keystream, S, SKEY or payload.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use tokio_mse::handshake::Padding;
use tokio_mse::{CryptoMethod, MseAcceptor, MseConnector, MseStream, Policy, Skey};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::giveaways::{ANSWER, PAYLOAD, seen};
use crate::support::exchange::{XA, XB, randomness, skey};
use crate::support::pair::established_with;
use crate::support::peer::{Cut, End, Peer};
use crate::support::poll::{self, ready};
use crate::support::script::Scripted;
use crate::support::serve::serve;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that is logged while `work` runs.
fn traced(work: impl FnOnce()) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, work);
    let bytes = log.0.lock().expect("not poisoned").clone();
    String::from_utf8(bytes).unwrap()
}

/// The machines, with every secret known.
#[test]
fn s4_traces_of_a_handshake_without_io_show_no_secret() {
    let log = traced(|| {
        let (a, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
        let mut peer = MseStream::from_established(Scripted::writing([]), a);
        ready(poll::write(&mut peer, PAYLOAD.as_bytes()));
        drop(b);
    });
    assert!(
        log.contains("responder selected") && log.contains("initiator offers"),
        "{log}"
    );
    assert_eq!(seen(&log), None, "{log}");
}

/// The drivers: spans, redials, refusals.
#[test]
fn s4_traces_of_whole_handshakes_show_no_secret() {
    let policy = Policy::full_rc4();
    let none = Padding::none;
    let log = traced(|| {
        let peer = Peer::responder(skey(), &policy, ANSWER, randomness(XB, none()), Cut::NEVER);
        let connector = MseConnector::default().no_timeout();
        let connect = connector.connect(peer, skey(), PAYLOAD);
        connect.now_or_never().expect("a hang").unwrap();

        let peer = |payload| Peer::initiator(skey(), &policy, payload, randomness(XA, none()), Cut::NEVER);
        let acceptor = MseAcceptor::default().no_timeout();
        let accept = serve(&acceptor, peer(PAYLOAD), skey(), ANSWER);
        accept.now_or_never().expect("a hang").unwrap();
        let refused = serve(&acceptor, peer(PAYLOAD), Skey::from([1; 20]), ANSWER);
        refused.now_or_never().expect("a hang").unwrap_err();
        let incoming = acceptor
            .accept(peer(PAYLOAD))
            .now_or_never()
            .expect("a hang")
            .unwrap();
        let wrong = incoming.accept(Skey::from([1; 20]), ANSWER);
        wrong.now_or_never().expect("a hang").unwrap_err();

        let redialled = connector.connect_with(skey(), PAYLOAD, |_| {
            std::future::ready(io::Result::Ok(Peer::saying(PAYLOAD, End::Eof)))
        });
        redialled.now_or_never().expect("a hang").unwrap();
    });
    for said in [
        "mse_handshake",
        "role=initiator",
        "role=responder",
        "established",
        "redialling",
    ] {
        assert!(log.contains(said), "no {said} in {log}");
    }
    assert_eq!(seen(&log), None, "{log}");
    assert!(
        !log.contains(" INFO ") && !log.contains("WARN") && !log.contains("ERROR"),
        "{log}"
    );
}
