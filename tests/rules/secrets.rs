//! S4: nothing that is printed or traced holds a key, keystream, S, SKEY or payload.

use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use futures_util::FutureExt;
use tokio_mse::handshake::{Initiator, Machine, Padding, PrivateKey, Randomness, Responder};
use tokio_mse::{
    CryptoMethod, Error, HandshakeError, Incoming, MseAcceptor, MseConnector, MseStream, Policy, SkeyIndex,
    Step,
};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::support::exchange::{Cipher, SKEY, XA, XB, randomness, s, sha1, skey};
use crate::support::pair::{Mode, established_with, finished, stream, unfinished};
use crate::support::peer::{Cut, Peer};
use crate::support::poll::{self, ready};
use crate::support::script::{Scripted, Step as ScriptStep};

// Not words: those are in the log anyway.
const PAYLOAD: &str = "zQ7#kW9!vJ5%pR3&tY8*";
const ANSWER: &str = "Xb4=mG6+cF2~hN1;dL0/";

/// How many bytes of a secret in a row count as the secret.
const GIVEAWAY: usize = 5;

/// Everything that must not be seen of the exchange with XA and XB.
fn secrets() -> Vec<(&'static str, Vec<u8>)> {
    let s = s();
    vec![
        ("SKEY", SKEY.to_vec()),
        ("HASH('req2', SKEY)", sha1(&[b"req2", &SKEY]).to_vec()),
        ("Xa", XA.to_vec()),
        ("Xb", XB.to_vec()),
        ("keyA", sha1(&[b"keyA", &s, &SKEY]).to_vec()),
        ("keyB", sha1(&[b"keyB", &s, &SKEY]).to_vec()),
        ("HASH('req3', S)", sha1(&[b"req3", &s]).to_vec()),
        ("keystream A", Cipher::a(&s).apply(&[0; 200])),
        ("keystream B", Cipher::b(&s).apply(&[0; 200])),
        ("the initiator's payload", PAYLOAD.into()),
        ("the responder's payload", ANSWER.into()),
        ("S", s),
    ]
}

/// The ways in which bytes get printed, without spaces and in lower case.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let list = |format: fn(&u8) -> String| bytes.iter().map(format).collect::<Vec<_>>();
    let mut spellings = vec![
        list(|byte| format!("{byte:02x}")).concat(),
        list(|byte| format!("{byte}")).join(","),
        list(|byte| format!("0x{byte:x}")).join(","),
        list(|byte| format!("0x{byte:02x}")).join(","),
        list(|byte| format!("{byte:02x}")).join(":"),
        list(|byte| format!("{byte:02x}")).join(","),
        list(|byte| format!("{byte:x}")).join(","),
        bytes.escape_ascii().to_string(),
        format!("{:?}", bytes::Bytes::copy_from_slice(bytes))
            .trim_start_matches('b')
            .replace('"', ""),
        String::from_utf8_lossy(bytes).into_owned(),
    ];
    for spelling in &mut spellings {
        *spelling = normal(spelling);
    }
    // What is lost in translation, or is too short to mean anything, gives nothing away.
    spellings.retain(|spelling| !spelling.contains('\u{fffd}') && spelling.len() >= GIVEAWAY - 1);
    spellings
}

fn normal(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Every part of every secret in every spelling, with the name of the secret.
static GIVEAWAYS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let mut giveaways = Vec::new();
    for (name, secret) in secrets() {
        for part in secret.windows(GIVEAWAY) {
            giveaways.extend(spellings(part).into_iter().map(|spelling| (name, spelling)));
        }
    }
    giveaways
});

/// The first secret that can be seen in `text`, if any.
fn seen(text: &str) -> Option<&'static str> {
    let text = normal(text);
    let found = GIVEAWAYS.iter().find(|(_, spelling)| text.contains(spelling))?;
    Some(found.0)
}

#[track_caller]
fn shows_nothing(value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}")] {
        assert_eq!(seen(&text), None, "in {text}");
    }
}

#[test]
fn s4_the_search_finds_what_it_looks_for() {
    assert_eq!(seen(&format!("x {SKEY:?}")), Some("SKEY"));
    assert_eq!(seen(&format!("{:#?}", s())), Some("S"));
    assert_eq!(seen(&format!("{XA:X?}")), Some("Xa"));
    assert_eq!(seen(&format!("{:?}", &SKEY[7..7 + GIVEAWAY])), Some("SKEY"));
    assert_eq!(seen("prefix 994AAC6C35 suffix"), Some("S"));
    assert_eq!(
        seen(&format!("{:?}", bytes::Bytes::from(PAYLOAD))),
        Some("the initiator's payload")
    );
    assert_eq!(seen("MseStream { mode: Rc4, unread: 20 }"), None);
}

