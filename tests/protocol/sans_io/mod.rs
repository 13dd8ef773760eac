//! Whole connections over blocking sockets, with two threads and no runtime: the machines decide everything that a
//! connector and an acceptor decide.

mod dialler;
mod listener;
mod shake;
mod stream;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use tokio_mse::{DialMode, Encryption, Error, ErrorKind, HandshakeError, Mode, Policy, Role, Skey};

use dialler::Dialler;
use listener::Listener;
use stream::Stream;

const INFO_HASH: [u8; 20] = [0x5A; 20];

fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

fn bittorrent_handshake(peer_id: u8) -> Vec<u8> {
    [
        &b"\x13BitTorrent protocol"[..],
        &[0; 8],
        &INFO_HASH,
        &[peer_id; 20],
    ]
    .concat()
}

fn dialler(policy: Policy) -> Dialler {
    Dialler {
        policy,
        skey: skey(),
        handshake: bittorrent_handshake(b'A'),
        timeout: Duration::from_secs(60),
    }
}

fn listener(policy: Policy) -> Listener {
    Listener {
        policy,
        served: vec![Skey::from([0; 20]), skey()],
        handshake: bittorrent_handshake(b'B'),
        timeout: Duration::from_secs(60),
    }
}

/// Dials `at` as often as the policy says. Also returns what each attempt spoke.
fn dial(dialler: &Dialler, at: SocketAddr) -> (Vec<DialMode>, Result<Stream, Error>) {
    let mut attempts = Vec::new();
    let outcome = dialler.dial(|attempt| {
        attempts.push(attempt);
        TcpStream::connect(at).unwrap()
    });
    (attempts, outcome)
}

/// Listens in another thread until a connection succeeds or `most` have failed, and returns all results.
fn listen(listener: Listener, most: usize) -> (SocketAddr, thread::JoinHandle<Vec<Result<Stream, Error>>>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let mut outcomes = Vec::new();
        while outcomes.len() < most && !matches!(outcomes.last(), Some(Ok(_))) {
            outcomes.push(listener.accept(socket.accept().unwrap().0));
        }
        outcomes
    });
    (at, thread)
}

/// Sends blocks of different lengths in both directions at once.
fn assert_talk(a: Stream, b: Stream) {
    const LENGTHS: [usize; 5] = [0, 1, 5, 16_397, 100_000];
    let (a, b) = (a.split(), b.split());
    let threads = [(a.0, b.1, b'a'), (b.0, a.1, b'b')].map(|(mut from, mut to, says)| {
        let sending = thread::spawn(move || {
            for len in LENGTHS {
                from.send(&vec![says; len]);
            }
            from
        });
        let receiving = thread::spawn(move || {
            let mut heard = vec![0; LENGTHS.iter().sum()];
            to.receive(&mut heard);
            assert!(heard.iter().all(|byte| *byte == says));
        });
        (sending, receiving)
    });
    for (sending, receiving) in threads {
        receiving.join().unwrap();
        sending.join().unwrap();
    }
}

fn assert_handshakes_crossed(a: &mut Stream, b: &mut Stream) {
    for (stream, of) in [(a, b'B'), (b, b'A')] {
        let mut theirs = [0; 68];
        stream.receive(&mut theirs);
        assert_eq!(theirs[..], bittorrent_handshake(of));
    }
}

fn assert_talk_after_handshakes(mut a: Stream, mut b: Stream) {
    assert_handshakes_crossed(&mut a, &mut b);
    assert_talk(a, b);
}

