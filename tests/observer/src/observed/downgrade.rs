//! A man in the middle who flips bits of `crypto_provide` and `crypto_select`: byte 51 of step 3, byte 11 of step 4.

use tokio::io::duplex;
use tokio_mse::handshake::{Initiator, Machine as _, Padding, PrivateKey, Progress, Randomness, Responder};
use tokio_mse::{CryptoMethod, CryptoMethods, Encryption, Mode, MseAcceptor, MseConnector, Policy};

use super::relay::Relay;
use super::sample;
use super::session::{accept, skey};

/// The lowest byte of `crypto_provide` in step 3, and of `crypto_select` in step 4.
const PROVIDE: usize = 51;
const SELECT: usize = 11;

const PADS: (usize, usize) = (31, 17);

fn randomness(side: u8) -> Randomness {
    let key = PrivateKey::from_bytes([side; PrivateKey::LEN]);
    Randomness::new(key, Padding::new(vec![1; PADS.0], vec![2; PADS.1], 5).unwrap())
}

fn method_sets() -> [CryptoMethods; 4] {
    let (rc4, header_only) = (
        CryptoMethods::only(CryptoMethod::Rc4),
        CryptoMethods::only(CryptoMethod::HeaderOnly),
    );
    [
        rc4,
        header_only,
        rc4.then(CryptoMethod::HeaderOnly),
        header_only.then(CryptoMethod::Rc4),
    ]
}

fn policies() -> Vec<Policy> {
    let encryption = [Encryption::Allow, Encryption::Prefer, Encryption::Require];
    let each = |methods| encryption.map(|encryption| Policy::new(encryption, methods));
    method_sets().into_iter().flat_map(each).collect()
}

/// What both machines make of one handshake whose steps 3 and 4 are changed on the way: the modes of the initiator and of
/// the responder, as far as they got.
fn attacked([ours, theirs]: [&Policy; 2], [in_step_3, in_step_4]: [u8; 2]) -> (Option<Mode>, Option<Mode>) {
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    let a = Initiator::new(skey(), ours, "payload", randomness(1), &mut to_b);
    let b = Responder::new(theirs, randomness(2));
    let Ok(Progress::NeedInput(b)) = b.process(&std::mem::take(&mut to_b), &mut to_a) else {
        panic!("step 1 was refused");
    };
    let Ok(Progress::NeedInput(a)) = a.process(&std::mem::take(&mut to_a), &mut to_b) else {
        panic!("step 2 was refused");
    };
    to_b[PADS.1 + PROVIDE] ^= in_step_3;
    let Ok(Progress::Done(request)) = b.process(&to_b, &mut to_a) else {
        panic!("step 3 was refused");
    };
    let Ok(Progress::Done(b)) = request.resolve(skey(), "answer").process(&[], &mut to_a) else {
        return (None, None);
    };
    to_a[PADS.1 + SELECT] ^= in_step_4;
    match a.process(&to_a, &mut to_b) {
        Ok(Progress::Done(a)) => (Some(a.negotiated.mode()), Some(b.negotiated.mode())),
        _ => (None, Some(b.negotiated.mode())),
    }
}

#[test]
fn an_rc4_only_dialler_and_an_rc4_only_listener_under_require_are_never_downgraded_by_flipped_bits() {
    let rc4_only = |policy: &Policy| !policy.methods().contains(CryptoMethod::HeaderOnly);
    let flips = [0_u8, 1, 2, 3];
    let mut downgraded = 0;
    for (ours, theirs) in policies()
        .iter()
        .flat_map(|ours| policies().into_iter().map(move |t| (ours.clone(), t)))
    {
        // All 144 pairs take their time where nothing is optimised.
        if cfg!(debug_assertions)
            && [&ours, &theirs]
                .iter()
                .any(|policy| policy.encryption() != Encryption::Require)
        {
            continue;
        }
        for flip in flips.iter().flat_map(|one| flips.map(|other| [*one, other])) {
            let (initiator, responder) = attacked([&ours, &theirs], flip);
            let name = format!("{ours:?} to {theirs:?}, {flip:?}");
            if rc4_only(&ours) {
                assert_ne!(initiator, Some(Mode::HeaderOnly), "{name}");
            }
            // A listener that admits plaintext admits header-only, too.
            if rc4_only(&theirs) && theirs.encryption() == Encryption::Require {
                assert_ne!(responder, Some(Mode::HeaderOnly), "{name}");
            }
            if flip == [0, 0] && ours.methods().bits() & theirs.methods().bits() != 0 {
                assert!(initiator.is_some() && initiator == responder, "{name}");
            }
            let both_prefer_rc4 =
                [&ours, &theirs].map(|policy| policy.methods().iter().next() == Some(CryptoMethod::Rc4));
            downgraded += usize::from(both_prefer_rc4 == [true; 2] && initiator == Some(Mode::HeaderOnly));
        }
    }
    // The attack is real where both ends allow it: the test would notice.
    assert!(downgraded > 0);
}

#[tokio::test(start_paused = true)]
async fn the_usual_place_of_the_bit_is_seldom_the_right_one() {
    let both = method_sets()[2];
    let connector = MseConnector::new(Policy::full_rc4().with_methods(both));
    let acceptor = MseAcceptor::new(Policy::full_rc4().with_methods(both));
    let count = sample(150, 4000);
    let mut downgraded = 0;
    for _ in 0..count {
        let ((a, to_a), (to_b, b)) = (duplex(4096), duplex(4096));
        let both = async {
            let dial = connector.connect(a, skey(), "ia");
            let (_initiator, responder) = tokio::join!(dial, accept(&acceptor, b, skey(), ""));
            responder.is_ok_and(|peer| peer.negotiated().mode() == Mode::HeaderOnly)
        };
        let (hit, ()) = tokio::join!(both, Relay::flipping(PROVIDE, 2).run(to_a, to_b));
        downgraded += usize::from(hit);
    }
    // One late pad in 128 is empty; without late padding every connection would be downgraded.
    assert!(downgraded <= 4 + count / 40, "{downgraded} of {count}");
}