#[test]
fn s4_debug_of_every_machine_at_every_step_shows_no_secret() {
    let padding = || Padding::new([1; 30], [2; 20], 10).unwrap();
    let policy = Policy::full_rc4();
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    for exponent in [XA, XB] {
        shows_nothing(&randomness(exponent, padding()));
    }
    shows_nothing(&padding());
    let a = Initiator::new(skey(), &policy, PAYLOAD, randomness(XA, padding()), &mut to_b);
    let b = Responder::new(&policy, randomness(XB, padding()));
    shows_nothing(&a);
    shows_nothing(&b);
    let progress = b.process(&std::mem::take(&mut to_b), &mut to_a);
    shows_nothing(&progress);
    let b = unfinished(progress);
    let progress = a.process(&std::mem::take(&mut to_a), &mut to_b);
    shows_nothing(&progress);
    let mut a = unfinished(progress);
    let progress = b.process(&to_b, &mut to_a);
    shows_nothing(&progress);
    let request = finished(progress);
    shows_nothing(request.hash());
    let negotiation = request.resolve(skey(), ANSWER);
    shows_nothing(&negotiation);
    let progress = negotiation.process(&[], &mut to_a);
    shows_nothing(&progress);
    shows_nothing(&finished(progress));
    let (last, most) = to_a.split_last().unwrap();
    for byte in most {
        let progress = a.process(&[*byte], &mut to_b);
        if !matches!(&progress, Ok(tokio_mse::handshake::Progress::NeedInput(_))) {
            shows_nothing(&progress);
            return;
        }
        a = unfinished(progress);
        assert!(!format!("{a:?}").contains(PAYLOAD));
    }
    shows_nothing(&a);
    shows_nothing(&a.process(&[*last], &mut to_b));
}