#[test]
fn every_mode_is_reached_by_hand_and_its_stream_is_right_in_both_directions() {
    let header_only = Policy::header_only().with_encryption(Encryption::Allow);
    for (dialling, listening, mode, attempts) in [
        (
            Policy::full_rc4(),
            Policy::default(),
            Mode::Rc4,
            vec![DialMode::Mse],
        ),
        (
            Policy::default(),
            Policy::full_rc4(),
            Mode::Rc4,
            vec![DialMode::Mse],
        ),
        (
            Policy::header_only(),
            Policy::default(),
            Mode::HeaderOnly,
            vec![DialMode::Mse],
        ),
        (
            Policy::plaintext_only(),
            Policy::default(),
            Mode::Plaintext,
            vec![DialMode::Plaintext],
        ),
        // The peer answers, so there is no redial.
        (
            header_only,
            Policy::default(),
            Mode::Plaintext,
            vec![DialMode::Plaintext],
        ),
        // Prefer redials in plaintext, and Allow redials with MSE.
        (
            Policy::default(),
            Policy::plaintext_only(),
            Mode::Plaintext,
            vec![DialMode::Mse, DialMode::Plaintext],
        ),
        (
            Policy::plaintext_only().allow_fallback(),
            Policy::full_rc4(),
            Mode::Rc4,
            vec![DialMode::Plaintext, DialMode::Mse],
        ),
    ] {
        let name = format!("{dialling} to {listening}");
        let (at, accepting) = listen(listener(listening), 2);
        let (spoken, dialled) = dial(&dialler(dialling), at);
        assert_eq!(spoken, attempts, "{name}");
        let dialled = dialled.unwrap();
        let mut outcomes = accepting.join().unwrap();
        assert_eq!(outcomes.len(), attempts.len(), "{name}");
        let accepted = outcomes.pop().unwrap().unwrap();
        for refused in outcomes {
            let refusal = refused.err().unwrap();
            assert!(
                matches!(
                    refusal.refusal(),
                    Some(HandshakeError::MseRefused | HandshakeError::PlaintextRefused)
                ),
                "{name}: {refusal}"
            );
        }
        // The listener verified what the plaintext peer asked for; the dialler cannot.
        let proved = (mode != Mode::Plaintext).then(skey);
        for (stream, role, skey) in [
            (&dialled, Role::Initiator, proved),
            (&accepted, Role::Responder, Some(skey())),
        ] {
            assert_eq!(
                (stream.mode, stream.role, &stream.skey),
                (mode, role, &skey),
                "{name}"
            );
        }
        assert_talk_after_handshakes(dialled, accepted);
    }
}

#[test]
fn h9_require_and_forbid_are_not_redialled_by_hand_either() {
    for (dialling, listening, attempt) in [
        (Policy::full_rc4(), Policy::plaintext_only(), DialMode::Mse),
        (Policy::plaintext_only(), Policy::full_rc4(), DialMode::Plaintext),
    ] {
        let (at, accepting) = listen(listener(listening), 1);
        let (spoken, dialled) = dial(&dialler(dialling.clone()), at);
        assert_eq!(spoken, [attempt]);
        let refused = accepting.join().unwrap().remove(0).err().unwrap();
        assert!(refused.refusal().is_some(), "{refused}");
        match dialled {
            // The other side closed without an answer.
            Err(error)
                if !error.peer_answered()
                    && matches!(error.kind(), ErrorKind::Closed | ErrorKind::Transport(_)) => {}
            // The dialler waits for no answer.
            Ok(stream) => assert_eq!((attempt, stream.mode), (DialMode::Plaintext, Mode::Plaintext)),
            Err(error) => panic!("{dialling}: {error}"),
        }
    }
}

#[test]
fn h9_a_peer_that_answered_and_does_not_serve_the_info_hash_is_not_redialled() {
    let mut elsewhere = listener(Policy::default());
    elsewhere.served.pop();
    let (at, accepting) = listen(elsewhere, 1);
    let (spoken, dialled) = dial(&dialler(Policy::default()), at);
    assert_eq!(spoken, [DialMode::Mse]);
    let error = dialled.err().unwrap();
    assert!(error.peer_answered(), "{error}");
    let refused = accepting.join().unwrap().remove(0).err().unwrap();
    assert_eq!(refused.refusal(), Some(&HandshakeError::UnknownSkey));
}

/// The timeout is the caller's, here that of the socket.
#[test]
fn a_timeout_of_the_socket_tells_the_policy_to_redial() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let accepting = thread::spawn(move || {
        let (silent, _) = socket.accept().unwrap();
        let (second, _) = socket.accept().unwrap();
        drop(silent);
        listener(Policy::plaintext_only()).accept(second)
    });
    let mut impatient = dialler(Policy::default());
    impatient.timeout = Duration::from_millis(50);
    let (spoken, dialled) = dial(&impatient, at);
    assert_eq!(spoken, [DialMode::Mse, DialMode::Plaintext]);
    assert_talk_after_handshakes(dialled.unwrap(), accepting.join().unwrap().unwrap());
}

#[test]
fn h11_a_plaintext_answer_to_mse_is_told_at_once_and_redialled() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap();
    let accepting = thread::spawn(move || {
        use std::io::Write as _;
        // A client without MSE that sends its handshake to everyone who connects, and waits.
        let (mut first, _) = socket.accept().unwrap();
        first.write_all(&bittorrent_handshake(b'B')).unwrap();
        let (second, _) = socket.accept().unwrap();
        (first, listener(Policy::plaintext_only()).accept(second))
    });
    let (spoken, dialled) = dial(&dialler(Policy::default()), at);
    assert_eq!(spoken, [DialMode::Mse, DialMode::Plaintext]);
    let (_first, accepted) = accepting.join().unwrap();
    assert_talk_after_handshakes(dialled.unwrap(), accepted.unwrap());
}