#[test]
fn s4_debug_of_established_shows_no_payload() {
    let (a, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
    shows_nothing(&a);
    shows_nothing(&b);
    shows_nothing(&b.encrypt);
    shows_nothing(&a.negotiated);
}

#[test]
fn s4_debug_of_a_stream_and_its_halves_shows_no_secret() {
    let whole = || {
        let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
        // With keystream ahead, as a pending write leaves it.
        let mut peer = MseStream::from_established(Scripted::writing([ScriptStep::Pending]), b);
        assert!(poll::write(&mut peer, ANSWER.as_bytes()).is_pending());
        peer
    };
    shows_nothing(&whole());
    let (reader, writer) = whole().into_split_with(|io| (io.clone(), io));
    shows_nothing(&reader);
    shows_nothing(&writer);
    shows_nothing(&MseStream::plaintext((), tokio_mse::Role::Initiator));
    shows_nothing(&stream(Mode::HeaderOnly, ()));
}

#[test]
fn s4_debug_of_parts_shows_no_payload() {
    let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
    shows_nothing(&MseStream::from_established((), b).into_parts());
}

/// What is left out is left out for its own sake: the rest is there to be read.
#[test]
fn s4_debug_tells_what_is_harmless() {
    let peer = || {
        let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
        b
    };
    let unread = format!("unread: {}", PAYLOAD.len());
    let negotiated = "role: Responder, mode: Rc4, skey: Some(Skey(..)), attempts: 1, elapsed: None";
    let streamed = |established| MseStream::from_established("the transport", established);
    for (text, parts) in [
        (
            format!("{:?}", peer()),
            vec![
                "Established",
                "received: 20",
                "encrypt: Some(Keystream(..))",
                negotiated,
            ],
        ),
        (
            format!("{:?}", streamed(peer())),
            vec![
                "MseStream",
                "the transport",
                &*unread,
                "decrypt: Some(Keystream(..))",
                negotiated,
            ],
        ),
        (
            format!("{:?}", streamed(peer()).into_parts()),
            vec![
                "Parts",
                "the transport",
                &*unread,
                "encrypt: Ok(Some(Keystream(..)))",
                negotiated,
            ],
        ),
    ] {
        for part in parts {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}

#[test]
fn s4_debug_of_what_a_handshake_is_made_of_tells_lengths_and_steps() {
    let padding = || Padding::new([0xAB; 3], [0xCD; 5], 7).unwrap();
    let pads = "Padding { with_key: 3, before_sync: 5, negotiated_len: 7 }";
    assert_eq!(format!("{:?}", padding()), pads);
    let randomness = Randomness::new(PrivateKey::from_bytes([1; 20]), padding());
    assert_eq!(
        format!("{randomness:?}"),
        format!("Randomness {{ padding: {pads}, .. }}")
    );

    let (policy, mut to_b, mut to_a) = (Policy::full_rc4(), Vec::new(), Vec::new());
    let a = Initiator::new(skey(), &policy, PAYLOAD, randomness, &mut to_b);
    let fresh = Randomness::generate();
    let b = unfinished(Responder::new(&policy, fresh).process(&to_b, &mut to_a));
    to_b.clear();
    drop(unfinished(a.process(&to_a, &mut to_b)));
    let request = finished(b.process(&to_b, &mut to_a));
    assert_eq!(format!("{request:?}"), "SkeyRequest { .. }");
}

#[test]
fn s4_debug_of_keys_and_configuration_shows_no_secret() {
    shows_nothing(&skey());
    shows_nothing(&tokio_mse::Skey::from_shared_secret(PAYLOAD.as_bytes()));
    shows_nothing(&skey().hash());
    shows_nothing(&[SKEY].into_iter().collect::<SkeyIndex>());
    shows_nothing(&MseConnector::default());
    shows_nothing(&MseAcceptor::default());
    shows_nothing(&Policy::full_rc4());
}

#[test]
fn s4_errors_show_no_secret() {
    let (step, answered) = (Step::Skey, true);
    let after = std::time::Duration::from_secs(10);
    for error in [
        Error::Refused(HandshakeError::UnknownSkey),
        Error::Refused(HandshakeError::no_common_method(4)),
        Error::closed(step, answered),
        Error::timed_out(step, answered, after),
    ] {
        shows_nothing(&error);
        assert_eq!(seen(&error.to_string()), None);
        shows_nothing(&io::Error::from(error));
    }
}

#[tokio::test]
async fn s4_debug_of_a_lazy_accept_shows_no_secret() {
    let policy = Policy::full_rc4();
    let padding = Padding::none();
    let peer = Peer::initiator(skey(), &policy, PAYLOAD, randomness(XA, padding), Cut::NEVER);
    let incoming = MseAcceptor::default().accept_lazy(peer).await.unwrap();
    shows_nothing(&incoming);
    let Incoming::Pending(pending) = incoming else {
        panic!("not MSE");
    };
    shows_nothing(&pending);
    assert_eq!(format!("{pending:?}"), "PendingAccept { .. }");
    shows_nothing(&pending.accept(skey()).await.unwrap());
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    let plaintext = MseAcceptor::default().accept_lazy(Scripted::reading(handshake, []));
    shows_nothing(&plaintext.await.unwrap());
}

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

/// Everything that is traced while `work` runs.
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

/// The drivers: spans, time-outs, redials, refusals.
#[test]
fn s4_traces_of_whole_handshakes_show_no_secret() {
    let policy = Policy::full_rc4();
    let none = Padding::none;
    let log = traced(|| {
        let peer = Peer::responder(skey(), &policy, ANSWER, randomness(XB, none()), Cut::NEVER);
        let connector = MseConnector::default().timeout(None).answer_timeout(None);
        let connect = connector.connect(peer, skey()).initial_payload(PAYLOAD);
        connect.into_future().now_or_never().expect("a hang").unwrap();

        let peer = |payload| Peer::initiator(skey(), &policy, payload, randomness(XA, none()), Cut::NEVER);
        let acceptor = MseAcceptor::default().timeout(None);
        let accept = acceptor
            .accept(peer(PAYLOAD), skey())
            .initial_payload(|_| ANSWER.into());
        accept.into_future().now_or_never().expect("a hang").unwrap();
        let refused = acceptor.accept(peer(PAYLOAD), tokio_mse::Skey::from([1; 20]));
        refused.into_future().now_or_never().expect("a hang").unwrap_err();

        let redialled = connector.connect_with(skey(), PAYLOAD, |_| {
            std::future::ready(io::Result::Ok(Peer::saying(
                PAYLOAD,
                crate::support::peer::End::Eof,
            )))
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
    drop(PrivateKey::from_bytes(XA));
}
